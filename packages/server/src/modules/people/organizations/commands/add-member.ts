/** How a person becomes a member, whoever takes them in. @module */
import {
  addressKey,
  choosePassword,
  createUser,
  findAccountByAddress,
  issueLink,
  makeTemporaryPassword,
  type NewPassword,
} from '#people/identity'
import type { Actor, Ctx, Tx } from '#platform/context'
import { invalidField } from '#platform/errors'
import { newId, type Uuid } from '#platform/ids'
import { mails, memberErrors, memberEvents } from '../catalog.ts'
import { accountFollows, startsWithPassword } from '../model.ts'
import { getOrganization } from '../queries/organizations.ts'
import { belongsElsewhere, insertMember } from '../store.ts'

export interface Person {
  readonly email: string
  readonly name: string
  readonly locale?: string | undefined
  /** Absent: a temporary one is made, or none where the policy has the person choose it by the activation mail. */
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

export interface Joining {
  /** Of the member that comes to be, where something names it already. */
  readonly id?: Uuid
  /** Another permission has settled who may give the roles. */
  readonly decided?: boolean
  /**
   * The person came by a link that was mailed to the address: it is proven, and they agreed. `by`: who gives the roles
   * that they take up.
   */
  readonly came?: { readonly invite?: Uuid; readonly by?: Actor }
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
    // The operator hands it over: the server may have nobody to send mail by yet.
    if (ctx.actor.kind !== 'operator' && !startsWithPassword(ctx.policy))
      return { person, account, password: undefined, temporaryPassword: undefined }
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
 * elsewhere; to the owner of a new one the policy's activation mail is sent, by which they prove the address. In a
 * transaction of the organization; the caller has authorized.
 *
 * @throws `members.account_exists`, `members.already_member`, `identity.address_taken` where the account was made in
 *   between, and what giving the roles throws
 */
export async function addMember(
  ctx: Ctx,
  tx: Tx,
  candidate: Candidate,
  roles: readonly string[],
  { id = newId(ctx.now()), decided = false, came }: Joining = {},
): Promise<{ id: Uuid; userId: Uuid }> {
  const { person, account, password } = candidate
  if (account !== undefined && accountFollows(ctx.policy) && (await belongsElsewhere(tx, account))) {
    throw memberErrors.account_exists()
  }
  // The operator answers for the address; so does who holds the set-up link.
  const emailVerified = came !== undefined || ctx.actor.kind === 'operator' || ctx.actor.kind === 'system'
  const userId = account ?? (await createUser(ctx, tx, { ...newUser(person, password), emailVerified }))
  const { organizationId } = ctx
  // The database lets an account of other organizations in only under a scope that names it.
  await ctx.db.switchScope(tx, `attach:${organizationId}:${userId}`)
  const isAwaited = account !== undefined && came === undefined
  const row = { organizationId, id, userId, createdAt: ctx.now(), isAwaited, inviteId: came?.invite ?? null }
  const isNew = await insertMember(tx, row)
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
  await ctx.services.ports.assignments.assign(ctx, tx, { id, userId }, roles, { decided, by: came?.by })
  if (account === undefined && came === undefined && ctx.actor.kind !== 'system')
    await tellOfAccount(ctx, tx, userId, candidate)
  return { id, userId }
}

/** The activation mail, where the policy has one: its link proves the address and lets the person choose the password. */
async function tellOfAccount(ctx: Ctx, tx: Tx, userId: Uuid, { person, temporaryPassword }: Candidate) {
  const { provisioning, authentication } = ctx.policy.policy
  if (!provisioning.activationMail) return
  const { name, settings } = await getOrganization(tx, ctx.organizationId)
  const { url } = await issueLink(ctx, tx, { userId, kind: 'activation' })
  const mail = mails.activation(
    { email: person.email, locale: person.locale ?? settings.locale ?? 'en' },
    {
      organization: name,
      contact: settings.contacts?.general,
      url,
      hours: Math.max(1, Math.floor(authentication.links.verifySeconds / 3600)),
      hasTemporaryPassword: temporaryPassword !== undefined,
    },
  )
  await ctx.mail(tx, mail)
}

function newUser({ email, name, locale }: Person, password: NewPassword | undefined) {
  return {
    email,
    name,
    ...(locale === undefined ? {} : { locale }),
    ...(password === undefined ? {} : { password }),
  }
}
