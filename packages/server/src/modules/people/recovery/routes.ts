/** @module */
import { z } from 'zod'
import { emailField, passwordField } from '#people/identity'
import { ANYTHING, type Route, route } from '#platform/http'
import { confirmEmailChange } from './commands/confirm-email-change.ts'
import { activateAccount, finishReset } from './commands/finish-reset.ts'
import { refuseEmailChange } from './commands/refuse-email-change.ts'
import { requestEmailChange } from './commands/request-email-change.ts'
import { requestReset } from './commands/request-reset.ts'
import { sendVerification, verifyEmail } from './commands/verify-email.ts'

const tag = 'Recovery'

const tokenField = z.string().min(1).max(200).describe('Of the link that was mailed')

/** Says the same to everybody. */
const accepted = z.object({
  status: z.literal('accepted').describe('Whether a mail was sent is not said'),
})

export const recoveryRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/auth/password/forgot',
    summary:
      'Have a link to set a new password mailed; the answer is the same whether the address is known or not',
    tag,
    access: 'anyone',
    // As it was typed: an answer that tells addresses apart would begin with this one.
    body: z.strictObject({ email: z.string().max(320) }),
    response: accepted,
    status: 202,
    async handle(ctx, { body }) {
      await requestReset(ctx, body.email)
      return { status: 'accepted' as const }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/password/reset',
    summary:
      'Set a new password by the mailed link; everything the account holds ends, and nobody is signed in',
    tag,
    access: 'anyone',
    body: z.strictObject({ token: tokenField, newPassword: passwordField }),
    async handle(ctx, { body }) {
      await finishReset(ctx, body)
    },
  }),
  route({
    method: 'POST',
    path: '/auth/activate',
    summary: 'Take up an account by the mailed link: choose its password; the address is thereby verified',
    tag,
    access: 'anyone',
    body: z.strictObject({ token: tokenField, password: passwordField }),
    async handle(ctx, { body }) {
      await activateAccount(ctx, body)
    },
  }),
  route({
    method: 'POST',
    path: '/auth/email/verify',
    summary: 'Verify your address by the link that was mailed to it',
    tag,
    access: 'member',
    whileOwing: ANYTHING,
    body: z.strictObject({ token: tokenField }),
    async handle(ctx, { body }) {
      await verifyEmail(ctx, body.token)
    },
  }),
  route({
    method: 'POST',
    path: '/auth/email/confirm',
    summary: 'Move your account to the address that the link was mailed to',
    tag,
    access: 'member',
    whileOwing: ANYTHING,
    body: z.strictObject({ token: tokenField }),
    async handle(ctx, { body }) {
      await confirmEmailChange(ctx, body.token)
    },
  }),
  route({
    method: 'POST',
    path: '/auth/email/refuse',
    summary:
      'Say by the link mailed to the former address that its change was not yours: it is restored, the password is taken out of use, and everything ends',
    tag,
    access: 'anyone',
    body: z.strictObject({ token: tokenField }),
    async handle(ctx, { body }) {
      await refuseEmailChange(ctx, body.token)
    },
  }),
  route({
    method: 'POST',
    path: '/me/email/verification',
    summary: 'Have the link that verifies your address sent again',
    tag,
    access: 'member',
    whileOwing: ['email_verification'],
    status: 202,
    response: accepted,
    async handle(ctx) {
      await sendVerification(ctx)
      return { status: 'accepted' as const }
    },
  }),
  route({
    method: 'POST',
    path: '/me/email',
    summary: 'Move your account to another address, which a mailed link is to confirm; needs a fresh sign-in',
    tag,
    access: 'member',
    body: z.strictObject({ newEmail: emailField, password: passwordField }),
    status: 202,
    response: accepted,
    async handle(ctx, { body }) {
      await requestEmailChange(ctx, body)
      return { status: 'accepted' as const }
    },
  }),
]
