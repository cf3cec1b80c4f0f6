/** How a person becomes a member, whoever takes them in. @module */
import {
  addressKey,
  choosePassword,
  createUser,
  findAccountByAddress,
  makeTemporaryPassword,
  type NewPassword,
} from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { invalidField } from '#platform/errors'
import { newId, type Uuid } from '#platform/ids'
import { memberErrors, memberEvents } from '../catalog.ts'
import { accountFollows } from '../model.ts'
import { belongsElsewhere, insertMember } from '../store.ts'

export interface Person {
  readonly email: string
  readonly name: string
  readonly locale?: string | undefined
  /** Absent: a temporary one is made. */
  readonly password?: string | undefined
}

/** A person who is about to become a member: an account that exists, or what a new one is made of. */
export interface Candidate {
  readonly person: Person
  readonly account: Uuid | undefined
  readonly password: NewPassword | undefined
  /** To be handed over; shown once. */
  readonly temporaryPassword: string | undefined
}

/**
 * Looks for the account and prepares the password, before a transaction holds anything: hashing takes long.
 *
 * @throws `identity.weak_password`, `invalid_input`
 */
export async function prepareCandidate(ctx: Ctx, person: Person): Promise<Candidate> {
  const key = addressKey(person.email)
  if (key === undefined)
    throw invalidField('email', 'Not an e-mail address: it should look like ada@example.com.')
  const account = await findAccountByAddress(ctx, key)
  if (account !== undefined) return { person, account, password: undefined, temporaryPassword: undefined }
  if (person.password === undefined) {
    const { clear, ...password } = await makeTemporaryPassword(ctx)
    return { person, account, password, temporaryPassword: clear }
  }
  const chosen = await choosePassword(ctx, person.password, person)
  // Whoever types it for somebody else knows it too.
  const isTemporary = ctx.policy.policy.provisioning.temporaryPassword
  return { person, account, password: { ...chosen, isTemporary }, temporaryPassword: undefined }
}

/**
 * Makes a member of a candidate, with roles. An account that exists keeps its password, name and all it holds
 * elsewhere. In a transaction of the organization; the caller has authorized.
 *
 * @throws `members.account_exists`, `members.already_member`, `identity.address_taken` where the account was made in
 *   between, and what giving the roles throws
 */
export async function addMember(
  ctx: Ctx,
  tx: Tx,
  candidate: Candidate,
  roles: readonly string[],
  options: { readonly decided?: boolean } = {},
): Promise<{ id: Uuid; userId: Uuid }> {
  const { person, account, password } = candidate
  if (account !== undefined && accountFollows(ctx.policy) && (await belongsElsewhere(tx, account))) {
    throw memberErrors.account_exists()
  }
  const userId = account ?? (await createUser(ctx, tx, newUser(person, password)))
  const id = newId(ctx.now())
  const { organizationId } = ctx
  // The database lets an account of other organizations in only under a scope that names it.
  await ctx.db.switchScope(tx, `attach:${organizationId}:${userId}`)
  const isAwaited = account !== undefined
  const isNew = await insertMember(tx, { organizationId, id, userId, createdAt: ctx.now(), isAwaited })
  await ctx.db.switchScope(tx, `org:${organizationId}`)
  if (!isNew) throw memberErrors.already_member()
  await ctx.record(
    tx,
    memberEvents.added({
      target: { type: 'member', id },
      after: { status: 'active', email: person.email },
      data: { user: userId, account: account === undefined ? 'created' : 'existing' },
    }),
  )
  await ctx.services.ports.assignments.assign(ctx, tx, { id, userId }, roles, options)
  return { id, userId }
}

function newUser({ email, name, locale }: Person, password: NewPassword | undefined) {
  return {
    email,
    name,
    ...(locale === undefined ? {} : { locale }),
    ...(password === undefined ? {} : { password }),
  }
}
