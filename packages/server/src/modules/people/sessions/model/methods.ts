/** Which credentials an organization takes. Pure. @module */
import type { CompiledPolicy } from '@writ/policy'

/**
 * Whether the policy permits a session and the credential that carries it (`authentication.methods`). What the session
 * was opened with must be permitted, a password or a passkey alone; an access token is a way of its own to come in
 * with it, the cookie is not.
 */
export function isPermitted(
  { policy }: CompiledPolicy,
  opened: readonly string[],
  credential: 'cookie' | 'bearer',
): boolean {
  const { methods } = policy.authentication
  if (!methods.includes(opened.includes('password') ? 'password' : 'passkey')) return false
  return credential === 'cookie' || methods.includes('accessToken')
}
