/** What every language has to say. @module */
import type { FrameworkName, Section } from '../../controls/index.ts'
import type { Policy } from '../../model.ts'

/** The fixed words of the document. */
export interface Frame {
  readonly contents: string
  readonly notStated: string
  readonly documentControl: string
  readonly facts: Readonly<
    Record<
      | 'id'
      | 'version'
      | 'classification'
      | 'owner'
      | 'approvedBy'
      | 'effective'
      | 'reviewCycle'
      | 'lastReviewed'
      | 'nextReview',
      string
    >
  >
  readonly classifications: Readonly<Record<Policy['classification'], string>>
  afterEffective(duration: string): string
  readonly sections: Readonly<
    Record<
      | Section
      | 'purpose'
      | 'scope'
      | 'reading'
      | 'matrix'
      | 'mapping'
      | 'attested'
      | 'responsibilities'
      | 'history',
      string
    >
  >
  readonly appliesTo: string
  readonly applications: readonly [caption: string, application: string, purpose: string, works: string]
  readonly reading: Readonly<Record<'enforced' | 'declared' | 'attested', string>>
  readonly declared: string
  readonly attestedMark: string
  attestedBy(owner: string, every: string): string
  counts(enforced: number, declared: number, attested: number): string
  readonly roles: Readonly<
    Record<
      | 'caption'
      | 'role'
      | 'name'
      | 'scope'
      | 'description'
      | 'givenBy'
      | 'includes'
      | 'platform'
      | 'operator'
      | 'nobody'
      | 'none'
      | 'privileged'
      | 'default',
      string
    >
  >
  readonly matrix: Readonly<
    Record<'caption' | 'permission' | 'permitted' | 'conditional' | 'refused' | 'intro' | 'footnotes', string>
  >
  where(condition: string | undefined): string
  readonly thirdParties: Readonly<
    Record<
      | 'caption'
      | 'service'
      | 'access'
      | 'controls'
      | 'need'
      | 'agreement'
      | 'assessment'
      | 'minimum'
      | 'owner'
      | 'review',
      string
    >
  >
  readonly thirdPartyControls: Readonly<Record<Policy['thirdParties'][number]['controls'][number], string>>
  readonly mapping: Readonly<
    Record<
      | 'caption'
      | 'rule'
      | 'state'
      | 'enforced'
      | 'declared'
      | 'clause'
      | 'metBy'
      | 'note'
      | 'notApplicable'
      | 'attested',
      string
    >
  >
  clauseCaption(framework: string): string
  readonly frameworks: Readonly<Record<FrameworkName, string>>
  readonly attested: Readonly<
    Record<'caption' | 'statement' | 'owner' | 'interval' | 'clauses' | 'intro' | 'none', string>
  >
  readonly responsibilities: string
  readonly history: Readonly<
    Record<
      'caption' | 'version' | 'date' | 'author' | 'changes' | 'approval' | 'function' | 'name' | 'signature',
      string
    >
  >
}
