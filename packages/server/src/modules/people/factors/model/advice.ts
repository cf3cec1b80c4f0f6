/** Which members should have a second factor, by the roles they hold now. Pure. @module */
import { type CompiledPolicy, demandsSecondFactor, type Standing } from '@writ/policy'

export interface MfaAdvice {
  /** `required`: no access without; `recommended`: they are reminded. A role passes both on to those that inherit it. */
  readonly level: 'required' | 'recommended' | 'optional'
  readonly enrolled: boolean
}

export function adviceFor(compiled: CompiledPolicy, standing: Standing, now: Date): MfaAdvice {
  const enrolled = standing.secondFactor !== 'none'
  if (demandsSecondFactor(compiled, standing, now)) return { level: 'required', enrolled }
  const recommended = new Set(compiled.policy.authentication.mfa.recommended)
  const isReminded = standing.assignments.some(
    ({ role, expiresAt }) =>
      (!expiresAt || expiresAt > now) &&
      compiled.roles.get(role)?.holds.some((held) => recommended.has(held)),
  )
  return { level: isReminded ? 'recommended' : 'optional', enrolled }
}
