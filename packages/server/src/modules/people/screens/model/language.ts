/** In which language a page is. Pure. @module */
import { preferredLanguage } from '#platform/mail'

export const LANGUAGES = ['en', 'he'] as const
export type Language = (typeof LANGUAGES)[number]

export const DIRECTION: Readonly<Record<Language, 'ltr' | 'rtl'>> = { en: 'ltr', he: 'rtl' }

/** A language as somebody spells it: `he`, `he-IL`, the old `iw`. */
export function languageOf(tag: string | undefined): Language | undefined {
  const primary = tag?.trim().toLowerCase().split(/[-_]/)[0]
  if (primary === 'iw') return 'he'
  return LANGUAGES.find((language) => language === primary)
}

/** Asked for, else chosen before, else what the browser prefers, else English. */
export function chooseLanguage(asked: {
  query: string | undefined
  cookie: string | undefined
  header: string | undefined
}): Language {
  return languageOf(asked.query) ?? languageOf(asked.cookie) ?? preferredLanguage(asked.header ?? '') ?? 'en'
}
