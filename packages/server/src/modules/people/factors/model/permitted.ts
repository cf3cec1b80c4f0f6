/** Which factors a policy takes. Pure. @module */
import type { Policy } from '@writ/policy'

export type Method = 'totp' | 'recovery_code' | 'passkey'

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
