/** What a sign-in still owes, after everything that has been proven in it. Pure. @module */
import { type Choice, chooseOrganization, type Named, type Refused } from './organization-choice.ts'

/** A sign-in as it stands. Every step is judged from the start, from facts of now: a challenge grants no step. */
export interface Proven<T extends Choice> {
  readonly hasSecondFactor: boolean
  readonly secondFactorAt: Date | null
  readonly mustChangePassword: boolean
  readonly organizations: readonly T[]
  readonly named: Named | undefined
  readonly now: Date
}

export type NextStep<T extends Choice> =
  | { readonly step: 'second_factor' }
  | { readonly step: 'password_change' }
  | { readonly step: 'organization'; readonly among: readonly T[] }
  | { readonly step: 'session'; readonly organization: T }
  | { readonly step: 'refused'; readonly reason: Refused }

/**
 * The next step: second factor wherever there is one, then a new password, then the organization, then the session.
 *
 * Whoever knows a password alone learns of an account with a second factor neither where it belongs nor whether an
 * organization that was named is right. Who has proven it and named a wrong one is asked: nothing that was spent is
 * lost.
 */
export function nextStep<T extends Choice>(proven: Proven<T>): NextStep<T> {
  const all = chooseOrganization(proven.organizations, undefined, proven.now)
  if ('none' in all) return { step: 'refused', reason: all.none }
  const isFactorProven = proven.secondFactorAt !== null
  if (proven.hasSecondFactor && !isFactorProven) return { step: 'second_factor' }
  const chosen = chooseOrganization(proven.organizations, proven.named, proven.now)
  if ('none' in chosen && !isFactorProven) return { step: 'refused', reason: chosen.none }
  if (proven.mustChangePassword) return { step: 'password_change' }
  if ('one' in chosen) return { step: 'session', organization: chosen.one }
  return { step: 'organization', among: 'several' in all ? all.several : [all.one] }
}
