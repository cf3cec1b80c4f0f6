/** All SQL of forward auth that writes or locks. Scope, where none is named: the organization of the session. @module */
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { ForwardHost } from './model.ts'

/** A browser may be on a host with several windows that come back at once; older cookies than these go. */
const COOKIES_KEPT = 10
const SWEPT_AT_ONCE = 100

/** Scope: any; only the owner may. False where the origin is registered. */
export async function insertHost(tx: Tx, host: ForwardHost): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('forwardHosts')
    .values(host)
    .onConflict((conflict) => conflict.column('origin').where('removedAt', 'is', null).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Scope: any; only the owner may. Undefined where no such host is registered. */
export async function endHost(tx: Tx, origin: string, removedAt: Date): Promise<Uuid | undefined> {
  const row = await tx
    .updateTable('forwardHosts')
    .set({ removedAt })
    .where('origin', '=', origin)
    .where('removedAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

export interface NewCode {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly sessionId: Uuid
  readonly hostId: Uuid
  readonly codeHash: Buffer
  readonly browserHash: Buffer
  readonly returnTo: string
  readonly expiresAt: Date
}

export async function insertCode(tx: Tx, code: NewCode): Promise<void> {
  await tx
    .insertInto('forwardCodes')
    .values((values) => ({
      ...code,
      signInHash: values.selectFrom('sessions').select('secretHash').where('id', '=', code.sessionId),
    }))
    .execute()
}

/** Some of the codes that have expired, whoever is on them now. */
export async function sweepCodes(tx: Tx, now: Date): Promise<void> {
  await tx
    .deleteFrom('forwardCodes')
    .where('id', 'in', (codes) =>
      codes
        .selectFrom('forwardCodes')
        .select('id')
        .where('expiresAt', '<=', now)
        .limit(SWEPT_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

/** Where a code belongs; it is presented without its organization. */
export async function organizationOfCode(ctx: Ctx, codeHash: Buffer): Promise<Uuid | undefined> {
  const [row] = await ctx.db.prepared<{ id: Uuid | null }>(
    'organization-of-forward-code',
    'select organization_of_forward_code($1) as id',
    [codeHash],
  )
  return row?.id ?? undefined
}

export interface SpentCode {
  readonly sessionId: Uuid
  readonly hostId: Uuid
  readonly signInHash: Buffer
  readonly returnTo: string
}

/** One conditional update: of 20 at once, one spends it. For its own host and browser only. */
export async function spendCode(
  tx: Tx,
  presented: { codeHash: Buffer; browserHash: Buffer; origin: string },
  now: Date,
): Promise<SpentCode | undefined> {
  return tx
    .updateTable('forwardCodes')
    .set({ spentAt: now })
    .where('codeHash', '=', presented.codeHash)
    .where('browserHash', '=', presented.browserHash)
    .where('hostId', '=', (hosts) =>
      hosts
        .selectFrom('forwardHosts')
        .select('forwardHosts.id')
        .where('origin', '=', presented.origin)
        .where('removedAt', 'is', null),
    )
    .where('spentAt', 'is', null)
    .where('expiresAt', '>', now)
    .returning(['sessionId', 'hostId', 'signInHash', 'returnTo'])
    .executeTakeFirst()
}

/** The session a code was made from, while it lives. */
export async function findLiveSession(tx: Tx, id: Uuid, now: Date) {
  return tx
    .selectFrom('sessions')
    .select(['id', 'userId', 'memberId', 'expiresAt'])
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirst()
}

export interface NewForwardSession {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly sessionId: Uuid
  readonly hostId: Uuid
  readonly secretHash: Buffer
  readonly signInHash: Buffer
  readonly createdAt: Date
}

/** With it go the oldest of the same session and host, and what the person's sessions that are over have left. */
export async function insertForwardSession(tx: Tx, row: NewForwardSession, userId: Uuid): Promise<void> {
  await tx.insertInto('forwardSessions').values(row).execute()
  await tx
    .deleteFrom('forwardSessions')
    .where((on) =>
      on.or([
        on(
          'id',
          'in',
          on
            .selectFrom('forwardSessions')
            .select('id')
            .where('sessionId', '=', row.sessionId)
            .where('hostId', '=', row.hostId)
            .orderBy('id', 'desc')
            .offset(COOKIES_KEPT),
        ),
        on(
          'sessionId',
          'in',
          on
            .selectFrom('sessions')
            .select('id')
            .where('userId', '=', userId)
            .where((ended) =>
              ended.or([ended('endedAt', 'is not', null), ended('expiresAt', '<=', row.createdAt)]),
            ),
        ),
      ]),
    )
    .execute()
}
