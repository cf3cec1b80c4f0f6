/** Organizations, resources, roles, separation of duties, sensitive actions. @module */
import { z } from 'zod'
import {
  duration,
  listOf,
  name,
  oneOrMore,
  permission,
  permissionPattern,
  roleNames,
  text,
} from './scalars.ts'

/** How tenants work under this policy. */
export const organizations = z.strictObject({
  call: z
    .string()
    .regex(/^[a-z][a-z ]{0,30}$/, 'one small word is needed, such as tenant')
    .describe('What a tenant is called here')
    .default('organization'),
  membership: z
    .enum(['one', 'many'])
    .describe('Of how many organizations one user may be a member')
    .default('many'),
  rolesPerMember: z.enum(['one', 'many']).describe('How many roles one member holds').default('many'),
  ownerRole: name.describe('The role that every organization must always keep an active holder of'),
  platformAccess: z
    .enum(['direct', 'support'])
    .describe(
      'direct: platform roles reach into organizations; support: only inside an opened support access',
    )
    .default('support'),
  maySet: listOf(z.string().max(80))
    .describe('Settings an organization may tighten for itself, never loosen')
    .default([]),
  moves: z
    .strictObject({
      requires: listOf(z.enum(['reason', 'reference'])).default(['reason', 'reference']),
    })
    .describe('What moving a member to another organization needs')
    .prefault({}),
})

const attributeType = z.enum(['string', 'int', 'double', 'bool', 'timestamp', 'list<string>'])

const resourceLong = z.strictObject({
  title: text.exactOptional(),
  description: text.exactOptional(),
  actions: listOf(name).min(1, 'a resource has at least one action'),
  attributes: z.record(name, attributeType).describe('Typed attributes that conditions may use').default({}),
  states: z
    .record(name, z.strictObject({ title: text.exactOptional(), deny: listOf(name).default([]) }))
    .describe('States a resource can be in, and the actions each closes')
    .default({}),
  implies: z
    .record(name, listOf(permission))
    .describe("By action of this resource: the permissions it stands for, Writ's own among them")
    .default({}),
})

/** The application's own resources: a list of actions, or the long form. */
export const resources = z.record(
  name,
  z.union([
    listOf(name)
      .min(1, 'a resource has at least one action')
      .transform(
        (actions): z.output<typeof resourceLong> => ({ actions, attributes: {}, states: {}, implies: {} }),
      ),
    resourceLong,
  ]),
)

const grant = z.strictObject({
  allow: oneOrMore(permissionPattern),
  when: z
    .string()
    .min(1)
    .max(2000)
    .describe('Condition in CEL over subject, resource, context, now')
    .exactOptional(),
  machines: z.literal(true).describe('Service accounts may use it for sensitive actions too').exactOptional(),
})

const role = z.strictObject({
  title: text.exactOptional(),
  description: text.exactOptional(),
  scope: z.enum(['platform', 'organization']).default('organization'),
  inherits: roleNames.describe('Roles below whose permissions this role has too').default([]),
  allow: listOf(
    z.union([permissionPattern.transform((only): z.output<typeof grant> => ({ allow: [only] })), grant]),
  )
    .describe('What the role may do: action:resource, or { allow, when }')
    .default([]),
  deny: listOf(permissionPattern).describe('Overrides allow, also an inherited one').default([]),
  assign: listOf(z.union([z.literal('*'), name]))
    .describe('Roles its holders may give; * = every one not above it')
    .default([]),
  manages: listOf(z.union([z.literal('*'), name]))
    .describe('Roles whose holders it may administer; default: those it may give')
    .exactOptional(),
  assignedBy: z
    .union([z.literal('console'), roleNames])
    .describe("console: only by the operator's command beside the application; or the roles that may give it")
    .exactOptional(),
  default: z.boolean().describe('Given to new members when nothing else is said').default(false),
  privileged: z.boolean().describe('Reviewed more often, suspended pending review').default(false),
})

/** Roles, most privileged first: the order is the rank. */
export const roles = z
  .record(name, role)
  .refine((all) => Object.keys(all).length > 0, { error: 'at least one role is needed' })

/** Roles never held together, and actions that need the approval of others. */
export const separation = listOf(
  z.union([
    z.strictObject({ roles: roleNames.min(2, 'two roles or more are needed'), why: text.exactOptional() }),
    z.strictObject({
      actions: listOf(permission).min(1),
      approvals: z.int().min(1).max(5).describe('Distinct approvers, none of them the actor').default(1),
      why: text.exactOptional(),
    }),
  ]),
)

/** Actions that need a sign-in this fresh; machines need a grant marked `machines: true`. */
export const sensitive = z
  .strictObject({
    within: duration.default(600),
    actions: listOf(permissionPattern).default([]),
  })
  .transform(({ within, actions }) => ({ withinSeconds: within, actions }))
