import { randomInt } from 'node:crypto'
import type { Ctx } from '#platform/context'
import { normalizePassword } from '#platform/passwords'
import { errors } from '../catalog.ts'
import { knownWords, type MissedRule, missed, missedRules, type Person } from '../model/password-rules.ts'
import { strictestPassword } from '../model/strictest.ts'
import { temporaryPassword } from '../model/temporary-password.ts'
import type { AccountOrganization } from '../queries.ts'
import { authenticationOf } from './authentication-of.ts'

/** A password that was checked and hashed. Made before a transaction begins: hashing takes longer than a row may be held. */
export interface NewPassword {
  readonly hash: string
  /** To be changed at the first sign-in. */
  readonly isTemporary: boolean
}

export interface ChooseOptions {
  /** Field of the request that is named in the refusal. Default `password`. */
  readonly field?: string
  /** Hash of the password that is replaced: the new one must differ. */
  readonly current?: string | null
  /** Organizations the account belongs to; the rules of all of them are met. Default: this request's own. */
  readonly organizations?: readonly AccountOrganization[]
}

/**
 * Checks a password that a person chose against the policy and hashes it.
 *
 * @throws `identity.weak_password` with every rule it misses
 */
export async function choosePassword(
  ctx: Ctx,
  clear: string,
  person: Person,
  options: ChooseOptions = {},
): Promise<NewPassword> {
  const { field = 'password', current, organizations = [] } = options
  const { passwords } = ctx.services
  const own = ctx.policy.policy.authentication
  const policy = strictestPassword([own, ...(await authenticationOf(ctx, organizations))])
  const normalized = normalizePassword(clear)
  const words = knownWords(
    person,
    organizations.flatMap(({ slug, name }) => [slug, name]),
  )
  const guesses = policy.blockCommon ? await passwords.guesses(normalized, words) : Number.POSITIVE_INFINITY
  const rules = missedRules(policy, normalized, person, guesses)
  if (rules.length > 0) throw weak(ctx, field, rules)
  if (current && (await passwords.verify(clear, current))) throw weak(ctx, field, [missed('unchanged')])
  return { hash: await passwords.hash(clear, policy.bcrypt), isTemporary: false }
}

/**
 * Makes a password that meets any policy, for somebody who must change it at their first sign-in. `clear` is shown
 * once, to whoever hands it over, and stored nowhere.
 */
export async function makeTemporaryPassword(ctx: Ctx): Promise<NewPassword & { readonly clear: string }> {
  const { minLength, bcrypt } = ctx.policy.policy.authentication.password
  const clear = temporaryPassword(minLength, (n) => randomInt(n))
  return { clear, hash: await ctx.services.passwords.hash(clear, bcrypt), isTemporary: true }
}

/** `errors` in the caller's language, `rules` in both. */
function weak(ctx: Ctx, field: string, rules: readonly MissedRule[]) {
  const { language = 'en' } = ctx.client
  return errors.weak_password({
    errors: rules.map((rule) => ({ path: field, message: rule[language] })),
    rules,
  })
}
