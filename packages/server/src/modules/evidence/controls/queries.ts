/** Reads of controls. Each authorizes. @module */
import { type Control, controls, findControl } from '@writ/policy'
import { type EventFilter, listEvents, type StoredEvent } from '#evidence/audit'
import type { Ctx, Tx } from '#platform/context'
import type { Page } from '#platform/pages'
import { errors, permissions } from './catalog.ts'
import type { Proof } from './checks/proof.ts'
import { proofs } from './checks/proofs.ts'
import { type ControlState, type Measured, stateOf } from './model.ts'

export interface ControlAtWork {
  readonly control: Control
  readonly state: ControlState
  readonly proof: Proof | undefined
  readonly measured: Measured | undefined
}

/** All controls of the policy language with their state under this organization's policy, measured now. */
export async function listControls(ctx: Ctx): Promise<ControlAtWork[]> {
  await ctx.authorize(permissions.read)
  return ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const all: ControlAtWork[] = []
    for (const control of controls) all.push(await look(ctx, tx, control))
    return all
  })
}

/** @throws `controls.not_found` */
export async function getControl(ctx: Ctx, id: string): Promise<ControlAtWork> {
  await ctx.authorize(permissions.read)
  const control = findControl(id)
  if (!control) throw errors.not_found()
  return ctx.db.transaction(`org:${ctx.organizationId}`, (tx) => look(ctx, tx, control))
}

/** The events that show a control at work, newest first; whoever may read the log. @throws `controls.not_found` */
export async function listEvidence(
  ctx: Ctx,
  id: string,
  period: Pick<EventFilter, 'from' | 'to'>,
  page: Page,
): Promise<StoredEvent[]> {
  const control = findControl(id)
  if (!control) throw errors.not_found()
  return listEvents(ctx, { ...period, types: proofs.get(id)?.events ?? [] }, page)
}

async function look(ctx: Ctx, tx: Tx, control: Control): Promise<ControlAtWork> {
  const proof = proofs.get(control.id)
  const isMeasured = proof !== undefined && control.applies(ctx.policy.policy)
  const measured = isMeasured ? await measure(ctx, tx, proof) : undefined
  return { control, proof, measured, state: stateOf(control, ctx.policy.policy, measured) }
}

async function measure(ctx: Ctx, tx: Tx, proof: Proof): Promise<Measured> {
  const { organizationId, policy } = ctx
  const { rows } = await proof.measure({ organizationId, policy, now: ctx.now() }).execute(tx)
  return rows[0]!
}
