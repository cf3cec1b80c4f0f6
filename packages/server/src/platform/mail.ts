/**
 * Mail: how modules declare what they write, in both languages, and how it looks as plain text and as HTML.
 *
 * The platform knows no domain word: each module declares its mails in its catalog, a command hands one to `ctx.mail`
 * in the transaction of what it tells, and the outbox sends it after the commit.
 *
 * @module
 */

/** Languages in which everything that people read is written. */
export type MailLanguage = 'en' | 'he'

/** One mail as its module words it. Everything is plain text; what is shown as HTML is made from it. */
export interface MailText {
  readonly subject: string
  /** One sentence or two each. */
  readonly paragraphs: readonly string[]
  /** The one thing to do; the address is also written out, for who reads plain text. */
  readonly action?: { readonly label: string; readonly url: string } | undefined
  /** Why the person got this mail, and what to do if they did not expect it. */
  readonly footer: string
}

/** A mail that is to be sent. */
export interface Mail extends MailText {
  /** `<module>.<name>`, for the log and the outbox. */
  readonly kind: string
  readonly to: string
  readonly language: MailLanguage
}

type Words<V> = { readonly [L in MailLanguage]: (values: V) => MailText }

/** Whom a mail goes to. `locale` is the person's (BCP 47); what is not Hebrew is written to in English. */
export interface Recipient {
  readonly email: string
  readonly locale: string
}

/** Every declared mail, for docs/reference/mails.md. */
export const declaredMails = new Map<string, Words<never>>()

/**
 * Declares the mails of a module.
 *
 * @example
 * ```ts
 * export const mails = defineMails('recovery', {
 *   password_reset: {
 *     en: ({ url }: { url: string }) => ({ subject: 'Set a new password', paragraphs: […], action: { label: 'Set a new password', url }, footer: '…' }),
 *     he: ({ url }) => ({ … }),
 *   },
 * })
 * await ctx.mail(tx, mails.password_reset(account, { url }))
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: each mail has values of its own
export function defineMails<const T extends Record<string, Words<any>>>(module: string, table: T) {
  const makers: Record<string, (to: Recipient, values: unknown) => Mail> = {}
  for (const [name, words] of Object.entries(table)) {
    const kind = `${module}.${name}`
    declaredMails.set(kind, words)
    makers[name] = ({ email, locale }, values) => {
      const language = languageOf(locale)
      return { kind, to: email, language, ...words[language](values) }
    }
  }
  return makers as {
    readonly [K in keyof T & string]: (to: Recipient, values: Parameters<T[K]['en']>[0]) => Mail
  }
}

export function languageOf(locale: string): MailLanguage {
  return /^(he|iw)(-|$)/i.test(locale) ? 'he' : 'en'
}

/** The language of ours that a browser prefers (RFC 9110 section 12.5.4); undefined where it asks for neither. */
export function preferredLanguage(acceptLanguage: string): MailLanguage | undefined {
  const asked = acceptLanguage
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(/\s*;\s*/)
      const quality = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2)
      return { tag, quality: quality === undefined ? 1 : Number(quality) || 0 }
    })
    .filter(({ tag, quality }) => quality > 0 && /^(he|iw|en)(-|$)/i.test(tag))
    .sort((a, b) => b.quality - a.quality)
  return asked[0] && languageOf(asked[0].tag)
}

/** A time as a sentence says it: in the largest whole unit. */
export const spans = {
  en: (minutes: number): string => {
    const [count, unit] = wholeUnit(minutes)
    return count === 1 ? `one ${unit}` : `${count} ${unit}s`
  },
  he: (minutes: number): string => {
    const [count, unit] = wholeUnit(minutes)
    const [one, two, many] = {
      minute: ['דקה אחת', 'שתי דקות', 'דקות'],
      hour: ['שעה אחת', 'שעתיים', 'שעות'],
      day: ['יום אחד', 'יומיים', 'ימים'],
    }[unit]
    return count === 1 ? one! : count === 2 ? two! : `${count} ${many}`
  },
}

function wholeUnit(minutes: number): [number, 'minute' | 'hour' | 'day'] {
  if (minutes % 1440 === 0) return [minutes / 1440, 'day']
  return minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute']
}
