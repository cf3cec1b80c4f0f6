import type { Policy } from '@writ/policy'
import type { Ctx } from '#platform/context'
import type { AccountOrganization } from '../queries.ts'

/**
 * What the policy says of authentication, in general and in each of an account's organizations that tightened it.
 * The general one holds also for an account that belongs to none. An organization that took an account in binds it from
 * the first session there on: anybody may take in an address, and could otherwise lock its owner out of everywhere.
 */
export async function authenticationOf(
  ctx: Ctx,
  organizations: readonly AccountOrganization[],
): Promise<readonly [Policy['authentication'], ...Policy['authentication'][]]> {
  const { policies } = ctx.services.ports
  const { compiled, versionId } = await policies.current()
  const tightened = organizations.filter(({ overrides, isAwaited }) => overrides !== null && !isAwaited)
  const own = await Promise.all(tightened.map(({ overrides }) => policies.effective(versionId, overrides)))
  return [compiled.policy.authentication, ...own.map(({ policy }) => policy.authentication)]
}
