/** Where a question is asked, about whom, and what came of it. @module */
import type { CompiledPolicy, Decision, Standing } from '@writ/policy'
import type { Ctx, Owed } from '#platform/context'
import type { FieldError } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import type { KnownResource } from './attributes.ts'
import type { FactsRow } from './facts.ts'

/** The one organization a question is decided in. */
export interface Place {
  readonly ctx: Ctx
  readonly organizationId: Uuid
  readonly slug: string
  readonly isPlatform: boolean
  readonly policy: CompiledPolicy
}

/** The subject of a question in its place. */
export interface Party {
  readonly place: Place
  /** Undefined: nobody that could be known. */
  readonly standing: Standing | undefined
  readonly userId: Uuid | undefined
  /** The caller asks about themselves. */
  readonly isSelf: boolean
  /** Nothing is allowed until it is paid. */
  readonly owes: Owed | undefined
  /** Named in the answer, where the caller came with nothing but a token. */
  readonly person: { readonly email: string; readonly name: string } | undefined
}

/** Reasons of the policy, and the few that stand before it. */
export type VerdictReason =
  | Decision['reason']
  | `${Owed}_required`
  | 'unknown_subject_type'
  | 'wrong_attribute_type'

export interface Verdict {
  readonly allowed: boolean
  readonly reason: VerdictReason
  readonly decision: Decision
  readonly known: KnownResource
  readonly problem: FieldError | undefined
}

/** Not a member here, or nobody at all: one answer, so that accounts cannot be probed. */
export function strangerAt(place: Place, id: string): Party {
  const standing: Standing = {
    id,
    accountActive: true,
    organization: place.organizationId,
    membershipActive: false,
    assignments: [],
    secondFactor: 'none',
    authenticatedAt: new Date(0),
  }
  return { place, standing, userId: undefined, isSelf: false, owes: undefined, person: undefined }
}

export function isSubjectType(type: string): boolean {
  return type === 'user' || type === 'token'
}

/** What somebody may rest on who is asked about by id. */
export function standingOf(row: FactsRow, id: string, now: Date): Standing {
  return {
    id,
    accountActive: row.account_active,
    organization: row.member_organization_id,
    membershipActive: row.membership_active && (row.access_ends_at === null || row.access_ends_at > now),
    assignments: (row.assignments ?? []).map(([assignment, role, source, expiresAt]) => ({
      id: assignment,
      role,
      source: source as never,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    })),
    // Whoever has one proves it at every sign-in.
    secondFactor: row.has_second_factor ? 'satisfied' : 'none',
    privilegesSuspended: row.privileges_suspended,
    // Nobody is at the keyboard of a question about somebody: their last proof of identity counts.
    authenticatedAt: row.last_sign_in_at ?? new Date(0),
  }
}
