import { sql } from 'kysely'
import { holdPerson } from '#people/organizations'
import { type Ctx, createCtx, type Tx } from '#platform/context'
import { toWire, type Uuid } from '#platform/ids'
import { errors, events, permissions } from '../catalog.ts'
import { eraseAttempts, erasePersonalValues, platformOrganization } from '../store.ts'

export interface Erasure {
  /** Events of which something was erased. */
  readonly events: number
}

/**
 * Erases a person's clear values from the organization's log, for their right to erasure, as {@link erasePersonal}
 * does. Attempts to sign in as them that concerned no organization (nobody had their address any more) stand in the
 * platform's log, and are erased there too, if the person is or was a member here.
 * Where an event came from is evidence too: nobody erases their own, nor that of members above them.
 *
 * @throws `audit.erasure_off`, `members.yourself`, `members.above_you`
 */
export async function eraseMember(ctx: Ctx, userId: Uuid): Promise<Erasure> {
  await ctx.authorize(permissions.erase)
  if (!ctx.policy.policy.privacy.erasure) throw errors.erasure_off()
  return ctx.tx(async (tx) => {
    await holdPerson(ctx, tx, userId)
    const person = await personIn(tx, ctx.organizationId, userId)
    const here = await erase(ctx, tx, person)
    const attempts = person.isMember ? await erasePlatformAttempts(ctx, tx, person) : 0
    return { events: here + attempts }
  })
}

/**
 * Erases the clear values of every event in which the person acted or was acted on, and their address wherever else
 * it stands in clear. Their account's id stays: who did what remains known to the log (attribution), who the id was
 * does not. No proof changes: leaves hold only salted hashes of what is erased.
 *
 * A person whose account is gone is known from the log itself, so it may be called before or after a deletion.
 * Repeating it is harmless; each call is itself an event.
 */
async function erase(ctx: Ctx, tx: Tx, person: Person): Promise<number> {
  const erased = await erasePersonalValues(tx, person.about, person.addresses)
  await ctx.record(tx, erasedEvent(person, erased))
  return erased
}

async function erasePlatformAttempts(ctx: Ctx, tx: Tx, person: Person): Promise<number> {
  const { services, requestId, client, actor, policy } = ctx
  const platform = await platformOrganization(ctx.db)
  if (platform === undefined || platform === ctx.organizationId) return 0
  await ctx.db.switchScope(tx, `org:${platform}`)
  const erased = await eraseAttempts(tx, person.about, person.addresses)
  if (erased > 0) {
    const there = createCtx(services, { requestId, client, actor, policy, organizationId: platform })
    await there.record(tx, erasedEvent(person, erased, ctx.organizationId))
  }
  await ctx.db.switchScope(tx, `org:${ctx.organizationId}`)
  return erased
}

function erasedEvent({ userId }: Person, erased: number, askedIn?: Uuid) {
  return events.personal_erased({
    target: { type: 'user', id: userId },
    data: {
      user: toWire('usr', userId),
      events: erased,
      ...(askedIn && { organization: toWire('org', askedIn) }),
    },
  })
}

/** Under which names a person stands in a log's personal values. */
interface Person {
  readonly userId: Uuid
  readonly about: readonly string[]
  /** In lower case. */
  readonly addresses: readonly string[]
  /** Whether they are a member of the organization, or were until they were deleted. */
  readonly isMember: boolean
}

/** A person as the transaction's organization knows them; one whose account or membership is gone, from the log. */
async function personIn(tx: Tx, organizationId: Uuid, userId: Uuid): Promise<Person> {
  const { rows: members } = await sql<{ id: Uuid }>`
    select id::text from members where user_id = ${userId}
    union select target_id from audit_events
    where organization_id = ${organizationId} and type = 'members.deleted' and leaf::json #>> '{data,user}' = ${userId}`.execute(
    tx,
  )
  const { rows: acted } = await sql<{ id: Uuid | null }>`
    select distinct leaf::json #>> '{actor,member}' as id from audit_events
    where organization_id = ${organizationId} and actor_id = ${userId}`.execute(tx)
  const memberIds = [...new Set([...members, ...acted].flatMap(({ id }) => id ?? []))]
  const about = [`user:${userId}`, ...memberIds.map((id) => `member:${id}`)]
  const addresses = await addressesOf(tx, organizationId, [userId, ...memberIds], about)
  return { userId, about, addresses, isMember: members.length > 0 }
}

/** Of the account, and where it is gone those that events about the person name. */
async function addressesOf(
  tx: Tx,
  organizationId: Uuid,
  ids: readonly Uuid[],
  about: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ address: string }>`
    select lower(a.address) as address
    from users u cross join lateral unnest(array[u.email, u.email_key]) as a (address) where u.id = ${ids[0]!}
    union select lower(f.value ->> 'value')
    from audit_events e
    join audit_personal p on p.organization_id = e.organization_id and p.event_id = e.id
      and p.about = e.target_type || ':' || e.target_id
    cross join lateral jsonb_each(p.facts) f
    where e.organization_id = ${organizationId} and e.target_id = any (${ids}::text[]) and p.about = any (${about}::text[])
      and f.key ~ '^(before[.]|after[.])?email$' and f.value ->> 'value' <> ''`.execute(tx)
  return rows.map(({ address }) => address)
}
