/** When and how a person proved who they are, as the provider notes it. @module */
import type { Services } from '#platform/context'
import { toWire } from '#platform/ids'
import { authenticationClaims } from '../model/claims.ts'
import type { Bearer } from './acting.ts'

export function loginOf(services: Services, { principal, userId }: Bearer) {
  // The library's clock is the machine's: how long ago is what both clocks agree about.
  const age = Math.max(0, services.now().getTime() - principal.standing!.authenticatedAt.getTime())
  const ts = Math.floor((Date.now() - age) / 1000)
  return {
    accountId: toWire('usr', userId),
    remember: true,
    loginTs: ts,
    ts,
    ...authenticationClaims(principal),
  }
}
