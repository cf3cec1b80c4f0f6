/**
 * Writ's own resources and actions, in the same `action:resource` form as the application's.
 *
 * They exist under every policy without being declared. A document with coarser names of its own maps them
 * on with `implies` (`manage:users` → `create:members`, …). Permissions of scope `platform` act above the
 * organizations; no organization role ever holds one, not even by `*:*`.
 *
 * @module
 */
import type { Scope } from './model.ts'

/** One of Writ's own permissions. */
export interface OwnPermission {
  readonly name: string
  readonly action: string
  readonly resource: string
  readonly scope: Scope
  /** What holding it allows. */
  readonly description: string
}

type Actions = Readonly<Record<string, string>>

const organizationScope: Readonly<Record<string, Actions>> = {
  organization: {
    read: 'See the overview of the organization',
    update: 'Change name, contacts, locale and other facts of the organization',
    delete: 'Delete the organization',
    transfer: 'Hand ownership to another member',
  },
  members: {
    read: 'See the members',
    create: 'Create accounts in the organization',
    update: 'Change the profile of a member',
    deactivate: 'Deactivate a member: sessions, tokens and keys end at once',
    reactivate: 'Reactivate a deactivated member',
    delete: 'Delete a member for good; the audit history stays',
    'reset-password': 'Reset the password of a member',
  },
  invites: {
    read: 'See pending invites',
    create: 'Invite people, resend an invite',
    revoke: 'Revoke a pending invite',
  },
  roles: {
    read: 'See roles and who holds them',
    assign: 'Give and take roles, within what the own role may give',
  },
  policy: { read: 'Read the applied policy and its versions' },
  audit: {
    read: 'Read the audit log of the organization',
    export: 'Export the audit log with its proofs',
  },
  decisions: {
    check: 'Ask whether somebody else may do something',
    search: 'Ask who may, on what, and what somebody may do',
    explain: 'See the whole path of a decision',
  },
  resources: {
    read: 'See registered resources',
    register: 'Register and change resources, their attributes and state',
  },
  sessions: {
    read: "See other members' sessions",
    revoke: "End other members' sessions",
  },
  applications: {
    read: 'See the applications that share the sign-on',
    manage: 'Register and change applications',
  },
  billing: {
    read: 'See plan, seats and usage',
    manage: 'Change plan and seats',
  },
  settings: {
    read: 'See the settings of the organization',
    update: 'Change the settings of the organization',
  },
}

const platformScope: Readonly<Record<string, Actions>> = {
  organizations: {
    read: 'See all organizations',
    create: 'Create an organization',
    suspend: 'Suspend and restore an organization',
  },
  members: { move: 'Move a member to another organization' },
  'platform-audit': { read: 'Read the audit log of the platform itself' },
}

function listed(resources: Readonly<Record<string, Actions>>, scope: Scope): OwnPermission[] {
  return Object.entries(resources).flatMap(([resource, actions]) =>
    Object.entries(actions).map(([action, description]) => ({
      name: `${action}:${resource}`,
      action,
      resource,
      scope,
      description,
    })),
  )
}

/** Every permission of Writ itself. Its order is stable; new ones are added at the end of their resource. */
export const ownPermissions: readonly OwnPermission[] = Object.freeze([
  ...listed(organizationScope, 'organization'),
  ...listed(platformScope, 'platform'),
])

/** The same by name. */
export const ownPermissionsByName: ReadonlyMap<string, OwnPermission> = new Map(
  ownPermissions.map((permission) => [permission.name, permission]),
)
