import { sql } from 'kysely'
import { holdPerson } from '#people/organizations'
import type { Ctx, Tx } from '#platform/context'
import { toWire, type Uuid } from '#platform/ids'
import { events, permissions } from '../catalog.ts'
import { erasePersonalValues } from '../store.ts'

export interface Erasure {
  /** Events of which something was erased. */
  readonly events: number
}

/**
 * Erases a person's clear values from the organization's log, for their right to erasure. See {@link erasePersonal}.
 * Where an event came from is evidence too: nobody erases their own, nor that of members above them.
 *
 * @throws `members.yourself`, `members.above_you`
 */
export async function eraseMember(ctx: Ctx, userId: Uuid): Promise<Erasure> {
  await ctx.authorize(permissions.erase)
  return ctx.tx(async (tx) => {
    await holdPerson(ctx, tx, userId)
    return erasePersonal(ctx, tx, { userId })
  })
}

/**
 * Erases the clear values of every event in which the person acted or was acted on, and their address wherever else
 * it stands in clear. Their account's id stays: who did what remains known to the log (attribution), who the id was
 * does not. No proof changes: leaves hold only salted hashes of what is erased.
 *
 * Call it before the account or membership is deleted, in the same transaction, so that they are still known. Repeating
 * it is harmless; each call is itself an event. Does not authorize.
 */
export async function erasePersonal(ctx: Ctx, tx: Tx, { userId }: { userId: Uuid }): Promise<Erasure> {
  const { rows: members } = await sql<{ id: Uuid }>`select id from members where user_id = ${userId}`.execute(
    tx,
  )
  const { rows: users } = await sql<{
    email: string
    emailKey: string
  }>`select email, email_key from users where id = ${userId}`.execute(tx)
  // Members that are gone are known from the log itself: a leaf names the user's membership.
  const { rows: past } = await sql<{ id: Uuid | null }>`
    select distinct leaf::json #>> '{actor,member}' as id from audit_events
    where organization_id = ${ctx.organizationId} and actor_id = ${userId}`.execute(tx)
  const memberIds = new Set([...members, ...past].map(({ id }) => id).filter((id) => id !== null))
  const about = [`user:${userId}`, ...[...memberIds].map((id) => `member:${id}`)]
  const addresses = users.flatMap(({ email, emailKey }) => [email.toLowerCase(), emailKey.toLowerCase()])
  const erased = await erasePersonalValues(tx, about, addresses)
  await ctx.record(
    tx,
    events.personal_erased({
      target: { type: 'user', id: userId },
      data: { user: toWire('usr', userId), events: erased },
    }),
  )
  return { events: erased }
}
