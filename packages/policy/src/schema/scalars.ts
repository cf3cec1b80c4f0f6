/** The small shapes every part of the policy file is made of. @module */
import { z } from 'zod'

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 } as const

/** Reads `15m`, `8h`, `90d`, `7y` as seconds; undefined when it is not a duration. A year has 365 days. */
export function durationSeconds(source: string): number | undefined {
  const match = /^([1-9]\d{0,5})([smhdwy])$/.exec(source)
  return match ? Number(match[1]) * UNIT_SECONDS[match[2] as keyof typeof UNIT_SECONDS] : undefined
}

/** Writes seconds as the shortest exact duration: the inverse of {@link durationSeconds}. */
export function formatDuration(seconds: number): string {
  for (const unit of ['y', 'd', 'h', 'm'] as const) {
    if (seconds >= UNIT_SECONDS[unit] && seconds % UNIT_SECONDS[unit] === 0) {
      return `${seconds / UNIT_SECONDS[unit]}${unit}`
    }
  }
  return `${seconds}s`
}

/** A duration in the file; seconds in the model. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhdwy]$/, 'a duration such as 15m, 8h, 90d or 7y is needed')
  .transform((source) => durationSeconds(source) as number)

function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** A calendar date, YYYY-MM-DD. */
export const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a date such as 2026-01-17 is needed')
  .refine((d) => isCalendarDay(Number(d.slice(0, 4)), Number(d.slice(5, 7)), Number(d.slice(8, 10))), {
    error: 'there is no such day in the calendar',
  })

/** A day of every year, MM-DD. */
export const dayOfYear = z
  .string()
  .regex(/^\d{2}-\d{2}$/, 'a day such as 04-15 (month-day) is needed')
  .refine((d) => isCalendarDay(2024, Number(d.slice(0, 2)), Number(d.slice(3, 5))), {
    error: 'there is no such day in the calendar',
  })

/** A name that other parts of the file refer to. Never a number, so its place in the file is its order. */
export const name = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9_-]{0,62}$/, 'a name starts with a small letter, then letters, digits, - and _')

/** A permission or a pattern of permissions: `action:resource`, either side may be `*`. */
export const permissionPattern = z
  .string()
  .regex(
    /^(\*|[a-z][a-zA-Z0-9_-]*):(\*|[a-z][a-zA-Z0-9_-]*)$/,
    'a permission is written action:resource, such as read:leads or *:leads',
  )

/** A permission without wildcard. */
export const permission = z
  .string()
  .regex(
    /^[a-z][a-zA-Z0-9_-]*:[a-z][a-zA-Z0-9_-]*$/,
    'a permission is written action:resource, such as read:leads',
  )

/** A language tag: en, he, pt-BR. */
export const language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/, 'a language tag such as en or he is needed')

const sentence = z.string().trim().min(1, 'some text is needed').max(20_000)

/** Text for people: one string, or one per language. */
export const text = z.union([sentence, z.record(language, sentence)])

/** One or several of something, always a list in the model. */
export function oneOrMore<T extends z.ZodType>(item: T) {
  return z.union([item.transform((only) => [only]), z.array(item)])
}

/** A list without repetition. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.array(item).max(500)
}

/** Names of roles, checked against `roles` later. */
export const roleNames = listOf(name)
