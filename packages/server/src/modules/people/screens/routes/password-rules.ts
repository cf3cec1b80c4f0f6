/** What a password needs, said before one is typed. @module */
import { type Html, html } from '../pages/html.ts'
import type { Visit } from '../pages/screen.ts'

/** By the policy of this request; organizations that ask for more say so when it is refused. */
export function passwordRules({ ctx, words }: Visit): Html {
  const { minLength, require, blockCommon } = ctx.policy.policy.authentication.password
  const { length, common, rules, ...kinds } = words.newPassword
  const needed = [length(minLength), ...require.map((kind) => kinds[kind]), ...(blockCommon ? [common] : [])]
  return html`${rules}<ul class="rules">${needed.map((rule) => html`<li>${rule}</li>`)}</ul>`
}
