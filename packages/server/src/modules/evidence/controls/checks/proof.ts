/** What proves a control: a count over live data, and the events of the log that show it at work. @module */
import type { CompiledPolicy } from '@writ/policy'
import type { RawBuilder } from 'kysely'
import type { Uuid } from '#platform/ids'
import type { Measured } from '../model.ts'

/** What a check is made from. It runs in the scope of the organization. */
export interface Place {
  readonly organizationId: Uuid
  readonly policy: CompiledPolicy
  readonly now: Date
}

export interface Proof {
  readonly control: string
  /** What is counted, and what of it counts as failing. */
  readonly counts: { readonly of: string; readonly failing: string }
  measure(place: Place): RawBuilder<Measured>
  /** Types of events; one that ends with `*` stands for all that begin so. */
  readonly events: readonly string[]
}

/** How far back events are counted: a quarter, as the policies review. */
export const PERIOD_DAYS = 90
