/** One's own second factors. @module */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { beginTotp, confirmTotp } from '../commands/enrol-totp.ts'
import { removeTotp } from '../commands/remove-factor.ts'
import { renewRecoveryCodes } from '../commands/renew-recovery-codes.ts'
import { readOwnFactors } from '../queries.ts'
import { codeField, recoveryCodesShape, removalBody, removalProof, TO_ENROL } from './fields.ts'

const tag = 'Second factors'

export const ownFactorRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/me/mfa',
    summary: 'Your second factors, and what the policy says of them',
    tag,
    access: 'member',
    whileOwing: [...TO_ENROL, 'second_factor'],
    response: z.object({
      level: z
        .enum(['required', 'recommended', 'optional'])
        .describe('By your roles. required: without one there is no access'),
      enrolled: z.boolean(),
      satisfied: z.boolean().describe('Proven in this session'),
      methods: z.array(z.enum(['totp', 'passkey'])).describe('What the policy takes beside a password'),
      passwordless: z.boolean().describe('Whether a passkey signs in by itself'),
      removal: z
        .object({ password: z.boolean(), secondFactor: z.boolean() })
        .describe('What removing one takes, beside a fresh sign-in'),
      totp: z.object({ enrolledAt: z.string(), lastUsedAt: z.string().nullable() }).nullable(),
      passkeys: z.int(),
      recoveryCodes: z.int().describe('How many are left'),
    }),
    async handle(ctx) {
      const { totp, ...rest } = await readOwnFactors(ctx)
      return {
        ...rest,
        totp: totp && {
          enrolledAt: totp.confirmedAt.toISOString(),
          lastUsedAt: totp.lastUsedAt?.toISOString() ?? null,
        },
      }
    },
  }),
  route({
    method: 'POST',
    path: '/me/mfa/totp',
    summary: 'Begin to set up an authenticator app: its secret, shown this once',
    tag,
    access: 'member',
    whileOwing: TO_ENROL,
    response: z.object({
      secret: z.string().describe('Base32, to be typed'),
      uri: z.string().describe('otpauth:, to be opened'),
      qr: z.string().describe('SVG of the same, to be scanned'),
    }),
    handle: (ctx) => beginTotp(ctx),
  }),
  route({
    method: 'POST',
    path: '/me/mfa/totp/confirm',
    summary: 'Confirm the authenticator app by its first code; your other sessions end',
    tag,
    access: 'member',
    whileOwing: TO_ENROL,
    body: z.strictObject({ code: codeField }),
    response: z.object({ recoveryCodes: recoveryCodesShape }),
    async handle(ctx, { body, reply }) {
      const { recoveryCodes, session } = await confirmTotp(ctx, body.code)
      session.setCookie(reply)
      return { recoveryCodes: recoveryCodes && [...recoveryCodes] }
    },
  }),
  route({
    method: 'POST',
    path: '/me/mfa/totp/remove',
    summary: 'Remove the authenticator app; takes a fresh sign-in and what the policy says',
    tag,
    access: 'member',
    body: removalBody,
    async handle(ctx, { body, reply }) {
      const session = await removeTotp(ctx, removalProof(body))
      session.setCookie(reply)
    },
  }),
  route({
    method: 'POST',
    path: '/me/mfa/recovery-codes',
    summary: 'Make new recovery codes; those you have are worth nothing then',
    tag,
    access: 'member',
    response: z.object({ recoveryCodes: z.array(z.string()).describe('Shown this once') }),
    async handle(ctx, { reply }) {
      const { recoveryCodes, session } = await renewRecoveryCodes(ctx)
      session.setCookie(reply)
      return { recoveryCodes: [...recoveryCodes!] }
    },
  }),
]
