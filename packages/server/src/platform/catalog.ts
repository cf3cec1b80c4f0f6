/**
 * Audit events as modules declare them. The table of sentences is the reference (docs/reference/events.md), the
 * function each name becomes is how the event is made.
 *
 * @module
 */
import type { AuditEvent } from './context.ts'

/** Every declared event and what it says. */
export const declaredEvents = new Map<string, string>()

type Facts = Omit<AuditEvent, 'type'>

/**
 * Declares the events of a module; their types are `<module>.<past_tense>`.
 *
 * @example
 * ```ts
 * export const events = defineEvents('members', { deactivated: 'A member was deactivated.' })
 * await ctx.record(tx, events.deactivated({ target: { type: 'member', id } }))
 * ```
 */
export function defineEvents<const M extends string, const T extends Record<string, string>>(
  module: M,
  table: T,
) {
  const makers: Record<string, (facts?: Facts) => AuditEvent> = {}
  for (const [name, sentence] of Object.entries(table)) {
    const type = `${module}.${name}`
    declaredEvents.set(type, sentence)
    makers[name] = (facts = {}) => ({ type, ...facts })
  }
  return makers as { readonly [K in keyof T & string]: (facts?: Facts) => AuditEvent }
}
