/** In which of a person's organizations a session is. Pure. @module */

export interface Choice {
  readonly organizationId: string
  readonly slug: string
  readonly organizationStatus: string
  readonly status: string
}

export type Chosen<T> =
  | { readonly one: T }
  | { readonly several: readonly T[] }
  | { readonly none: 'no_membership' | 'organization_suspended' | 'not_a_member' }

/**
 * The organization that was named (by id or slug), or the only one there is. Memberships that are deactivated and
 * organizations that are suspended are as if they were not there; the reason is for the log.
 */
export function chooseOrganization<T extends Choice>(
  all: readonly T[],
  named: { id?: string | undefined; slug?: string } | undefined,
): Chosen<T> {
  const open = all.filter(
    ({ status, organizationStatus }) => status === 'active' && organizationStatus === 'active',
  )
  if (named) {
    const one = open.find(({ organizationId, slug }) => organizationId === named.id || slug === named.slug)
    if (one) return { one }
    return {
      none: all.some(({ organizationId, slug }) => organizationId === named.id || slug === named.slug)
        ? closedReason(all)
        : 'not_a_member',
    }
  }
  if (open.length > 1) return { several: open }
  return open[0] ? { one: open[0] } : { none: closedReason(all) }
}

function closedReason(all: readonly Choice[]): 'no_membership' | 'organization_suspended' {
  return all.some(({ status, organizationStatus }) => status === 'active' && organizationStatus !== 'active')
    ? 'organization_suspended'
    : 'no_membership'
}
