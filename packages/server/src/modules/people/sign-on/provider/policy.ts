/** When a person has to do something before an application gets them. @module */
import { interactionPolicy as library } from 'oidc-provider'
import type { Services } from '#platform/context'
import { toWire } from '#platform/ids'
import { acting } from './acting.ts'

const { base, Check } = library

/**
 * The library's own checks, and ours: the browser's own session holds and is the one that the provider knows, the
 * application is open to its organization, and the policy lets one sign-on serve another application.
 */
export function interactionPolicy(_services: Services) {
  const policy = base()
  const { checks } = policy.get('login')!
  checks.add(
    new Check('session_ended', 'the session has ended', 'login_required', (ctx) => {
      const browser = acting()?.browser
      const { accountId } = ctx.oidc.session ?? {}
      return accountId !== undefined && (!browser || toWire('usr', browser.userId) !== accountId)
    }),
  )
  checks.add(
    new Check('organization', 'the session is of another organization', 'access_denied', (ctx) => {
      const browser = acting()?.browser
      const organization = acting()?.clients.get(ctx.oidc.client!.clientId)?.organizationId ?? null
      return (
        browser !== undefined &&
        organization !== null &&
        organization !== browser.principal.home.organizationId
      )
    }),
  )
  checks.add(
    new Check('single_sign_on_off', 'each application asks to sign in', 'login_required', (ctx) => {
      const settings = acting()?.browser?.principal.policy.policy.authentication.session
      return settings?.singleSignOn === false && !ctx.oidc.result?.login
    }),
  )
  return policy
}
