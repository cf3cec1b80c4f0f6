/** In which language a page is. Pure. @module */

export const LANGUAGES = ['en', 'he'] as const
export type Language = (typeof LANGUAGES)[number]

export const DIRECTION: Readonly<Record<Language, 'ltr' | 'rtl'>> = { en: 'ltr', he: 'rtl' }

/** A language as somebody spells it: `he`, `he-IL`, the old `iw`. */
export function languageOf(tag: string | undefined): Language | undefined {
  const primary = tag?.trim().toLowerCase().split(/[-_]/)[0]
  if (primary === 'iw') return 'he'
  return LANGUAGES.find((language) => language === primary)
}

/** What a browser prefers (RFC 9110 section 12.5.4). At most a few preferences are looked at: more is no browser's. */
export function preferredLanguage(header: string | undefined): Language | undefined {
  const ranked = (header ?? '')
    .slice(0, 500)
    .split(',')
    .slice(0, 20)
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((text) => text.trim())
      const quality = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2)
      return { language: languageOf(tag), quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ language, quality }) => language !== undefined && quality > 0)
    .sort((a, b) => b.quality - a.quality)
  return ranked[0]?.language
}

/** Asked for, else chosen before, else what the browser prefers, else English. */
export function chooseLanguage(asked: {
  query: string | undefined
  cookie: string | undefined
  header: string | undefined
}): Language {
  return languageOf(asked.query) ?? languageOf(asked.cookie) ?? preferredLanguage(asked.header) ?? 'en'
}
