/** The organization behind a link that was presented, and the request seen from there. @module */
import { type Actor, type Ctx, createCtx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { readOrganizationOfLink } from '../queries.ts'

export interface There {
  /** The same request in that organization, under its policy. */
  readonly ctx: Ctx
  readonly organization: { readonly id: Uuid; readonly slug: string; readonly name: string }
}

/**
 * Undefined where the organization is suspended: it takes nobody in.
 *
 * @param rule who acts where nobody is signed in: the rule that lets a link's bearer in
 */
export async function contextOfLink(
  ctx: Ctx,
  organizationId: Uuid,
  rule: 'invitation' | 'registration',
): Promise<There | undefined> {
  const organization = await ctx.db.transaction(`org:${organizationId}`, (tx) =>
    readOrganizationOfLink(tx, organizationId),
  )
  if (organization.status !== 'active') return undefined
  const { policies } = ctx.services.ports
  const policy = await policies.effective((await policies.current()).versionId, organization.overrides)
  const { requestId, client, principal } = ctx
  const actor: Actor = principal ? ctx.actor : { kind: 'system', name: rule }
  return {
    ctx: createCtx(ctx.services, { requestId, client, actor, principal, organizationId, policy }),
    organization,
  }
}
