import { actorName, type Ctx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId } from '#platform/ids'
import { events, permissions } from '../catalog.ts'
import { CREDENTIAL_PREFIX, type CreatedApplication } from '../model.ts'
import { insertApplication } from '../store.ts'

/**
 * Registers an application of the organization. Its credential is in the answer and nowhere else: only a hash is
 * stored, so a lost one is replaced by a new application.
 */
export async function createApplication(ctx: Ctx, { name }: { name: string }): Promise<CreatedApplication> {
  await ctx.authorize(permissions.manage)
  return ctx.tx(async (tx) => {
    const created = newApplication(name, actorName(ctx.actor), ctx.now())
    const { id } = created.application
    await insertApplication(tx, ctx.organizationId, created.application, sha256(created.credential))
    await ctx.record(tx, events.created({ target: { type: 'application', id }, after: { name } }))
    return created
  })
}

/** An application and its credential, not stored yet. */
export function newApplication(name: string, createdBy: string, now: Date): CreatedApplication {
  const application = { id: newId(now), name, createdBy, createdAt: now, revokedAt: null, lastUsedAt: null }
  return { application, credential: newSecret(CREDENTIAL_PREFIX) }
}
