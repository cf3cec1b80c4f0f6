/** Routes of an organization's invites. @module */
import { z } from 'zod'
import { emailField, localeField } from '#people/identity'
import { organizationParams, roleField, rolesField } from '#people/organizations'
import type { Ctx } from '#platform/context'
import { type Route, route } from '#platform/http'
import { pathId, toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { createInvite } from '../commands/create-invite.ts'
import { resendInvite } from '../commands/resend-invite.ts'
import { revokeInvite } from '../commands/revoke-invite.ts'
import { getInvite, type ListedInvite, listInvites } from '../queries.ts'

const tag = 'Invites'
const all = '/organizations/:organization/invites'
const one = `${all}/:invite`
const oneParams = organizationParams.extend({ invite: pathId('inv') })

const inviteShape = z.object({
  id: z.string(),
  email: z.string(),
  roles: z.array(z.string()),
  state: z.enum(['pending', 'accepted', 'expired', 'revoked']),
  stale: z
    .boolean()
    .describe('Nobody can accept it as it is: it has expired, or its inviter is no active member any more'),
  inviter: z
    .object({ userId: z.string(), name: z.string().nullable(), email: z.string().nullable() })
    .describe('Who sent it last and answers for what it offers; without a name who is no member any more'),
  createdAt: z.string(),
  sentAt: z.string().describe('The newest mail'),
  sends: z.int(),
  expiresAt: z.string(),
  acceptedAt: z.string().nullable(),
  memberId: z.string().nullable().describe('The member it made'),
  revokedAt: z.string().nullable(),
  revokedBecause: z
    .string()
    .nullable()
    .describe('revoked; joined (became a member in another way); or why it could not be accepted'),
})

function inviteView(invite: ListedInvite): z.input<typeof inviteShape> {
  const { id, email, roles, state, isStale, inviter, sends, memberId, revokedBecause } = invite
  return {
    id: toWire('inv', id),
    email,
    roles: [...roles],
    state,
    stale: isStale,
    inviter: { ...inviter, userId: toWire('usr', inviter.userId) },
    createdAt: invite.createdAt.toISOString(),
    sentAt: invite.sentAt.toISOString(),
    sends,
    expiresAt: invite.expiresAt.toISOString(),
    acceptedAt: invite.acceptedAt?.toISOString() ?? null,
    memberId: memberId === null ? null : toWire('mem', memberId),
    revokedAt: invite.revokedAt?.toISOString() ?? null,
    revokedBecause,
  }
}

const sentShape = z.object({
  id: z.string(),
  email: z.string(),
  roles: z.array(z.string()),
  expiresAt: z.string(),
})

function sentView({ id, email, roles, expiresAt }: Awaited<ReturnType<typeof createInvite>>) {
  return { id: toWire('inv', id), email, roles: [...roles], expiresAt: expiresAt.toISOString() }
}

export const inviteRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: all,
    summary: 'The invites, newest first',
    tag,
    access: 'member',
    params: organizationParams,
    query: z.strictObject({
      ...pageQuery('inv'),
      state: z
        .enum(['pending', 'accepted', 'expired', 'revoked', 'stale'])
        .optional()
        .describe('stale: those that should be sent again or revoked'),
    }),
    response: pageSchema(inviteShape),
    async handle(ctx, { query }) {
      const { limit, cursor, state } = query
      const page = pageOf('inv', { limit, cursor })
      return toPage('inv', page, await listInvites(ctx, { state }, page), inviteView)
    },
  }),
  route({
    method: 'GET',
    path: one,
    summary: 'One invite',
    tag,
    access: 'member',
    params: oneParams,
    response: inviteShape,
    handle: async (ctx: Ctx, { params }) => inviteView(await getInvite(ctx, params.invite)),
  }),
  route({
    method: 'POST',
    path: all,
    summary: 'Invite a person by mail, with a role that you may give',
    tag,
    access: 'member',
    params: organizationParams,
    body: z
      .strictObject({
        email: emailField,
        role: roleField.optional().describe("Default: the policy's default role"),
        roles: rolesField.optional().describe('Several, where members may have several'),
        locale: localeField.optional().describe("Language of the mail. Default: the organization's"),
      })
      .refine(
        ({ role, roles }) => role === undefined || roles === undefined,
        'should name "role" or "roles", not both',
      ),
    status: 201,
    response: sentShape,
    async handle(ctx, { body: { role, roles, ...person } }) {
      return sentView(
        await createInvite(ctx, { ...person, roles: roles ?? (role === undefined ? undefined : [role]) }),
      )
    },
  }),
  route({
    method: 'POST',
    path: `${one}/resend`,
    summary: 'Send an invite again, with a new link; the link before is dead. You answer for it from now on',
    tag,
    access: 'member',
    params: oneParams,
    response: sentShape,
    handle: async (ctx, { params }) => sentView(await resendInvite(ctx, params.invite)),
  }),
  route({
    method: 'DELETE',
    path: one,
    summary: 'Revoke an invite: its link is dead at once',
    tag,
    access: 'member',
    params: oneParams,
    async handle(ctx, { params }) {
      await revokeInvite(ctx, params.invite)
    },
  }),
]
