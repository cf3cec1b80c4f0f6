import { actorName, type Ctx, type Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId } from '#platform/ids'
import { events, permissions } from '../catalog.ts'
import { type Application, CREDENTIAL_PREFIX, type CreatedApplication } from '../model.ts'
import { insertApplication } from '../store.ts'

/**
 * Registers an application of the organization. Its credential is in the answer and nowhere else: only a hash is
 * stored, so a lost one is replaced by a new application.
 */
export async function createApplication(ctx: Ctx, { name }: { name: string }): Promise<CreatedApplication> {
  await ctx.authorize(permissions.manage)
  return ctx.tx((tx) => createWithin(ctx, tx, name))
}

/** The part that the operator's command shares. */
export async function createWithin(ctx: Ctx, tx: Tx, name: string): Promise<CreatedApplication> {
  const now = ctx.now()
  const credential = newSecret(CREDENTIAL_PREFIX)
  const application: Application = {
    id: newId(now),
    name,
    createdBy: actorName(ctx.actor),
    createdAt: now,
    revokedAt: null,
    lastUsedAt: null,
  }
  await insertApplication(tx, ctx.organizationId, application, sha256(credential))
  await ctx.record(
    tx,
    events.created({ target: { type: 'application', id: application.id }, after: { name } }),
  )
  return { application, credential }
}
