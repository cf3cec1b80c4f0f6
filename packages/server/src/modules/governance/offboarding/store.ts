/** All SQL of this module that writes or locks. Scope: the organization, if nothing else is said. @module */
import { sql } from 'kysely'
import type { Services, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Kind, Occasion, Plan } from './model.ts'

export interface StoredPlan extends Plan {
  readonly id: Uuid
  readonly raisedAt: Date | null
}

export async function insertPlan(
  tx: Tx,
  plan: Plan & { readonly id: Uuid; readonly organizationId: Uuid },
  { by, now, doneAt }: { by: string; now: Date; doneAt: Date | null },
): Promise<void> {
  const { roles, ...rest } = plan
  await tx
    .insertInto('offboardings')
    .values({ ...rest, roles: roles && [...roles], plannedBy: by, plannedAt: now, doneAt })
    .execute()
}

/** Takes back what is planned and not settled, if anything is. */
export async function cancelPlan(
  tx: Tx,
  memberId: Uuid,
  kind: Kind,
  { by, now }: { by: string; now: Date },
): Promise<{ effectiveOn: string; roles: readonly string[] | null } | undefined> {
  return tx
    .updateTable('offboardings')
    .set({ cancelledAt: now, cancelledBy: by })
    .where('memberId', '=', memberId)
    .where('kind', '=', kind)
    .where('doneAt', 'is', null)
    .where('cancelledAt', 'is', null)
    .returning(['effectiveOn', 'roles'])
    .executeTakeFirst()
}

/** Holds a plan that is not settled; undefined where it is, by another server or by somebody who took it back. */
export async function lockPlan(tx: Tx, id: Uuid): Promise<StoredPlan | undefined> {
  const row = await tx
    .selectFrom('offboardings')
    .select([
      'id',
      'kind',
      'memberId',
      'userId',
      'occasion',
      'effectiveOn',
      'effectiveAt',
      'dueAt',
      'isAutomatic',
      'roles',
      'raisedAt',
    ])
    .where('id', '=', id)
    .where('doneAt', 'is', null)
    .where('cancelledAt', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  return row && { ...row, kind: row.kind as Kind, occasion: row.occasion as Occasion | null }
}

/** Whether what a plan demands is so now. */
export async function isDone(tx: Tx, id: Uuid): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`
    select offboarding_is_done(d) as done from offboardings d
    where d.organization_id = (select current_organization()) and d.id = ${id}`.execute(tx)
  return rows[0]?.done === true
}

export async function saveDone(tx: Tx, id: Uuid, now: Date): Promise<void> {
  await tx.updateTable('offboardings').set({ doneAt: now }).where('id', '=', id).execute()
}

export async function saveRaised(tx: Tx, id: Uuid, now: Date): Promise<void> {
  await tx.updateTable('offboardings').set({ raisedAt: now }).where('id', '=', id).execute()
}

/** A plan that the clock has something to say about. */
export interface DuePlan {
  readonly organizationId: Uuid
  readonly id: Uuid
  /** What the organization tightens of the policy, as JSON. */
  readonly overrides: string | null
}

/** Of all organizations, those whose moment came first. In a transaction of its own. */
export async function plansToSettle({ db, now }: Services, limit: number): Promise<DuePlan[]> {
  return db.transaction('deadlines', async (tx) => {
    const { rows } = await sql<DuePlan>`
      select organization_id, id, overrides from offboardings_to_settle(${now()}, ${limit})`.execute(tx)
    return rows
  })
}
