/** Routes of roles, permissions and assignments. @module */
import { type CompiledPolicy, ownPermissions, textIn } from '@writ/policy'
import { z } from 'zod'
import { memberErrors } from '#people/organizations'
import type { Ctx } from '#platform/context'
import { type Route, route } from '#platform/http'
import { actorToWire, pathId, toWire } from '#platform/ids'
import { permissions } from '../catalog.ts'
import { giversOf, permissionsOf } from '../model.ts'
import { type AssignmentRow, countHolders, listAssignments } from '../queries.ts'

const tag = 'Roles'
const params = z.object({ organization: z.string() })

const rolePermission = z.object({
  permission: z.string(),
  effect: z.enum(['allow', 'deny']),
  condition: z.string().nullable().describe('CEL; null holds always'),
})

const definition = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  scope: z.enum(['platform', 'organization']),
  rank: z.number().describe('0 is the most privileged'),
  inherits: z.array(z.string()),
  permissions: z.array(rolePermission).describe('Inheritance, wildcards and implications expanded'),
})

const roleShape = definition.extend({
  isDefault: z.boolean(),
  isPrivileged: z.boolean(),
  isOwner: z.boolean(),
  assignedBy: z.array(z.string()).describe('Roles whose holders may give it; none: only the operator'),
  holders: z.number().describe('Active members who hold it now'),
})

const assignmentShape = z.object({
  id: z.string(),
  role: z.string(),
  source: z.string(),
  assignedAt: z.string(),
  assignedBy: z.string(),
  expiresAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  endedBy: z.string().nullable(),
  policyVersion: z.object({ id: z.string(), number: z.number() }).describe('Under which it was given'),
  definition: definition.describe('What the role was and could do under that version'),
})

function definitionOf(compiled: CompiledPolicy, name: string): z.input<typeof definition> {
  const role = compiled.policy.roles.find((candidate) => candidate.name === name)
  const compiledRole = compiled.roles.get(name)
  if (!role || !compiledRole)
    throw new Error(`role ${name} is not in the policy version it was assigned under`)
  return {
    name,
    title: textIn(role.title, 'en'),
    description: role.description === undefined ? null : textIn(role.description, 'en'),
    scope: role.scope,
    rank: role.rank,
    inherits: [...role.inherits],
    permissions: permissionsOf(compiled, compiledRole),
  }
}

function rolesView(ctx: Ctx, holders: ReadonlyMap<string, number>): z.input<typeof roleShape>[] {
  const { ownerRole } = ctx.policy.policy.organizations
  return ctx.policy.policy.roles.map((role) => ({
    ...definitionOf(ctx.policy, role.name),
    isDefault: role.default,
    isPrivileged: role.privileged,
    isOwner: role.name === ownerRole,
    assignedBy: giversOf(ctx.policy, role.name),
    holders: holders.get(role.name) ?? 0,
  }))
}

async function assignmentView(ctx: Ctx, row: AssignmentRow): Promise<z.input<typeof assignmentShape>> {
  const then = await ctx.services.ports.policies.effective(row.policyVersionId, null)
  return {
    id: toWire('asg', row.id),
    role: row.role,
    source: row.source,
    assignedAt: row.assignedAt.toISOString(),
    assignedBy: actorToWire(row.assignedBy),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    endedBy: row.endedBy === null ? null : actorToWire(row.endedBy),
    policyVersion: { id: toWire('pol', row.policyVersionId), number: row.versionNumber },
    definition: definitionOf(then, row.role),
  }
}

export const roleRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/organizations/:organization/roles',
    summary: 'The roles of the policy: what each may do, who may give it, how many hold it',
    tag,
    access: 'member',
    params,
    response: z.object({ items: z.array(roleShape) }),
    async handle(ctx) {
      return { items: rolesView(ctx, await countHolders(ctx)) }
    },
  }),
  route({
    method: 'GET',
    path: '/organizations/:organization/permissions',
    summary: 'Every permission there is under the policy',
    tag,
    access: 'member',
    params,
    response: z.object({
      items: z.array(
        z.object({
          name: z.string(),
          action: z.string(),
          resource: z.string(),
          scope: z.enum(['platform', 'organization']),
          sensitive: z.boolean(),
          description: z.string().nullable().describe("Set for Writ's own permissions"),
        }),
      ),
    }),
    async handle(ctx) {
      await ctx.authorize(permissions.readRoles)
      const described = new Map(ownPermissions.map(({ name, description }) => [name, description]))
      const items = ctx.policy.permissions.map(({ name, action, resource, isPlatform, isSensitive }) => ({
        name,
        action,
        resource,
        scope: isPlatform ? ('platform' as const) : ('organization' as const),
        sensitive: isSensitive,
        description: described.get(name) ?? null,
      }))
      return { items }
    },
  }),
  route({
    method: 'GET',
    path: '/organizations/:organization/members/:member/assignments',
    summary: 'Every role a member ever held, with what it meant at the time; also of one who is gone',
    tag,
    access: 'member',
    params: params.extend({ member: pathId('mem') }),
    response: z.object({ items: z.array(assignmentShape) }),
    async handle(ctx, input) {
      const rows = await listAssignments(ctx, input.params.member)
      if (rows.length === 0) throw memberErrors.not_found()
      return { items: await Promise.all(rows.map((row) => assignmentView(ctx, row))) }
    },
  }),
]
