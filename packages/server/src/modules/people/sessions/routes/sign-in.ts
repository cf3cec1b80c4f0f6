/** Signing in and out. @module */

import { z } from 'zod'
import { passwordField } from '#people/identity'
import { ANYTHING, type Route, route } from '#platform/http'
import { signOut, signOutEverywhere } from '../commands/end-sessions.ts'
import { finishPasswordChange } from '../commands/finish-password-change.ts'
import { refreshSession } from '../commands/refresh-session.ts'
import { signIn } from '../commands/sign-in.ts'
import { stepUp } from '../commands/step-up.ts'
import { switchOrganization } from '../commands/switch-organization.ts'
import { clearCookie, setCookie } from '../credentials/cookie.ts'
import {
  organizationField,
  signedInShape,
  signedInView,
  signInShape,
  signInView,
  tokenField,
  tokensShape,
} from './views.ts'

export const signInRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/auth/login',
    summary: 'Sign in by e-mail address and password',
    tag: 'Sign-in',
    access: 'anyone',
    body: z.strictObject({
      email: z.string().min(1).max(320),
      password: passwordField,
      organization: organizationField.optional(),
    }),
    response: signInShape,
    handle: async (ctx, { body, reply }) => signInView(ctx, reply, await signIn(ctx, body)),
  }),
  route({
    method: 'POST',
    path: '/auth/password/change',
    summary: 'Finish a sign-in with a temporary password',
    tag: 'Sign-in',
    access: 'anyone',
    body: z.strictObject({
      challenge: tokenField,
      newPassword: passwordField,
      organization: organizationField.optional(),
    }),
    response: signInShape,
    handle: async (ctx, { body, reply }) => signInView(ctx, reply, await finishPasswordChange(ctx, body)),
  }),
  route({
    method: 'POST',
    path: '/auth/refresh',
    summary: 'Exchange a refresh token for a new pair of tokens',
    tag: 'Sign-in',
    access: 'anyone',
    body: z.strictObject({ refreshToken: tokenField }),
    response: tokensShape,
    handle: (ctx, { body }) => refreshSession(ctx, body.refreshToken),
  }),
  route({
    method: 'POST',
    path: '/auth/step-up',
    summary: 'Prove again who you are, before a sensitive action',
    tag: 'Sign-in',
    access: 'member',
    body: z.strictObject({ password: passwordField }),
    response: z.object({ authenticatedAt: z.string() }),
    async handle(ctx, { body, reply }) {
      const { authenticatedAt, cookie, expiresAt } = await stepUp(ctx, body.password)
      if (cookie !== undefined) setCookie(reply, cookie, expiresAt)
      return { authenticatedAt: authenticatedAt.toISOString() }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/switch',
    summary: 'Go on in another of your organizations',
    tag: 'Sign-in',
    access: 'member',
    body: z.strictObject({ organization: organizationField }),
    response: signedInShape,
    async handle(ctx, { body, reply }) {
      const switched = await switchOrganization(ctx, body.organization)
      // Beside a bearer the cookie would be a second identity.
      if (ctx.principal!.credential === 'cookie')
        setCookie(reply, switched.credentials.cookie, switched.credentials.expiresAt)
      return signedInView(ctx, switched)
    },
  }),
  route({
    method: 'POST',
    path: '/auth/logout',
    summary: 'Sign out',
    tag: 'Sign-in',
    access: 'member',
    whileOwing: ANYTHING,
    async handle(ctx, { reply }) {
      await signOut(ctx)
      clearCookie(reply)
    },
  }),
  route({
    method: 'POST',
    path: '/auth/logout-everywhere',
    summary: 'Sign out of every session, everywhere',
    tag: 'Sign-in',
    access: 'member',
    whileOwing: ANYTHING,
    async handle(ctx, { reply }) {
      await signOutEverywhere(ctx)
      clearCookie(reply)
    },
  }),
]
