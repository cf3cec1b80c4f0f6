/**
 * Why a form is shown again, in the reader's language.
 *
 * @module
 */
import type { z } from 'zod'
import type { AppError } from '#platform/errors'
import type { Language } from '../model/language.ts'
import type { Words } from './words.ts'

export interface Refusal {
  readonly status: number
  readonly code: string
  /** One sentence for the whole form. */
  readonly sentence: string
  /** Sentences of one field each. */
  readonly fields: ReadonlyMap<string, readonly string[]>
}

/** Of what a command refused. `fieldOf` names the field of the form where the command calls it otherwise. */
export function refusalOf(error: AppError, words: Words, language: Language): Refusal {
  const { code, status } = error
  const known = words.refusals[code as keyof Words['refusals']]
  return {
    code,
    status,
    sentence: typeof known === 'string' ? known : language === 'en' ? error.message : words.refusals.other,
    fields: grouped(fieldsOf(error, words, language)),
  }
}

/** Of fields that do not have the shape they should have. */
export function refusalOfFields(issues: readonly z.core.$ZodIssue[], words: Words): Refusal {
  return {
    code: 'invalid_input',
    status: 422,
    sentence: words.refusals.invalid_input,
    fields: grouped(issues.map((issue) => [String(issue.path[0] ?? ''), sentenceOf(issue, words)])),
  }
}

type Said = readonly [field: string, sentence: string]

/** Rules of a password carry both languages; another field's sentence is English, so a Hebrew reader gets a general one. */
function fieldsOf({ particulars }: AppError, words: Words, language: Language): Said[] {
  const { errors = [], rules } = particulars
  if (Array.isArray(rules) && errors.length === rules.length) {
    return errors.map(({ path }, index) => [
      fieldName(path),
      (rules[index] as Record<Language, string>)[language],
    ])
  }
  return errors.map(({ path, message }) => [
    fieldName(path),
    language === 'en' ? sentenceCase(message) : words.fields.invalid,
  ])
}

const fieldName = (path: string) => path.split('.').at(-1)!

const sentenceCase = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function sentenceOf(issue: z.core.$ZodIssue, words: Words): string {
  const field = String(issue.path[0] ?? '')
  if (issue.code === 'too_big') return words.fields.tooLong(Number(issue.maximum))
  if (issue.code === 'too_small' || issue.code === 'invalid_type') return words.fields.missing
  if (field === 'email' || field === 'newEmail') return words.fields.email
  return words.fields.invalid
}

function grouped(said: readonly Said[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>()
  for (const [field, sentence] of said) {
    const known = fields.get(field)
    if (!known) fields.set(field, [sentence])
    else if (!known.includes(sentence)) known.push(sentence)
  }
  return fields
}
