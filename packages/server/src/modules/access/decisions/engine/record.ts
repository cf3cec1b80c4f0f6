/** Decisions in the audit log, as the policy's `audit.decisions` says; changes of the register. @module */
import type { AuditEvent, Ctx } from '#platform/context'
import { events } from '../catalog.ts'
import { ANY, type Evaluation, type Properties } from '../model.ts'
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
  const personal = { ...unknown, ...(assertedValues ? { asserted: keptOf(assertedValues) } : {}) }
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

/** Characters of one asserted value, and items of a list, that are kept. */
const MOST_CHARACTERS = 2_000
const MOST_ITEMS = 50

/** One body may ask 200 questions about the same megabyte: of what is too long to be meant, only its size is kept. */
function keptOf(values: Properties): Properties {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, keptValue(value)]))
}

function keptValue(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length <= MOST_CHARACTERS ? value : { omitted: { characters: value.length } }
  if (Array.isArray(value)) {
    const isShort =
      value.length <= MOST_ITEMS &&
      value.every((item) => typeof item === 'string' && item.length <= MOST_CHARACTERS / MOST_ITEMS)
    return isShort ? value : { omitted: { items: value.length } }
  }
  // No attribute has such a type.
  return typeof value === 'object' && value !== null ? { omitted: {} } : value
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
