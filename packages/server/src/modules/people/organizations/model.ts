/** Organizations, members, and the rules over them. Pure. @module */
import type { CompiledPolicy, Standing } from '@writ/policy'
import type { Uuid } from '#platform/ids'
import { memberErrors } from './catalog.ts'

export interface Organization {
  readonly id: Uuid
  readonly kind: string
  readonly slug: string
  readonly name: string
  readonly status: string
  readonly settings: Settings
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Whom to turn to, and in which language and time zone the organization works. */
export interface Settings {
  readonly contacts?: { readonly [purpose in ContactPurpose]?: string }
  readonly locale?: string
  readonly timeZone?: string
}

export const contactPurposes = ['general', 'security', 'billing', 'privacy'] as const
export type ContactPurpose = (typeof contactPurposes)[number]

/** What a change of an organization may name; what is absent stays, a null contact or setting is taken away. */
export interface OrganizationChange {
  readonly name?: string | undefined
  readonly slug?: string | undefined
  readonly settings?:
    | {
        readonly contacts?: { readonly [purpose in ContactPurpose]?: string | null | undefined } | undefined
        readonly locale?: string | null | undefined
        readonly timeZone?: string | null | undefined
      }
    | undefined
}

type Facts = Pick<Organization, 'name' | 'slug' | 'settings'>

/** The organization after a change. */
export function changed(before: Facts, change: OrganizationChange): Facts {
  const { contacts, ...rest } = change.settings ?? {}
  const merged = { ...before.settings.contacts, ...contacts }
  const settings = withoutNulls({ ...before.settings, ...rest, contacts: withoutNulls(merged) })
  if (Object.keys(settings['contacts'] as object).length === 0) delete settings['contacts']
  return {
    name: change.name ?? before.name,
    slug: change.slug ?? before.slug,
    settings: settings as Settings,
  }
}

function withoutNulls(values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  )
}

/** Whether two values are the same JSON, whatever the order of their keys. */
export function sameFacts(a: Facts, b: Facts): boolean {
  return sorted(a) === sorted(b)
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

/** Roles of a new member: those asked for, else the policy's default. @throws `members.no_default_role` */
export function rolesOfNewMember(
  compiled: CompiledPolicy,
  asked: readonly string[] | undefined,
): readonly string[] {
  if (asked !== undefined) return asked
  const role = compiled.policy.roles.find((candidate) => candidate.default)
  if (!role) throw memberErrors.no_default_role()
  return [role.name]
}

/** Whether a new member gets by these roles nothing but what everybody gets. */
export function isDefault(compiled: CompiledPolicy, roles: readonly string[]): boolean {
  return roles.every((name) => compiled.policy.roles.some((role) => role.default && role.name === name))
}

/**
 * What an owner becomes who hands the ownership over: their other roles, else the next role below that the owner role
 * includes, so that nothing is gained by it.
 */
export function rolesAfterTransfer(compiled: CompiledPolicy, held: readonly string[]): readonly string[] {
  const { ownerRole } = compiled.policy.organizations
  const rest = held.filter((role) => role !== ownerRole)
  if (rest.length > 0) return rest
  const included = compiled.roles.get(ownerRole)?.holds.filter((role) => role !== ownerRole) ?? []
  const next = compiled.policy.roles.find((role) => included.includes(role.name))
  const fallback = compiled.policy.roles.findLast(
    (role) => role.scope === 'organization' && role.name !== ownerRole,
  )
  return [next ?? fallback].flatMap((role) => (role ? [role.name] : []))
}

/** Whether a member's account goes with the membership: it then belongs to no other organization by the policy's own word. */
export function accountFollows(compiled: CompiledPolicy): boolean {
  return compiled.policy.organizations.membership === 'one'
}

/** Whether a new account begins with a password: a temporary one where the policy says so, or where no mail would let the person choose one. */
export function startsWithPassword({ policy: { provisioning } }: CompiledPolicy): boolean {
  return provisioning.temporaryPassword || !provisioning.activationMail
}

/** How far a member has come: by an invite, created and not come yet, or neither. */
export function invitationOf(
  { policy: { provisioning } }: CompiledPolicy,
  member: {
    readonly isInvited: boolean
    readonly lastActiveAt: Date | null
    readonly lastSignInAt: Date | null
    readonly mustChangePassword: boolean
    readonly emailVerified: boolean
  },
): 'none' | 'pending' | 'accepted' {
  if (member.isInvited) return 'accepted'
  const owes = member.mustChangePassword || (provisioning.verifyEmail && !member.emailVerified)
  const hasCome = member.lastActiveAt !== null || member.lastSignInAt !== null
  return hasCome && !(owes && member.lastActiveAt === null) ? 'none' : 'pending'
}

/** Whether the policy names a role of theirs among those that create accounts; where it names none, the permission is enough. */
export function mayProvision(compiled: CompiledPolicy, standing: Standing, now: Date): boolean {
  const { by } = compiled.policy.provisioning
  if (by.length === 0) return true
  return standing.assignments.some(
    ({ role, expiresAt }) =>
      (expiresAt == null || expiresAt > now) &&
      compiled.roles.get(role)?.holds.some((name) => by.includes(name)),
  )
}
