/** @module */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { toWire } from '#platform/ids'
import { MAX_PASSWORD_LENGTH } from '#platform/passwords'
import { updateProfile } from './commands/update-profile.ts'
import { addressKey } from './model/address.ts'
import { ownPermissions, type UserRow } from './queries.ts'

/** An e-mail address in a body. */
export const emailField = z
  .string()
  .max(320)
  .refine(
    (text) => addressKey(text) !== undefined,
    'Not an e-mail address: it should look like ada@example.com.',
  )

/** A password in a body; that it is the right one, or good enough, is said elsewhere. */
export const passwordField = z.string().min(1).max(MAX_PASSWORD_LENGTH)

/** A person's name in a body: characters that turn the text around or hide in it would let one name look like another. */
export const nameField = z
  .string()
  .trim()
  .max(200)
  .refine(
    (text) => !/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text),
    'should have no control or direction characters',
  )

/** BCP 47: en, he, pt-BR. */
export const localeField = z
  .string()
  .max(35)
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'should be a language tag such as en, he or pt-BR')

export const userShape = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  locale: z.string(),
})

/** A person as they see themselves. */
export function userView(user: Pick<UserRow, 'id' | 'email' | 'name' | 'locale'>): z.input<typeof userShape> {
  return { id: toWire('usr', user.id), email: user.email, name: user.name, locale: user.locale }
}

const tag = 'Me'

export const identityRoutes: readonly Route[] = [
  route({
    method: 'PATCH',
    path: '/me',
    summary: 'Change your name or language',
    tag,
    access: 'member',
    whileOwing: ['profile'],
    body: z.strictObject({ name: nameField.optional(), locale: localeField.optional() }),
    response: userShape,
    async handle(ctx, { body }) {
      return userView(await updateProfile(ctx, body))
    },
  }),
  route({
    method: 'GET',
    path: '/me/permissions',
    summary: 'What you may do now, in this organization',
    tag,
    access: 'member',
    response: z.object({
      permissions: z.array(
        z.object({
          permission: z.string(),
          conditional: z.boolean(),
          sensitive: z.boolean(),
          roles: z.array(z.string()),
        }),
      ),
    }),
    async handle(ctx) {
      return { permissions: ownPermissions(ctx).map((held) => ({ ...held, roles: [...held.roles] })) }
    },
  }),
]
