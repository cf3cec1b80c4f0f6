/** Decisions in the audit log, as the policy's `audit.decisions` says; changes of the register. @module */
import type { AuditEvent, Ctx } from '#platform/context'
import { events } from '../catalog.ts'
import { ANY, type Evaluation } from '../model.ts'
import type { RegisteredResource } from '../queries/register.ts'
import type { Party, Verdict } from './party.ts'

/**
 * Counts a decision and records it; durable when it returns, so the answer must wait for it. Denials are recorded under every
 * setting but `none`, sensitive ones that were allowed under `sensitive`, everything under `all`. Denials on Writ's own routes
 * are recorded by `ctx.authorize`, whatever the setting.
 */
export function recordVerdict(
  evaluation: Evaluation,
  party: Party,
  verdict: Verdict,
): Promise<void> | undefined {
  const { ctx, policy } = party.place
  ctx.services.metrics.decisions.inc({ allowed: String(verdict.allowed), reason: verdict.reason })
  if (!isRecorded(policy.policy.audit.decisions, verdict)) return undefined
  return ctx.recordNow(eventOf(evaluation, party, verdict))
}

/** A search is no access: it is recorded where everything is. */
export async function recordSearch(
  ctx: Ctx,
  searched: string,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (ctx.policy.policy.audit.decisions !== 'all') return
  await ctx.recordNow(events.searched({ data: { searched, ...facts } }))
}

function isRecorded(
  setting: 'none' | 'denied' | 'sensitive' | 'all',
  { allowed, decision }: Verdict,
): boolean {
  if (setting === 'none') return false
  return setting === 'all' || !allowed || (setting === 'sensitive' && decision.sensitive)
}

function eventOf(evaluation: Evaluation, party: Party, verdict: Verdict): AuditEvent {
  const { resource, subject } = evaluation
  const { asserted, assertedValues } = verdict.known
  // Somebody unknown is only what the caller wrote: free text, so erasable. A bearer is a secret and never written.
  const unknown = party.userId === undefined && subject.type !== 'token' ? { subject: subject.id } : {}
  const personal = { ...unknown, ...(assertedValues ? { asserted: assertedValues } : {}) }
  return (verdict.allowed ? events.allowed : events.denied)({
    outcome: verdict.allowed ? 'success' : 'denied',
    reason: verdict.reason,
    ...(resource.id === ANY ? {} : { target: { type: resource.type, id: resource.id } }),
    data: {
      permission: verdict.decision.permission,
      ...(party.userId === undefined ? {} : { subject: `user:${party.userId}` }),
      ...(verdict.decision.role === undefined ? {} : { role: verdict.decision.role }),
      ...(asserted ? { asserted } : {}),
    },
    ...(Object.keys(personal).length > 0 ? { personal } : {}),
  })
}

/**
 * A change of the register, for its event. State and names of attributes stand in the log for ever; the values are
 * the application's own, may be about anybody and of any size, so they are kept erasable.
 */
export function changeOf(
  before: RegisteredResource | undefined,
  after: RegisteredResource | undefined,
): Omit<AuditEvent, 'type'> {
  const named = ({ attributes, state }: RegisteredResource) => ({
    attributes: Object.keys(attributes),
    state,
  })
  const { type = '', id = '' } = after ?? before ?? {}
  return {
    target: { type, id },
    ...(before ? { before: named(before) } : {}),
    ...(after ? { after: named(after) } : {}),
    personal: {
      ...(before ? { attributesBefore: before.attributes } : {}),
      ...(after ? { attributesAfter: after.attributes } : {}),
    },
  }
}
