/** Reads of members. @module */
import { sql } from 'kysely'
import type { Ctx, Tx } from '#platform/context'
import { toWire, type Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import { memberErrors, permissions } from '../catalog.ts'

export interface MemberRow {
  readonly id: Uuid
  readonly userId: Uuid
  readonly email: string
  readonly name: string
  readonly status: 'active' | 'deactivated'
  readonly accountStatus: string
  readonly mustChangePassword: boolean
  readonly roles: readonly {
    readonly role: string
    readonly source: string
    readonly expiresAt: string | null
  }[]
  readonly lastActiveAt: Date | null
  readonly lastSignInAt: Date | null
  readonly createdAt: Date
  readonly deactivatedAt: Date | null
  /** Has a second factor, whichever. */
  readonly secondFactor: boolean
  readonly emailVerified: boolean
  /** Came by an invite. */
  readonly isInvited: boolean
  readonly privilegesSuspendedAt: Date | null
  /** The end of the last day, if one is set: access ends by itself. */
  readonly accessEndsAt: Date | null
}

export interface MemberFilter {
  /** Part of a name or an address. */
  readonly q?: string | undefined
  readonly role?: string | undefined
  readonly status?: 'active' | 'deactivated' | undefined
}

/** A page of the members, in the order they joined. */
export async function listMembers(ctx: Ctx, filter: MemberFilter, page: Page): Promise<MemberRow[]> {
  await ctx.authorize(permissions.readMembers)
  const members = await ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const { rows } = await sql<MemberRow>`
      select * from list_members(${filter.q ?? null}, ${filter.role ?? null}, ${filter.status ?? null},
        ${page.after ?? null}, ${page.limit + 1}, ${ctx.now()})`.execute(tx)
    return rows
  })
  const count = Math.min(members.length, page.limit)
  await ctx.services.ports.noteRead(ctx, { what: 'members', count })
  return members
}

/** @throws `members.not_found` */
export async function getMember(ctx: Ctx, id: Uuid): Promise<MemberRow> {
  await ctx.authorize(permissions.readMembers, { type: 'members', id: toWire('mem', id) })
  const member = await ctx.db.transaction(`org:${ctx.organizationId}`, (tx) => readMember(tx, id, ctx.now()))
  await ctx.services.ports.noteRead(ctx, { what: 'member', about: member.userId })
  return member
}

/** Scope: the organization. @throws `members.not_found` */
export async function readMember(tx: Tx, id: Uuid, now: Date): Promise<MemberRow> {
  const { rows } = await sql<MemberRow>`select * from get_member(${id}, ${now})`.execute(tx)
  if (!rows[0]) throw memberErrors.not_found()
  return rows[0]
}

/** The membership of an account. Scope: the organization. */
export async function findMemberOf(
  tx: Tx,
  organizationId: Uuid,
  userId: Uuid,
): Promise<{ id: Uuid; userId: Uuid; status: string } | undefined> {
  return tx
    .selectFrom('members')
    .select(['id', 'userId', 'status'])
    .where('organizationId', '=', organizationId)
    .where('userId', '=', userId)
    .executeTakeFirst()
}
