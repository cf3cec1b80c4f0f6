/** Reads of invites. @module */
import { sql } from 'kysely'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import { errors, permissions } from './catalog.ts'
import type { InviteState } from './model.ts'

/** An invite as administrators see it. */
export interface ListedInvite {
  readonly id: Uuid
  readonly email: string
  readonly roles: readonly string[]
  readonly state: InviteState
  /** Why it can not be left lying about: it has expired, or who answers for it is no active member any more. */
  readonly isStale: boolean
  /** Name and address where they are members still. */
  readonly inviter: { readonly userId: Uuid; readonly name: string | null; readonly email: string | null }
  readonly createdAt: Date
  readonly sentAt: Date
  readonly sends: number
  readonly expiresAt: Date
  readonly acceptedAt: Date | null
  readonly memberId: Uuid | null
  readonly revokedAt: Date | null
  readonly revokedBecause: string | null
}

export interface InviteFilter {
  readonly state?: InviteState | 'stale' | undefined
}

/** A page of the invites, newest first; what was replaced by a newer one to the same address is history and left out. */
export async function listInvites(ctx: Ctx, filter: InviteFilter, page: Page): Promise<ListedInvite[]> {
  await ctx.authorize(permissions.read)
  return ctx.db.transaction(`org:${ctx.organizationId}`, (tx) =>
    select(tx, ctx.now())
      .where('i.replacedAt', 'is', null)
      .$if(page.after !== undefined, (query) => query.where('i.id', '<', page.after!))
      .$if(filter.state === 'stale', (query) => query.where(isStale(ctx.now())))
      .$if(filter.state !== undefined && filter.state !== 'stale', (query) =>
        query.where(stateAt(ctx.now()), '=', filter.state as InviteState),
      )
      .orderBy('i.id', 'desc')
      .limit(page.limit + 1)
      .execute()
      .then((rows) => rows.map(asListed)),
  )
}

/** @throws `invites.not_found` */
export async function getInvite(ctx: Ctx, id: Uuid): Promise<ListedInvite> {
  await ctx.authorize(permissions.read)
  const row = await ctx.db.transaction(`org:${ctx.organizationId}`, (tx) =>
    select(tx, ctx.now()).where('i.id', '=', id).executeTakeFirst(),
  )
  if (!row) throw errors.not_found()
  return asListed(row)
}

/** As stateOf of the model, where the database filters. */
const stateAt = (now: Date) => sql<InviteState>`
  case when i.accepted_at is not null then 'accepted' when i.revoked_at is not null then 'revoked'
    when i.expires_at <= ${now} then 'expired' else 'pending' end`

const isStale = (now: Date) => sql<boolean>`
  (i.accepted_at is null and i.revoked_at is null and (i.expires_at <= ${now}
    or i.inviter_organization_id = i.organization_id and m.status is distinct from 'active'))`

function select(tx: Tx, now: Date) {
  return tx
    .selectFrom('invites as i')
    .leftJoin('members as m', (join) =>
      join.onRef('m.organizationId', '=', 'i.organizationId').onRef('m.id', '=', 'i.inviterMemberId'),
    )
    .leftJoin('users as u', 'u.id', 'm.userId')
    .select([
      'i.id',
      'i.email',
      'i.roles',
      stateAt(now).as('state'),
      isStale(now).as('isStale'),
      'i.inviterUserId',
      'u.name as inviterName',
      'u.email as inviterEmail',
      'i.createdAt',
      'i.sentAt',
      'i.sends',
      'i.expiresAt',
      'i.acceptedAt',
      'i.memberId',
      'i.revokedAt',
      'i.revokedBecause',
    ])
}

type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>

function asListed({ inviterUserId, inviterName, inviterEmail, ...row }: Row): ListedInvite {
  return { ...row, inviter: { userId: inviterUserId, name: inviterName, email: inviterEmail } }
}

/** The member with an address. Scope: the organization. */
export async function findMemberAt(
  tx: Tx,
  emailKey: string,
): Promise<{ id: Uuid; status: string } | undefined> {
  return tx
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.userId')
    .select(['m.id', 'm.status'])
    .where('u.emailKey', '=', emailKey)
    .executeTakeFirst()
}

/** An organization as its links need it, in whatever state. Scope: the organization. */
export async function readOrganizationOfLink(tx: Tx, id: Uuid) {
  return tx
    .selectFrom('organizations')
    .select(['id', 'slug', 'name', 'kind', 'status', sql<string | null>`overrides::text`.as('overrides')])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
}
