/** What is watched, what follows from it, and what is kept. @module */
import { z } from 'zod'
import { duration, listOf, name, text } from './scalars.ts'

const signal = z
  .strictObject({
    name: name.exactOptional(),
    title: text.exactOptional(),
    when: z.enum([
      'signInFailed',
      'locked',
      'newLocation',
      'denied',
      'privilegeEscalation',
      'unusualAccess',
      'refreshReuse',
      'unusualRefresh',
      'roleChanged',
      'breakGlassOpened',
      'impersonationStarted',
    ]),
    count: z.int().min(1).describe('How many of them').default(1),
    within: duration.default(3600),
    // biome-ignore lint/suspicious/noThenProperty: the file reads `when … then …`; the model calls it `actions`
    then: listOf(z.enum(['alert', 'incident', 'lock', 'revokeSessions', 'suspendPrivileges']))
      .min(1)
      .default(['alert']),
  })
  .transform(({ within, then: actions, ...rest }) => ({ ...rest, withinSeconds: within, actions }))

/** Something that is noticed, and what then happens. */
export const signals = listOf(signal)

/** What containing a compromised account does, as one action. */
export const containment = listOf(
  z.enum(['revokeTokens', 'forcePasswordReset', 'lockAccount', 'gatherAudit', 'notifyUser']),
)

/** What is recorded, and for how long. */
export const audit = z
  .strictObject({
    decisions: z
      .enum(['none', 'denied', 'sensitive', 'all'])
      .describe('Which decisions are recorded: denied ones; denied and sensitive ones; all')
      .default('sensitive'),
    retention: duration.describe('Events are kept at least').default(220_752_000),
    personal: duration.describe('Personal values (e-mail, IP, user agent) are erased after').exactOptional(),
  })
  .transform(({ decisions, retention, personal }) => ({
    decisions,
    retentionSeconds: retention,
    ...(personal !== undefined && { personalSeconds: personal }),
  }))
