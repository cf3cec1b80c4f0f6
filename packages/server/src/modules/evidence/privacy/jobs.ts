/** What the clock sets off. @module */
import { createCtx, type Services } from '#platform/context'
import { newRequestId } from '#platform/http'
import type { Job } from '#platform/jobs'
import { events } from './catalog.ts'
import { expirePersonalValues } from './store.ts'

/** Values erased in one transaction, and transactions of one round; the rest is for the next. */
const AT_ONCE = 5_000
const MOST_ROUNDS = 100

/**
 * Erases the clear values of events that are older than the policy keeps them (`audit.personal`), in all logs. Each log
 * says so in the same transaction; its proofs hold, since leaves have only hashes of what is erased.
 */
export const expirePersonal: Job = {
  name: 'privacy.expiry',
  everySeconds: 3_600,
  async run(services) {
    const { compiled } = await services.ports.policies.current()
    const { personalSeconds } = compiled.policy.audit
    if (personalSeconds === undefined) return
    const before = new Date(services.now().getTime() - personalSeconds * 1000)
    for (let round = 0; round < MOST_ROUNDS; round++) if ((await expireSome(services, before)) === 0) return
  },
}

async function expireSome(services: Services, before: Date): Promise<number> {
  const { compiled: policy } = await services.ports.policies.current()
  return services.db.transaction('deadlines', async (tx) => {
    const expired = await expirePersonalValues(tx, before, AT_ONCE)
    for (const { organizationId, events: count } of expired) {
      const ctx = createCtx(services, {
        requestId: newRequestId(),
        client: { ip: '', userAgent: '' },
        actor: { kind: 'system', name: 'privacy' },
        organizationId,
        policy,
      })
      const target = { type: 'audit_log', id: organizationId }
      await ctx.record(tx, events.expired({ target, data: { events: count, before } }))
    }
    return expired.length
  })
}
