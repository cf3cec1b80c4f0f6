/** Signing in, step by step. @module */
import { z } from 'zod'
import { passkeyAnswerField } from '#people/factors'
import { passwordField } from '#people/identity'
import { type Route, route } from '#platform/http'
import { finishPasswordChange } from '../commands/finish-password-change.ts'
import { nameOrganization } from '../commands/name-organization.ts'
import { askForPasskey, proveSecondFactor } from '../commands/prove-second-factor.ts'
import { refreshSession } from '../commands/refresh-session.ts'
import { signIn } from '../commands/sign-in.ts'
import { beginPasskeySignIn, signInByPasskey } from '../commands/sign-in-by-passkey.ts'
import { browserOf } from '../credentials/cookie.ts'
import {
  factorFields,
  factorProofOf,
  organizationField,
  passkeyQuestionShape,
  passkeyQuestionView,
  signInShape,
  signInView,
  tokenField,
  tokensShape,
} from './views.ts'

const tag = 'Sign-in'

export const signInRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/auth/login',
    summary: 'Sign in by e-mail address and password; "status" says what comes next',
    tag,
    access: 'anyone',
    body: z.strictObject({
      email: z.string().min(1).max(320),
      password: passwordField,
      organization: organizationField.optional(),
    }),
    response: signInShape,
    handle: async (ctx, { body, request, reply }) =>
      signInView(ctx, reply, await signIn(ctx, { ...body, browser: browserOf(request) })),
  }),
  route({
    method: 'POST',
    path: '/auth/mfa',
    summary: 'Go on with a sign-in by a second factor',
    tag,
    access: 'anyone',
    body: z.strictObject({ challenge: tokenField, ...factorFields }),
    response: signInShape,
    async handle(ctx, { body, request, reply }) {
      const { challenge, ...factor } = body
      const input = { challenge, proof: factorProofOf(factor), browser: browserOf(request) }
      return signInView(ctx, reply, await proveSecondFactor(ctx, input))
    },
  }),
  route({
    method: 'POST',
    path: '/auth/mfa/passkey',
    summary: 'What a passkey is to sign, as the second factor of a sign-in',
    tag,
    access: 'anyone',
    body: z.strictObject({ challenge: tokenField }),
    response: passkeyQuestionShape,
    handle: async (ctx, { body }) => passkeyQuestionView(await askForPasskey(ctx, body.challenge)),
  }),
  route({
    method: 'POST',
    path: '/auth/passkey/begin',
    summary: 'What a passkey is to sign, for a sign-in without a name or password',
    tag,
    access: 'anyone',
    response: passkeyQuestionShape,
    handle: async (ctx) => passkeyQuestionView(await beginPasskeySignIn(ctx)),
  }),
  route({
    method: 'POST',
    path: '/auth/passkey',
    summary: 'Sign in by a passkey alone',
    tag,
    access: 'anyone',
    body: passkeyAnswerField.extend({ organization: organizationField.optional() }),
    response: signInShape,
    async handle(ctx, { body, request, reply }) {
      const result = await signInByPasskey(ctx, { ...body, browser: browserOf(request) })
      return signInView(ctx, reply, result)
    },
  }),
  route({
    method: 'POST',
    path: '/auth/password/change',
    summary: 'Go on with a sign-in by a temporary password: choose a new one',
    tag,
    access: 'anyone',
    body: z.strictObject({
      challenge: tokenField,
      newPassword: passwordField,
      organization: organizationField.optional(),
    }),
    response: signInShape,
    handle: async (ctx, { body, request, reply }) =>
      signInView(ctx, reply, await finishPasswordChange(ctx, { ...body, browser: browserOf(request) })),
  }),
  route({
    method: 'POST',
    path: '/auth/organization',
    summary: 'Go on with a sign-in in one of your organizations',
    tag,
    access: 'anyone',
    body: z.strictObject({ challenge: tokenField, organization: organizationField }),
    response: signInShape,
    handle: async (ctx, { body, request, reply }) =>
      signInView(ctx, reply, await nameOrganization(ctx, { ...body, browser: browserOf(request) })),
  }),
  route({
    method: 'POST',
    path: '/auth/refresh',
    summary: 'Exchange a refresh token for a new pair of tokens',
    tag,
    access: 'anyone',
    body: z.strictObject({ refreshToken: tokenField }),
    response: tokensShape,
    handle: (ctx, { body }) => refreshSession(ctx, body.refreshToken),
  }),
]
