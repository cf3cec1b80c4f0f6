/** @module */
import { z } from 'zod'
import { organizationParams, rolesField, statementField } from '#people/organizations'
import { type Route, route } from '#platform/http'
import { actorToWire, bodyId, pathId, toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { cancelLeave, planLeave } from './commands/plan-leave.ts'
import { cancelRoleChange, planRoleChange } from './commands/plan-role-change.ts'
import { occasions, states } from './model.ts'
import { listOffboardings, type OffboardingRow } from './queries.ts'

const tag = 'Leaving'
const one = '/organizations/:organization/members/:member'
const oneParams = organizationParams.extend({ member: pathId('mem') })

/** A century each way is enough, and keeps every time within what a date can hold. */
const day = z.iso
  .date({ error: 'should be a day such as 2026-03-31' })
  .refine((date) => date >= '2000-01-01' && date <= '2100-12-31', 'should lie between 2000 and 2100')

const offboardingShape = z.object({
  id: z.string(),
  kind: z.enum(['leave', 'role_change']),
  member: z.object({
    id: z.string(),
    userId: z.string(),
    email: z.string().nullable().describe('Null: the member was deleted or moved'),
    name: z.string().nullable(),
  }),
  occasion: z.enum(occasions).nullable(),
  effectiveOn: z
    .string()
    .describe("The last day, or the first of the new duties, in the organization's time zone"),
  effectiveAt: z.string().describe('The end of that last day, or the beginning of that first one'),
  dueAt: z.string().describe('Until when the member is to be deactivated, or the roles changed'),
  automatic: z.boolean().describe('Access ends by itself with the last day, and the deactivation follows'),
  roles: z.array(z.string()).nullable(),
  state: z.enum(states).describe("Of this moment, by the member's real roles and standing"),
  plannedBy: z.string(),
  plannedAt: z.string(),
  cancelledAt: z.string().nullable(),
  raisedAt: z.string().nullable().describe('When it was reported as overdue'),
})

function offboardingView(row: OffboardingRow): z.input<typeof offboardingShape> {
  return {
    id: toWire('ddl', row.id),
    kind: row.kind,
    member: {
      id: toWire('mem', row.memberId),
      userId: toWire('usr', row.userId),
      email: row.email,
      name: row.name,
    },
    occasion: row.occasion,
    effectiveOn: row.effectiveOn,
    effectiveAt: row.effectiveAt.toISOString(),
    dueAt: row.dueAt.toISOString(),
    automatic: row.isAutomatic,
    roles: row.roles && [...row.roles],
    state: row.state,
    plannedBy: actorToWire(row.plannedBy),
    plannedAt: row.plannedAt.toISOString(),
    cancelledAt: row.cancelledAt?.toISOString() ?? null,
    raisedAt: row.raisedAt?.toISOString() ?? null,
  }
}

export const offboardingRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/organizations/:organization/offboardings',
    summary: 'Deadlines for leavers and for changed duties, in the order they were set',
    tag,
    access: 'member',
    params: organizationParams,
    query: z.strictObject({
      ...pageQuery('ddl'),
      state: z.enum(states).optional(),
      member: bodyId('mem').optional().describe('mem_…'),
    }),
    response: pageSchema(offboardingShape),
    async handle(ctx, { query }) {
      const { limit, cursor, ...filter } = query
      const page = pageOf('ddl', { limit, cursor })
      return toPage('ddl', page, await listOffboardings(ctx, filter, page), offboardingView)
    },
  }),
  route({
    method: 'POST',
    path: `${one}/leave-date`,
    summary: "Set a member's last day; on an occasion that the policy names, access is revoked at once",
    tag,
    access: 'member',
    params: oneParams,
    body: z.strictObject({
      date: day.describe("The last day, in the organization's time zone"),
      automatic: z.boolean().default(true).describe('Whether access ends by itself with the day'),
      occasion: z.enum(occasions).optional(),
      reason: statementField.optional(),
    }),
    response: offboardingShape,
    async handle(ctx, { params, body }) {
      return offboardingView(await planLeave(ctx, params.member, body))
    },
  }),
  route({
    method: 'DELETE',
    path: `${one}/leave-date`,
    summary: "Take a member's last day back",
    tag,
    access: 'member',
    params: oneParams,
    async handle(ctx, { params }) {
      await cancelLeave(ctx, params.member)
    },
  }),
  route({
    method: 'POST',
    path: `${one}/role-change`,
    summary: 'Plan a change of duties; the roles are to follow in the time that the policy sets',
    tag,
    access: 'member',
    params: oneParams,
    body: z.strictObject({
      effectiveOn: day.describe("The first day of the new duties, in the organization's time zone"),
      roles: rolesField.describe('Exactly these from then on'),
      reason: statementField.optional(),
    }),
    response: offboardingShape,
    async handle(ctx, { params, body }) {
      return offboardingView(await planRoleChange(ctx, params.member, body))
    },
  }),
  route({
    method: 'DELETE',
    path: `${one}/role-change`,
    summary: 'Take a planned change of duties back',
    tag,
    access: 'member',
    params: oneParams,
    async handle(ctx, { params }) {
      await cancelRoleChange(ctx, params.member)
    },
  }),
]
