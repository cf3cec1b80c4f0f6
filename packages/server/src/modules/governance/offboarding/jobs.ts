/** What the clock sets off. @module */
import type { Job } from '#platform/jobs'
import { settleOffboarding } from './commands/settle-offboarding.ts'
import { plansToSettle } from './store.ts'

/** Plans of one round; the rest is for the next. */
const AT_ONCE = 500

/**
 * Watches deadlines. That access ends does not wait for it: what it does is to deactivate formally, and to tell people.
 * A plan that fails is logged and keeps no other from its turn.
 */
export const watchDeadlines: Job = {
  name: 'offboarding.deadlines',
  everySeconds: 60,
  async run(services) {
    for (const due of await plansToSettle(services, AT_ONCE)) {
      await settleOffboarding(services, due).catch((err: unknown) =>
        services.log.error(
          { err, organization: due.organizationId, deadline: due.id },
          'a deadline was not settled',
        ),
      )
    }
  },
}
