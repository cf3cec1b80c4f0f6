/** Invites and registrations: what state they are in, and where their links lead. Pure. @module */
import type { CompiledPolicy, Standing } from '@writ/policy'
import type { Uuid } from '#platform/ids'

/** The prefixes by which secret scanners find a token. */
export const INVITE_PREFIX = 'writ_inv_'
export const REGISTRATION_PREFIX = 'writ_reg_'

/** Between two mails of one invite. */
export const RESEND_SECONDS = 60

export type InviteState = 'pending' | 'accepted' | 'expired' | 'revoked'

interface Moments {
  readonly acceptedAt: Date | null
  readonly revokedAt: Date | null
  readonly expiresAt: Date
}

export function stateOf({ acceptedAt, revokedAt, expiresAt }: Moments, now: Date): InviteState {
  if (acceptedAt !== null) return 'accepted'
  if (revokedAt !== null) return 'revoked'
  return expiresAt <= now ? 'expired' : 'pending'
}

/** Opening it spends nothing: mail filters and previews open links too. */
export function inviteUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/invite?token=${token}`
}

export function registrationUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/register/finish?token=${token}`
}

/** A member as they stand, whether signed in or not. */
export interface MemberFacts {
  readonly id: Uuid
  readonly userId: Uuid
  readonly status: string
  readonly accountStatus: string
  readonly roles: readonly {
    readonly role: string
    readonly source: string
    readonly expiresAt: string | null
  }[]
  readonly secondFactor: boolean
  readonly privilegesSuspendedAt: Date | null
  readonly accessEndsAt: Date | null
}

/**
 * The standing of an inviter who is not there: as if signed in this very moment, with the second factor they have.
 * What they may do is then decided as for anybody.
 */
export function standingOfInviter(
  member: MemberFacts,
  home: { readonly organizationId: Uuid; readonly isActive: boolean },
  now: Date,
): Standing {
  const hasLeft = member.accessEndsAt !== null && member.accessEndsAt <= now
  return {
    id: member.userId,
    accountActive: member.accountStatus === 'active',
    organization: home.organizationId,
    membershipActive: member.status === 'active' && home.isActive && !hasLeft,
    assignments: member.roles.map(({ role, source, expiresAt }) => ({
      role,
      source: source as never,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    })),
    secondFactor: member.secondFactor ? 'satisfied' : 'none',
    authenticatedAt: now,
    privilegesSuspended: member.privilegesSuspendedAt !== null,
  }
}

/** Roles by the names people read, in a language of the policy. */
export function titlesOf(
  compiled: CompiledPolicy,
  roles: readonly string[],
  language: 'en' | 'he',
): readonly string[] {
  return roles.map((name) => {
    const title = compiled.policy.roles.find((role) => role.name === name)?.title
    if (title === undefined) return name
    return typeof title === 'string' ? title : (title[language] ?? title.en ?? name)
  })
}

/** The role a person registers with: the one asked for, else the first that is open. Undefined: that one is not. */
export function roleToRegister(compiled: CompiledPolicy, asked: string | undefined): string | undefined {
  const { selfRegister } = compiled.policy.provisioning
  if (asked === undefined) return selfRegister[0]
  return selfRegister.includes(asked) ? asked : undefined
}
