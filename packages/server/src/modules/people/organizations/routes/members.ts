/** Routes of members. @module */
import { z } from 'zod'
import type { Ctx } from '#platform/context'
import { type Route, route } from '#platform/http'
import { pathId, toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { changeMember } from '../commands/change-member.ts'
import { createMember } from '../commands/create-member.ts'
import { deactivateMember, reactivateMember } from '../commands/deactivate-member.ts'
import { deleteMember } from '../commands/delete-member.ts'
import { resetMemberPassword } from '../commands/reset-member-password.ts'
import { invitationOf } from '../model.ts'
import { getMember, listMembers, type MemberRow } from '../queries/members.ts'
import {
  nameField,
  organizationParams,
  passwordField,
  personFields,
  roleField,
  rolesField,
} from './fields.ts'

const tag = 'Members'
const all = '/organizations/:organization/members'
const one = `${all}/:member`
export const oneMemberParams = organizationParams.extend({ member: pathId('mem') })

export const memberShape = z.object({
  id: z.string(),
  userId: z.string(),
  email: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  assignments: z
    .array(z.object({ role: z.string(), source: z.string(), expiresAt: z.string().nullable() }))
    .describe('The same with where each comes from and when it ends'),
  status: z.enum(['active', 'deactivated']),
  accountStatus: z.string(),
  invitation: z
    .enum(['none', 'pending', 'accepted'])
    .describe('accepted: came by an invite. pending: the account was created, its owner has not come yet'),
  mustChangePassword: z.boolean(),
  emailVerified: z.boolean().describe('The person has proven that the address is theirs'),
  profileComplete: z.boolean().describe('The account has a name'),
  secondFactor: z.boolean(),
  privilegesSuspendedAt: z
    .string()
    .nullable()
    .describe('Since when privileged roles grant nothing, pending review'),
  accessEndsAt: z.string().nullable().describe('The end of the last day, if one is set'),
  lastActiveAt: z.string().nullable(),
  lastSignInAt: z.string().nullable(),
  createdAt: z.string(),
  deactivatedAt: z.string().nullable(),
})

/** Roles stand in the order of their rank. */
export function memberView(ctx: Ctx, row: MemberRow): z.input<typeof memberShape> {
  const assignments = row.roles.toSorted((a, b) => rankOf(ctx, a.role) - rankOf(ctx, b.role))
  return {
    id: toWire('mem', row.id),
    userId: toWire('usr', row.userId),
    email: row.email,
    name: row.name,
    roles: [...new Set(assignments.map(({ role }) => role))],
    assignments: assignments.map(({ role, source, expiresAt }) => ({
      role,
      source,
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    })),
    status: row.status,
    accountStatus: row.accountStatus,
    invitation: invitationOf(ctx.policy, row),
    mustChangePassword: row.mustChangePassword,
    emailVerified: row.emailVerified,
    profileComplete: row.name !== '',
    secondFactor: row.secondFactor,
    privilegesSuspendedAt: row.privilegesSuspendedAt?.toISOString() ?? null,
    accessEndsAt: row.accessEndsAt?.toISOString() ?? null,
    lastActiveAt: row.lastActiveAt?.toISOString() ?? null,
    lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    deactivatedAt: row.deactivatedAt?.toISOString() ?? null,
  }
}

function rankOf(ctx: Ctx, role: string): number {
  return ctx.policy.roles.get(role)?.rank ?? Number.MAX_SAFE_INTEGER
}

const listRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: all,
    summary: 'The members, in the order they joined',
    tag,
    access: 'member',
    params: organizationParams,
    query: z.strictObject({
      ...pageQuery('mem'),
      q: z.string().trim().min(1).max(200).optional().describe('Part of a name or an e-mail address'),
      role: roleField.optional(),
      status: z.enum(['active', 'deactivated']).optional(),
    }),
    response: pageSchema(memberShape),
    async handle(ctx, { query }) {
      const { limit, cursor, ...filter } = query
      const page = pageOf('mem', { limit, cursor })
      return toPage('mem', page, await listMembers(ctx, filter, page), (row) => memberView(ctx, row))
    },
  }),
  route({
    method: 'POST',
    path: all,
    summary:
      'Create an account in the organization; whoever has one already is invited by mail, and joins by accepting',
    tag,
    access: 'member',
    params: organizationParams,
    body: z.strictObject({
      ...personFields,
      roles: rolesField.optional().describe("Default: the policy's default role"),
      password: passwordField
        .optional()
        .describe(
          'Default: a temporary one is made and answered; none where the policy has the person choose it by the activation mail',
        ),
    }),
    status: 201,
    response: z.discriminatedUnion('status', [
      memberShape.extend({
        temporaryPassword: z
          .string()
          .nullable()
          .describe('Shown this once; to be changed at the first sign-in'),
      }),
      z.object({
        status: z.literal('invited').describe('There is an account with this address: its owner was asked'),
        invite: z.object({
          id: z.string(),
          email: z.string(),
          roles: z.array(z.string()),
          expiresAt: z.string(),
        }),
      }),
    ]),
    async handle(ctx, { body }) {
      const created = await createMember(ctx, body)
      if ('invite' in created) {
        const { id, email, roles, expiresAt } = created.invite
        const invite = { id: toWire('inv', id), email, roles: [...roles], expiresAt: expiresAt.toISOString() }
        return { status: 'invited' as const, invite }
      }
      const { member, temporaryPassword } = created
      return { ...memberView(ctx, member), temporaryPassword: temporaryPassword ?? null }
    },
  }),
]

const oneRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: one,
    summary: 'One member',
    tag,
    access: 'member',
    params: oneMemberParams,
    response: memberShape,
    async handle(ctx, { params }) {
      return memberView(ctx, await getMember(ctx, params.member))
    },
  }),
  route({
    method: 'PATCH',
    path: one,
    summary: 'Change roles or name of a member; new roles hold from their next request on',
    tag,
    access: 'member',
    params: oneMemberParams,
    body: z
      .strictObject({ roles: rolesField.optional(), name: nameField.optional() })
      .refine(
        (change) => change.roles !== undefined || change.name !== undefined,
        'should change roles or name',
      ),
    response: memberShape,
    async handle(ctx, { params, body }) {
      return memberView(ctx, await changeMember(ctx, params.member, body))
    },
  }),
  route({
    method: 'POST',
    path: `${one}/deactivate`,
    summary:
      'Deactivate a member: sign-in, sessions and tokens end at once; history stays. Preferred over deletion',
    tag,
    access: 'member',
    params: oneMemberParams,
    response: memberShape,
    async handle(ctx, { params }) {
      return memberView(ctx, await deactivateMember(ctx, params.member))
    },
  }),
  route({
    method: 'POST',
    path: `${one}/reactivate`,
    summary: 'Reactivate a deactivated member, with the roles held before',
    tag,
    access: 'member',
    params: oneMemberParams,
    response: memberShape,
    async handle(ctx, { params }) {
      return memberView(ctx, await reactivateMember(ctx, params.member))
    },
  }),
  route({
    method: 'POST',
    path: `${one}/reset-password`,
    summary:
      'Replace the password by a temporary one, or by a link that is mailed to the person; everything the account holds ends',
    tag,
    access: 'member',
    params: oneMemberParams,
    body: z
      .strictObject({
        deliver: z
          .enum(['answer', 'mail'])
          .default('answer')
          .describe('mail: the person gets a link and chooses the password; nobody else ever knows it'),
      })
      .optional(),
    response: z.object({
      temporaryPassword: z
        .string()
        .optional()
        .describe('Shown this once; to be changed at the next sign-in. Absent where a link was mailed'),
    }),
    async handle(ctx, { params, body }) {
      return resetMemberPassword(ctx, params.member, body?.deliver)
    },
  }),
  route({
    method: 'DELETE',
    path: one,
    summary:
      'Delete a member for good. Deactivation is preferred: it ends access as fast and can be taken back. The audit history stays',
    tag,
    access: 'member',
    params: oneMemberParams,
    query: z.strictObject({
      acknowledge: z
        .literal('history-stays')
        .optional()
        .describe('Without it the deletion is refused, with this warning'),
    }),
    async handle(ctx, { params, query }) {
      await deleteMember(ctx, params.member, query.acknowledge !== undefined)
    },
  }),
]

export const memberRoutes: readonly Route[] = [...listRoutes, ...oneRoutes]
