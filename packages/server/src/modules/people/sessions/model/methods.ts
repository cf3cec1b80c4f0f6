/** Which credentials an organization takes. Pure. @module */
import type { CompiledPolicy } from '@writ/policy'

/**
 * Whether the policy permits a session and the credential that carries it (`authentication.methods`). Every session
 * was opened by a password; an access token is a way of its own to come in with it, the cookie is not.
 */
export function isPermitted({ policy }: CompiledPolicy, credential: 'cookie' | 'bearer'): boolean {
  const { methods } = policy.authentication
  return methods.includes('password') && (credential === 'cookie' || methods.includes('accessToken'))
}
