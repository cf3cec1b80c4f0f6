/** May they? One question, or many at once (AuthZEN 1.0 sections 6 and 7). @module */
import { type Explanation, explain as explainDecision } from '@writ/policy'
import type { Ctx } from '#platform/context'
import { toWire } from '#platform/ids'
import { permissions } from '../catalog.ts'
import { Inquiry } from '../engine/inquiry.ts'
import type { Party, Verdict } from '../engine/party.ts'
import { recordVerdict } from '../engine/record.ts'
import type { Evaluation, Evaluations } from '../model.ts'

/** The answer as the standard writes it; `context` is ours. */
export interface Answer {
  readonly decision: boolean
  readonly context: {
    readonly reason: string
    readonly permission: string
    readonly policyVersion: string
    readonly role: string | undefined
    readonly assignment: string | undefined
    readonly asserted: readonly string[] | undefined
    readonly error: { readonly status: number; readonly message: string } | undefined
    readonly subject:
      | {
          readonly type: 'user'
          readonly id: string
          readonly email: string
          readonly name: string
          readonly roles: readonly string[]
        }
      | undefined
    readonly organization: { readonly id: string; readonly slug: string } | undefined
  }
}

/**
 * Answers one question. A denial, and what else the policy says, is in the log before this returns.
 *
 * @throws `forbidden` when a member asks about somebody else without `check:decisions`
 * @throws `organizations.not_found` also for an organization that is not the caller's
 */
export async function evaluate(ctx: Ctx, evaluation: Evaluation): Promise<Answer> {
  const inquiry = new Inquiry(ctx)
  const { party, known } = await inquiry.ask(evaluation.subject, evaluation.resource, evaluation.context)
  if (!party.isSelf) await party.place.ctx.authorize(permissions.check)
  const verdict = inquiry.judge(party, evaluation, known)
  const recorded = recordVerdict(evaluation, party, verdict)
  if (recorded) await recorded
  return answerOf(party, verdict)
}

/**
 * Answers several questions in their order. All is read at once; with `deny_on_first_deny` and
 * `permit_on_first_permit` what comes after the first such answer is neither decided nor recorded.
 *
 * @throws as {@link evaluate}, for the whole request
 */
export async function evaluateAll(ctx: Ctx, { evaluations, semantic }: Evaluations): Promise<Answer[]> {
  const inquiry = new Inquiry(ctx)
  const questions = evaluations ?? []
  const found = await Promise.all(
    questions.map(({ subject, resource, context }) => inquiry.ask(subject, resource, context)),
  )
  await authorizeOnce(found.map(({ party }) => party))
  const answers: Answer[] = []
  const recorded: Promise<void>[] = []
  for (let i = 0; i < questions.length; i++) {
    const question = questions[i]!
    const { party, known } = found[i]!
    const verdict = inquiry.judge(party, question, known)
    const record = recordVerdict(question, party, verdict)
    if (record) recorded.push(record)
    answers.push(answerOf(party, verdict))
    if (semantic === (verdict.allowed ? 'permit_on_first_permit' : 'deny_on_first_deny')) break
  }
  await Promise.all(recorded)
  return answers
}

/**
 * Answers one question with the whole path to it. Nobody is kept out or let in by it, so it leaves no event.
 *
 * @throws `forbidden` when a member asks about somebody else without `explain:decisions`
 * @throws `organizations.not_found`
 */
export async function explain(
  ctx: Ctx,
  evaluation: Evaluation,
): Promise<Answer & Pick<Explanation, 'steps' | 'roles'>> {
  const inquiry = new Inquiry(ctx)
  const { party, known } = await inquiry.ask(evaluation.subject, evaluation.resource, evaluation.context)
  if (!party.isSelf) await party.place.ctx.authorize(permissions.explain)
  const verdict = inquiry.judge(party, evaluation, known)
  const { steps, roles } = explainDecision(party.place.policy, inquiry.question(party, evaluation, known))
  return {
    ...answerOf(party, verdict),
    steps,
    roles: roles.map(({ assignment, ...role }) => ({
      ...role,
      ...(assignment === undefined ? {} : { assignment: toWire('asg', assignment) }),
    })),
  }
}

/** Once an organization: the answer would be the same, and a refusal is recorded once. */
async function authorizeOnce(parties: readonly Party[]): Promise<void> {
  const done = new Set<string>()
  for (const { isSelf, place } of parties) {
    if (isSelf || done.has(place.organizationId)) continue
    done.add(place.organizationId)
    await place.ctx.authorize(permissions.check)
  }
}

function answerOf(party: Party, { allowed, reason, decision, known, problem }: Verdict): Answer {
  const named = namedSubject(party, allowed)
  return {
    decision: allowed,
    context: {
      reason,
      permission: decision.permission,
      policyVersion: party.place.policy.version,
      role: decision.role,
      assignment: decision.assignment === undefined ? undefined : toWire('asg', decision.assignment),
      asserted: known.asserted,
      error: problem && { status: 422, message: `${problem.path} ${problem.message}` },
      subject: named,
      organization: named && { id: toWire('org', party.place.organizationId), slug: party.place.slug },
    },
  }
}

/**
 * Who the bearer of a token is, for an application that has nothing else. A token of another organization is not
 * named, or an application could learn who belongs to its neighbours.
 */
function namedSubject(
  { person, standing, userId, place }: Party,
  isAllowed: boolean,
): Answer['context']['subject'] {
  if (!person || !standing || userId === undefined) return undefined
  if (standing.organization !== place.organizationId && !isAllowed) return undefined
  const now = place.ctx.now()
  const roles = standing.assignments
    .filter(({ expiresAt }) => !expiresAt || expiresAt > now)
    .map(({ role }) => role)
  return { type: 'user', id: toWire('usr', userId), ...person, roles: [...new Set(roles)] }
}
