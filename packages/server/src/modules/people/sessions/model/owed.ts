/** What a person owes before the rest of the product is open to them. Pure. @module */
import { type CompiledPolicy, demandsSecondFactor, type Standing } from '@writ/policy'
import type { Owed } from '#platform/context'

/** Facts of an account that a standing does not say. */
export interface Debts {
  readonly mustChangePassword: boolean
  readonly emailVerified: boolean
  readonly hasName: boolean
}

/** The first thing that is owed under the policy; undefined: nothing. */
export function owedBy(
  compiled: CompiledPolicy,
  standing: Standing,
  { mustChangePassword, emailVerified, hasName }: Debts,
  now: Date,
): Owed | undefined {
  const { provisioning } = compiled.policy
  if (mustChangePassword) return 'password_change'
  if (provisioning.verifyEmail && !emailVerified) return 'email_verification'
  if (standing.secondFactor !== 'satisfied' && demandsSecondFactor(compiled, standing, now))
    return standing.secondFactor === 'none' ? 'second_factor_enrolment' : 'second_factor'
  return provisioning.completeProfile === 'required' && !hasName ? 'profile' : undefined
}
