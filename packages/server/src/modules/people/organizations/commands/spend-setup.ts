import { choosePassword, inOrganization } from '#people/identity'
import type { Ctx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import { newId } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import type { Organization } from '../model.ts'
import { getOrganization } from '../queries/organizations.ts'
import { spendSetupToken } from '../store.ts'
import type { Person } from './add-member.ts'
import { foundOrganization, type NewOrganization } from './create-organization.ts'

/**
 * Creates the first organization and its owner with the one-time link that the server printed. Of any number at once
 * one succeeds; a refusal (a weak password, say) leaves the link unspent. Nobody is signed in here, so nothing is
 * computed, and nothing said about the input, before the token is known to be right.
 *
 * @throws `organizations.setup_refused` for a token that is wrong, spent or expired, or when there is an organization;
 *   `identity.weak_password`, `organizations.slug_taken`, `identity.address_taken`
 */
export async function spendSetup(
  ctx: Ctx,
  token: string,
  organization: NewOrganization,
  owner: Person & { readonly password: string },
): Promise<Organization> {
  const founding = inOrganization(ctx, newId(ctx.now()), { kind: 'system', name: 'setup' })
  const founded = await founding.tx(async (tx) => {
    if (!(await spendSetupToken(tx, sha256(token), ctx.now()))) return undefined
    const password = await choosePassword(ctx, owner.password, owner, { field: 'owner.password' })
    const candidate = { person: owner, account: undefined, password, temporaryPassword: undefined }
    await foundOrganization(founding, tx, organization, candidate)
    return getOrganization(tx, founding.organizationId)
  })
  if (founded) return founded
  await ctx.recordNow(events.setup_refused({ outcome: 'failure', reason: 'token_does_not_hold' }))
  throw errors.setup_refused()
}
