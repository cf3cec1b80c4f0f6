/** When a deadline is due, and what takes effect at once. Pure. @module */
import type { CompiledPolicy, Policy } from '@writ/policy'
import type { Uuid } from '#platform/ids'

export const occasions = ['termination', 'roleChange', 'incident', 'leave'] as const
export type Occasion = (typeof occasions)[number]

export const states = ['open', 'done', 'overdue', 'cancelled'] as const
export type State = (typeof states)[number]

export type Kind = 'leave' | 'role_change'

export interface Plan {
  readonly kind: Kind
  readonly memberId: Uuid
  readonly userId: Uuid
  readonly occasion: Occasion | null
  /** YYYY-MM-DD, in the organization's time zone. */
  readonly effectiveOn: string
  readonly effectiveAt: Date
  readonly dueAt: Date
  readonly isAutomatic: boolean
  readonly roles: readonly string[] | null
}

const FURTHEST_ZONE_MS = 14 * 3_600_000

/**
 * The first instant of a day in a time zone, also where the clock skips midnight. Days of a zone begin within 14 hours of
 * those of UTC, either way.
 *
 * @param date YYYY-MM-DD
 */
export function startOfDay(date: string, timeZone: string): Date {
  const dayAt = calendar(timeZone)
  const utc = Date.parse(`${date}T00:00:00Z`)
  let before = utc - FURTHEST_ZONE_MS - 1
  let from = utc + FURTHEST_ZONE_MS
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2)
    if (dayAt(middle) < date) before = middle
    else from = middle
  }
  return new Date(from)
}

/** The first instant after a day. */
export function endOfDay(date: string, timeZone: string): Date {
  return startOfDay(dayAfter(date), timeZone)
}

/** The day it is in a time zone. */
export function dayOf(time: Date, timeZone: string): string {
  return calendar(timeZone)(time.getTime())
}

function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

function calendar(timeZone: string): (time: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  return (time) => {
    const parts = format.formatToParts(time)
    const part = (type: string) => parts.find((found) => found.type === type)!.value
    return `${part('year')}-${part('month')}-${part('day')}`
  }
}

/** Until when a leaver is to be deactivated whose last day ends then. */
export function leaveDue({ offboarding }: Policy, end: Date): Date {
  return new Date(end.getTime() + offboarding.withinSeconds * 1000)
}

/** Until when the role is to be changed of somebody whose duties change on that day. */
export function roleChangeDue({ offboarding }: Policy, date: string, timeZone: string): Date {
  const { roleChangeWithin } = offboarding
  if (roleChangeWithin === 'same-day') return endOfDay(date, timeZone)
  return new Date(startOfDay(date, timeZone).getTime() + roleChangeWithin * 1000)
}

/** Whether the policy has this take effect at once. */
export function isImmediate({ offboarding }: Policy, occasion: Occasion | null): boolean {
  return occasion !== null && offboarding.immediately.includes(occasion)
}

/** Roles whose holders may do what is overdue, and so are told of it. */
export function rolesThatMay(compiled: CompiledPolicy, permission: string): string[] {
  const [action, resource] = permission.split(':') as [string, string]
  const index = compiled.lookup.get(resource)?.[action]?.index
  if (index === undefined) return []
  const holds = (bits: Uint32Array) => (bits[index >>> 5]! & (1 << (index & 31))) !== 0
  return [...compiled.roles.values()]
    .filter((role) => !role.isPlatform && holds(role.allow) && !holds(role.deny))
    .map((role) => role.name)
}
