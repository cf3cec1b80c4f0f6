/**
 * Numbers, times, lists and names as a sentence needs them, in each language of the rendered document.
 *
 * @module
 */
import { type Policy, type Text, textIn } from '../../model.ts'
import { english } from './english.ts'
import type { Grammar } from './grammar.ts'
import { hebrew } from './hebrew.ts'

/** Languages the catalogue speaks. A policy may list others: its own texts then stand in an English frame. */
export const languages = ['en', 'he'] as const

export type Language = (typeof languages)[number]

/** The grammar of a language with the names of one policy. */
export interface Words extends Omit<Grammar, 'organization'> {
  readonly language: Language
  /** `business`, `organization`, `tenant` … */
  readonly organization: string
  readonly organizations: string
  /** With the indefinite article, where the language has one. */
  readonly anOrganization: string
  text(text: Text): string
  /** Names of the policy language in backticks, joined by “and”. */
  codes(names: readonly string[]): string
  /** Title of a role; the name where no role has it. */
  role(name: string): string
  /** Titles, joined by “and”. */
  roles(names: readonly string[]): string
  /** Titles, joined by “or”. */
  anyRole(names: readonly string[]): string
}

const grammars: Readonly<Record<Language, Grammar>> = { en: english, he: hebrew }

/** The language of the frame for a language tag: `he-IL` is Hebrew, what is not known English. */
export function frameLanguage(tag: string): Language {
  const primary = tag.split('-')[0]
  return languages.find((language) => language === primary) ?? 'en'
}

/** `tag` is the language of the policy's own texts, where it is not one of the catalogue's. */
export function wordsFor(policy: Policy, language: Language, tag: string = language): Words {
  const grammar = grammars[language]
  const organization = grammar.organization(policy.organizations.call)
  const role = (name: string): string => {
    const found = policy.roles.find((candidate) => candidate.name === name)
    return found ? textIn(found.title, tag) : name
  }
  return {
    ...grammar,
    language,
    organization: organization.one,
    organizations: organization.many,
    anOrganization: organization.indefinite,
    text: (text) => textIn(text, tag),
    codes: (names) => grammar.list(names.map((name) => `\`${name}\``)),
    role,
    roles: (names) => grammar.list(names.map(role)),
    anyRole: (names) => grammar.anyOf(names.map(role)),
  }
}
