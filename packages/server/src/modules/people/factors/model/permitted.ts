/** Which factors a policy takes. Pure. @module */
import type { Policy } from '@writ/policy'

const METHODS = ['totp', 'recovery_code', 'passkey'] as const
export type Method = (typeof METHODS)[number]

/**
 * Whether a factor may be set up, and proven beside a password. `authentication.mfa.methods` says so; a passkey that
 * `authentication.methods` takes for a sign-in of its own is good beside a password, too. Recovery codes are taken where
 * the policy gives any.
 */
export function isTaken({ methods, mfa }: Policy['authentication'], method: Method): boolean {
  if (method === 'recovery_code') return mfa.recoveryCodes > 0
  return mfa.methods.includes(method) || (method === 'passkey' && opensAlone({ methods }))
}

/** Whether a passkey signs in by itself. */
export function opensAlone({ methods }: Pick<Policy['authentication'], 'methods'>): boolean {
  return methods.includes('passkey')
}

/** Whether a second factor is among what was proven: one that the policy takes. What another organization took proves nothing here. */
export function provesFactor(authentication: Policy['authentication'], methods: readonly string[]): boolean {
  return METHODS.some((method) => methods.includes(method) && isTaken(authentication, method))
}
