/** What one does with the session one has: prove again, change places, leave. @module */
import { z } from 'zod'
import { beginPasskeyProof } from '#people/factors'
import { passwordField, userOf } from '#people/identity'
import { invalidField } from '#platform/errors'
import { ANYTHING, type Route, route } from '#platform/http'
import { signOut, signOutEverywhere } from '../commands/end-sessions.ts'
import { type StepUpProof, stepUp } from '../commands/step-up.ts'
import { switchOrganization } from '../commands/switch-organization.ts'
import { clearCookie, setCookie } from '../credentials/cookie.ts'
import {
  factorFields,
  factorProofOf,
  organizationField,
  passkeyQuestionShape,
  passkeyQuestionView,
  signedInShape,
  signedInView,
} from './views.ts'

const tag = 'Sign-in'

const stepUpBody = z
  .strictObject({
    password: passwordField.optional(),
    ...factorFields,
    method: factorFields.method.optional(),
  })
  .describe('A password, or a second factor: "method" with "code" or "passkey".')

export const signedInRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/auth/step-up',
    summary: 'Prove again who you are, before a sensitive action',
    tag,
    access: 'member',
    // Setting up a factor takes a fresh sign-in, also where it is owed.
    whileOwing: ['second_factor_enrolment', 'second_factor'],
    body: stepUpBody,
    response: z.object({ authenticatedAt: z.string() }),
    async handle(ctx, { body, reply }) {
      const { authenticatedAt, session } = await stepUp(ctx, proofOf(body))
      session.setCookie(reply)
      return { authenticatedAt: authenticatedAt.toISOString() }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/step-up/passkey',
    summary: 'What one of your passkeys is to sign, to prove again who you are',
    tag,
    access: 'member',
    whileOwing: ['second_factor'],
    response: passkeyQuestionShape,
    handle: async (ctx) => passkeyQuestionView(await beginPasskeyProof(ctx, userOf(ctx).userId)),
  }),
  route({
    method: 'POST',
    path: '/auth/switch',
    summary: 'Go on in another of your organizations',
    tag,
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
    tag,
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
    tag,
    access: 'member',
    whileOwing: ANYTHING,
    async handle(ctx, { reply }) {
      await signOutEverywhere(ctx)
      clearCookie(reply)
    },
  }),
]

function proofOf({ password, method, ...factor }: z.output<typeof stepUpBody>): StepUpProof {
  if (method !== undefined) {
    if (password !== undefined)
      throw invalidField('password', 'is too much beside "method": send one of them')
    return factorProofOf({ method, ...factor })
  }
  if (password === undefined)
    throw invalidField('password', 'is missing: send it, or "method" with a second factor')
  return { method: 'password', password }
}
