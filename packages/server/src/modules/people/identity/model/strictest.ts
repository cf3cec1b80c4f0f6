/** Which of several organizations' rules holds for an account that belongs to all of them. Pure. @module */
import type { PasswordPolicy } from './password-rules.ts'

export interface Lockout {
  readonly after: number
  readonly forSeconds: number
}

type Several<T> = readonly [T, ...T[]]

/** An account has one count: the fewest attempts and the longest lock hold. */
export function strictestLockout(rules: Several<{ readonly lockout: Lockout }>): Lockout {
  const lockouts = rules.map(({ lockout }) => lockout)
  return {
    after: Math.min(...lockouts.map(({ after }) => after)),
    forSeconds: Math.max(...lockouts.map(({ forSeconds }) => forSeconds)),
  }
}

/** An account has one password: it meets the rules of all, and is hashed at the highest cost. */
export function strictestPassword(
  rules: Several<{ readonly password: PasswordPolicy & { readonly bcrypt: number } }>,
): PasswordPolicy & { readonly bcrypt: number } {
  const policies = rules.map(({ password }) => password)
  return {
    minLength: Math.max(...policies.map(({ minLength }) => minLength)),
    require: [...new Set(policies.flatMap((policy) => policy.require))],
    blockCommon: policies.some(({ blockCommon }) => blockCommon),
    bcrypt: Math.max(...policies.map(({ bcrypt }) => bcrypt)),
  }
}
