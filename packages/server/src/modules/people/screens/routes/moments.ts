/** Moments as people read them. @module */
import type { Language } from '../model/language.ts'

const FORMATS: Readonly<Record<Language, Intl.DateTimeFormat>> = {
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }),
  he: new Intl.DateTimeFormat('he-IL', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }),
}

/** Without a script nobody knows the reader's time zone, so the one that is meant is said. */
export function moment(date: Date, language: Language): string {
  return `${FORMATS[language].format(date)} UTC`
}
