/**
 * Work that is done after the answer, so that the time of the answer tells nothing of it. Nobody waits for it but a
 * server that stops: what must not be lost when the process ends belongs into a transaction before the answer.
 *
 * @module
 */
import type { Services } from './context.ts'

const running = new WeakMap<Services, Set<Promise<void>>>()

/** Work in hand at once; what comes beyond is not done, as if the mail had been lost. */
const MOST = 200

/** Begins `work` and returns. It must not throw what anybody needs to know: a failure is logged. */
export function afterAnswer(services: Services, what: string, work: () => Promise<void>): void {
  const set = running.get(services) ?? new Set()
  running.set(services, set)
  if (set.size >= MOST) {
    services.log.warn({ what }, 'too much work in hand; this was dropped')
    return
  }
  const done: Promise<void> = work()
    .catch((error: unknown) => services.log.error({ err: error, what }, 'work after an answer failed'))
    .finally(() => set.delete(done))
  set.add(done)
}

/** Resolves when nothing is in hand. */
export async function settled(services: Services): Promise<void> {
  const set = running.get(services)
  while (set && set.size > 0) await Promise.all(set)
}
