/** In which of a person's organizations a session is. Pure. @module */
import { fromWire } from '#platform/ids'

export interface Choice {
  readonly organizationId: string
  readonly slug: string
  readonly organizationStatus: string
  readonly status: string
  /** The end of the last day, where one is set. */
  readonly accessEndsAt?: Date | null
  /** Whether the organization takes what was proven. Absent: it does. */
  readonly isPermitted?: boolean
}

/** An organization as a person names it: by id or slug. */
export interface Named {
  readonly id?: string | undefined
  readonly slug?: string
}

export type Refused = 'no_membership' | 'organization_suspended' | 'not_a_member' | 'method_not_permitted'

export type Chosen<T> = { readonly one: T } | { readonly several: readonly T[] } | { readonly none: Refused }

export function nameOf(named: string | undefined): Named | undefined {
  return named === undefined ? undefined : { id: fromWire('org', named), slug: named }
}

/**
 * The organization that was named, or the only one there is. Memberships that are deactivated or past their last day, organizations that are
 * suspended and those that do not take the way a person came are as if they were not there; the reason is for the log.
 */
export function chooseOrganization<T extends Choice>(
  all: readonly T[],
  named: Named | undefined,
  now: Date,
): Chosen<T> {
  const meant = named
    ? all.filter(({ organizationId, slug }) => organizationId === named.id || slug === named.slug)
    : all
  if (named && meant.length === 0) return { none: 'not_a_member' }
  const open = meant.filter((each) => isOpen(each, now))
  if (open.length > 1) return { several: open }
  return open[0] ? { one: open[0] } : { none: closedReason(meant, now) }
}

function isOpen(choice: Choice, now: Date): boolean {
  const { organizationStatus, isPermitted = true } = choice
  return isActive(choice, now) && organizationStatus === 'active' && isPermitted
}

function isActive({ status, accessEndsAt = null }: Choice, now: Date): boolean {
  return status === 'active' && (accessEndsAt === null || accessEndsAt > now)
}

function closedReason(all: readonly Choice[], now: Date): Refused {
  const active = all.filter((each) => isActive(each, now))
  if (active.some(({ organizationStatus }) => organizationStatus === 'active')) return 'method_not_permitted'
  return active.length > 0 ? 'organization_suspended' : 'no_membership'
}
