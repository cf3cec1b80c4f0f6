/** What is said of a control. Pure. @module */
import type { Control, Policy } from '@writ/policy'

/**
 * `holds`, `fails`: measured now. `not_applicable`: this policy does not demand it. `not_measured`: it is declared only,
 * or this release enforces it without a count of its own.
 */
export type ControlState = 'holds' | 'fails' | 'not_applicable' | 'not_measured'

/** How many were looked at, and how many of them are not as they should be. */
export interface Measured {
  readonly of: number
  readonly failing: number
}

export function stateOf(control: Control, policy: Policy, measured: Measured | undefined): ControlState {
  if (!control.applies(policy)) return 'not_applicable'
  if (control.enforcement === 'declared' || !measured) return 'not_measured'
  return measured.failing === 0 ? 'holds' : 'fails'
}
