/** What a control is. @module */
import type { Policy } from '../model.ts'
import { type Language, type Words, wordsFor } from './words/index.ts'

/** Sections of the rendered document that controls and statements stand in, in their order. */
export const sections = [
  'principles',
  'roles',
  'granting',
  'authentication',
  'sessions',
  'leaving',
  'reviews',
  'privileged',
  'machines',
  'thirdParties',
  'logging',
  'incidents',
  'compliance',
  'document',
] as const

export type Section = (typeof sections)[number]

/** Frameworks that every control is mapped to; the 2013 edition by its Annex A.9 and what belongs to it. */
export const frameworkNames = ['soc2', 'iso27001_2013', 'iso27001_2022', 'gdpr'] as const

export type FrameworkName = (typeof frameworkNames)[number]

/** By framework, the clauses that a control helps to meet. */
export type ControlMapping = Readonly<Record<FrameworkName, readonly string[]>>

/**
 * `enforced`: this release does it on every request. `declared`: the policy demands it, this release does not
 * enforce it yet, and the rendered document says so.
 */
export type Enforcement = 'enforced' | 'declared'

/** One thing that a policy can demand: the setting, the sentences made of it, and what it answers. */
export interface Control {
  readonly id: string
  readonly section: Section
  readonly title: Readonly<Record<Language, string>>
  /** Paths in the model whose values the sentences are made of; empty: the same under every policy. */
  readonly settings: readonly string[]
  /** Settings, as in the file, that an organization may be allowed to tighten; `settings.ts` compares them. */
  readonly stricter: readonly string[]
  readonly enforcement: Enforcement
  /** How its sentences are set: running text, or one point each. */
  readonly layout: 'paragraph' | 'list'
  readonly mapping: ControlMapping
  /** Whether the policy demands it at all. */
  applies(policy: Policy): boolean
  /**
   * What the policy demands, in whole sentences; at least one wherever the control applies. Names of the
   * language (permissions, settings) stand in backticks.
   */
  statement(policy: Policy, language: Language): readonly string[]
}

type Sentences = (policy: Policy, words: Words) => readonly string[]

/** A control as its file writes it: the sentences per language, what is usual left out. */
export interface ControlSource
  extends Omit<Control, 'statement' | 'applies' | 'settings' | 'stricter' | 'mapping' | 'layout'> {
  readonly settings?: readonly string[]
  readonly stricter?: readonly string[]
  readonly layout?: Control['layout']
  readonly mapping: Partial<ControlMapping>
  readonly applies?: (policy: Policy) => boolean
  readonly statement: Readonly<Record<Language, Sentences>>
}

const everyPolicy = (): boolean => true

export function defineControl(source: ControlSource): Control {
  const {
    statement,
    applies = everyPolicy,
    settings = [],
    stricter = [],
    layout = 'paragraph',
    mapping,
    ...rest
  } = source
  return Object.freeze({
    ...rest,
    settings,
    stricter,
    layout,
    mapping: { soc2: [], iso27001_2013: [], iso27001_2022: [], gdpr: [], ...mapping },
    applies,
    statement: (policy: Policy, language: Language) =>
      statement[language](policy, wordsFor(policy, language)),
  })
}
