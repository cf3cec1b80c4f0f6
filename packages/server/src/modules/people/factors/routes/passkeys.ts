/** One's own passkeys. @module */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { pathId, toWire } from '#platform/ids'
import { beginPasskey, registerPasskey } from '../commands/register-passkey.ts'
import { removePasskey } from '../commands/remove-factor.ts'
import { renamePasskey } from '../commands/rename-passkey.ts'
import { listOwnPasskeys, type PasskeyRow } from '../queries.ts'
import {
  attestationField,
  challengeField,
  optionsShape,
  passkeyNameField,
  recoveryCodesShape,
  removalBody,
  removalProof,
  TO_ENROL,
} from './fields.ts'

const tag = 'Passkeys'
const params = z.object({ passkey: pathId('pky') })

const passkeyShape = z.object({
  id: z.string(),
  name: z.string(),
  isBackedUp: z.boolean().describe('Synchronized between devices'),
  createdAt: z.string(),
  lastUsedAt: z.string().nullable(),
})

const questionShape = z.object({
  challenge: z.string().describe('To be sent back beside the answer; good once, five minutes'),
  options: optionsShape,
})

function passkeyView({
  id,
  name,
  isBackedUp,
  createdAt,
  lastUsedAt,
}: PasskeyRow): z.input<typeof passkeyShape> {
  return {
    id: toWire('pky', id),
    name,
    isBackedUp,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}

export const passkeyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/me/passkeys',
    summary: 'Your passkeys, oldest first',
    tag,
    access: 'member',
    whileOwing: TO_ENROL,
    response: z.object({ items: z.array(passkeyShape) }),
    async handle(ctx) {
      return { items: (await listOwnPasskeys(ctx)).map(passkeyView) }
    },
  }),
  route({
    method: 'POST',
    path: '/me/passkeys',
    summary: 'Begin to add a passkey: what navigator.credentials.create is given',
    tag,
    access: 'member',
    whileOwing: TO_ENROL,
    response: questionShape,
    async handle(ctx) {
      const { challenge, options } = await beginPasskey(ctx)
      return { challenge, options: { ...options } }
    },
  }),
  route({
    method: 'POST',
    path: '/me/passkeys/finish',
    summary: 'Add the passkey that the authenticator made; your other sessions end',
    tag,
    access: 'member',
    whileOwing: TO_ENROL,
    body: z.strictObject({ challenge: challengeField, name: passkeyNameField, response: attestationField }),
    status: 201,
    response: z.object({ passkey: passkeyShape, recoveryCodes: recoveryCodesShape }),
    async handle(ctx, { body, reply }) {
      const { passkey, recoveryCodes, session } = await registerPasskey(ctx, body)
      session.setCookie(reply)
      return { passkey: passkeyView(passkey), recoveryCodes: recoveryCodes && [...recoveryCodes] }
    },
  }),
  route({
    method: 'PATCH',
    path: '/me/passkeys/:passkey',
    summary: 'Rename a passkey',
    tag,
    access: 'member',
    params,
    body: z.strictObject({ name: passkeyNameField }),
    response: passkeyShape,
    async handle(ctx, { params: { passkey }, body }) {
      return passkeyView(await renamePasskey(ctx, passkey, body.name))
    },
  }),
  route({
    method: 'POST',
    path: '/me/passkeys/:passkey/remove',
    summary: 'Remove a passkey; takes a fresh sign-in and what the policy says',
    tag,
    access: 'member',
    params,
    body: removalBody,
    async handle(ctx, { params: { passkey }, body, reply }) {
      const session = await removePasskey(ctx, passkey, removalProof(body))
      session.setCookie(reply)
    },
  }),
]
