/** Routes by which somebody's standing changes: sanctions, a move to another organization, one's own leaving. @module */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { toWire } from '#platform/ids'
import { deleteOwnAccount } from '../commands/delete-own-account.ts'
import { endAccount } from '../commands/end-account.ts'
import { moveMember } from '../commands/move-member.ts'
import { restorePrivileges, suspendPrivileges } from '../commands/suspend-privileges.ts'
import { passwordField, roleField } from './fields.ts'
import { memberShape, memberView, oneMemberParams } from './members.ts'

const tag = 'Members'
const one = '/organizations/:organization/members/:member'

/** Why, in words; kept erasable in the log. */
export const statementField = z.string().trim().min(1, 'should not be empty').max(1000)

const because = z.strictObject({ reason: statementField })

export const memberStandingRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: `${one}/suspend-privileges`,
    summary: 'Set the privileged roles of a member aside, pending review; from their next request on',
    tag,
    access: 'member',
    params: oneMemberParams,
    body: because,
    response: memberShape,
    async handle(ctx, { params, body }) {
      return memberView(ctx, await suspendPrivileges(ctx, params.member, body.reason))
    },
  }),
  route({
    method: 'POST',
    path: `${one}/restore-privileges`,
    summary: 'Give the privileges of a member back after the review',
    tag,
    access: 'member',
    params: oneMemberParams,
    body: because,
    response: memberShape,
    async handle(ctx, { params, body }) {
      return memberView(ctx, await restorePrivileges(ctx, params.member, body.reason))
    },
  }),
  route({
    method: 'POST',
    path: `${one}/end-account`,
    summary: 'End a membership for a violation that persists, with its roles; history stays',
    tag,
    access: 'member',
    params: oneMemberParams,
    body: because,
    response: memberShape,
    async handle(ctx, { params, body }) {
      return memberView(ctx, await endAccount(ctx, params.member, body.reason))
    },
  }),
  route({
    method: 'POST',
    path: `${one}/move`,
    summary: 'Move a member to another organization; everything they are signed in to ends (platform)',
    tag,
    access: 'member',
    params: oneMemberParams,
    body: z.strictObject({
      organization: z.string().min(1).max(100).describe('Id or slug of where they go'),
      role: roleField.optional().describe("There; default: the policy's default role"),
      reason: statementField.optional().describe('Why; the policy may demand it'),
      reference: z
        .string()
        .trim()
        .min(1, 'should not be empty')
        .max(200)
        .optional()
        .describe('Where the move is documented; the policy may demand it'),
    }),
    response: z.object({
      organization: z.object({ id: z.string(), slug: z.string() }),
      member: memberShape.describe('The membership there'),
    }),
    async handle(ctx, { params, body }) {
      const { organization, member } = await moveMember(ctx, params.member, body)
      const { id, slug } = organization
      return { organization: { id: toWire('org', id), slug }, member: memberView(ctx, member) }
    },
  }),
  route({
    method: 'DELETE',
    path: '/me',
    summary:
      'Delete your account for good, where the policy lets you; takes the password and a fresh sign-in',
    tag: 'Me',
    access: 'member',
    body: z.strictObject({ password: passwordField }),
    async handle(ctx, { body }) {
      await deleteOwnAccount(ctx, body.password)
    },
  }),
]
