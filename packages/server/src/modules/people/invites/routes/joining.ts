/** Routes of people who come by a link: invited, or registered by themselves. @module */
import { z } from 'zod'
import { emailField, localeField, nameField, passwordField } from '#people/identity'
import { roleField } from '#people/organizations'
import { type Route, route } from '#platform/http'
import { toWire } from '#platform/ids'
import {
  type Accepted,
  acceptInvite,
  acceptInviteAsNewPerson,
  lookAtInvite,
} from '../commands/accept-invite.ts'
import { finishRegistration } from '../commands/finish-registration.ts'
import { requestRegistration } from '../commands/request-registration.ts'

const tag = 'Joining'
const tokenField = z.string().min(1).max(200).describe('Of the link in the mail')

const organizationShape = z.object({ id: z.string(), slug: z.string(), name: z.string() })

const joinedShape = z.object({
  organization: organizationShape,
  member: z.object({ id: z.string() }),
  email: z.string().describe('With which to sign in'),
})

function organizationView({ id, slug, name }: Accepted['organization']) {
  return { id: toWire('org', id), slug, name }
}

function joinedView({ organization, email, memberId }: Accepted): z.input<typeof joinedShape> {
  return { organization: organizationView(organization), member: { id: toWire('mem', memberId) }, email }
}

export const joiningRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/invites/look',
    summary: 'What an invitation offers, for whoever has its link; spends nothing',
    tag,
    access: 'anyone',
    body: z.strictObject({ token: tokenField }),
    response: z.object({
      organization: organizationShape,
      email: z.string(),
      roles: z.array(z.string()).describe('By the names people read'),
      hasAccount: z
        .boolean()
        .describe('Then its owner signs in and accepts by /me/invites/accept; else /invites/accept'),
      expiresAt: z.string(),
    }),
    async handle(ctx, { body }) {
      const { organization, roles, expiresAt, ...rest } = await lookAtInvite(ctx, body.token)
      return {
        ...rest,
        organization: organizationView(organization),
        roles: [...roles],
        expiresAt: expiresAt.toISOString(),
      }
    },
  }),
  route({
    method: 'POST',
    path: '/invites/accept',
    summary: 'Accept an invitation and make the account; then sign in with it',
    tag,
    access: 'anyone',
    body: z.strictObject({
      token: tokenField,
      name: nameField.pipe(z.string().min(1, 'should not be empty')),
      password: passwordField,
      locale: localeField.optional(),
    }),
    status: 201,
    response: joinedShape,
    handle: async (ctx, { body }) => joinedView(await acceptInviteAsNewPerson(ctx, body)),
  }),
  route({
    method: 'POST',
    path: '/me/invites/accept',
    summary: 'Accept an invitation with the account you are signed in with',
    tag,
    access: 'member',
    body: z.strictObject({ token: tokenField }),
    status: 201,
    response: joinedShape,
    handle: async (ctx, { body }) => joinedView(await acceptInvite(ctx, body.token)),
  }),
  route({
    method: 'POST',
    path: '/auth/register',
    summary:
      'Register yourself; a mail has the link to go on. The answer is the same whether the address is known',
    tag,
    access: 'anyone',
    body: z.strictObject({
      email: emailField,
      organization: z.string().min(1).max(100).describe('Slug'),
      role: roleField.optional().describe('Default: the first that is open'),
      name: nameField.default(''),
      locale: localeField.optional(),
    }),
    status: 202,
    response: z.object({ status: z.literal('mail_sent') }),
    async handle(ctx, { body }) {
      await requestRegistration(ctx, body)
      return { status: 'mail_sent' as const }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/register/finish',
    summary: 'Finish a registration by the link in the mail: makes the account; then sign in with it',
    tag,
    access: 'anyone',
    body: z.strictObject({
      token: tokenField,
      password: passwordField,
      name: nameField.pipe(z.string().min(1, 'should not be empty')).optional(),
    }),
    status: 201,
    response: joinedShape,
    handle: async (ctx, { body }) => joinedView(await finishRegistration(ctx, body)),
  }),
]
