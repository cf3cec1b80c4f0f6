/** A decision as a path that can be read from top to bottom. @module */
import type {
  ExplainedGrant,
  ExplainedRole,
  ExplainedStep,
  Explanation,
  Question,
  Reason,
} from '@writ/policy'
import type { Style } from './style.ts'
import { printable, wrap } from './text.ts'

const checks: Readonly<Record<ExplainedStep['step'], string>> = {
  authenticated: 'Somebody is signed in',
  account: 'Their account is active',
  membership: 'They are an active member of the organization',
  'second-factor': 'A second factor was given, where the role demands it',
  resource: 'The resource exists in this organization',
  permission: 'The policy knows the permission',
  deny: 'No role denies it',
  grant: 'A role allows it',
  condition: 'The condition holds',
  state: 'The state of the resource allows it',
  'fresh-sign-in': 'The sign-in is fresh, where the action is sensitive',
}

const sentences: Readonly<Record<Reason, string>> = {
  unauthenticated: 'nobody is signed in',
  account_inactive: 'the account is not active',
  membership_inactive: 'the subject is not an active member of this organization',
  second_factor_enrolment_required: 'a second factor must be set up first',
  second_factor_required: 'a second factor must be given first',
  resource_not_found: 'the resource is not in this organization',
  unknown_permission: 'the policy has no such permission',
  explicit_deny: 'a role denies it, whatever others allow',
  not_granted: 'no role held allows it',
  condition_failed: 'a role allows it only under a condition, and the condition does not hold',
  state_denied: 'the state of the resource closes this action',
  fresh_sign_in_required: 'the action is sensitive and the sign-in is too long ago',
  machine_grant_required: 'the action is sensitive and the grant is not for machines',
  allowed: 'a role held allows it',
  error: 'it could not be decided, and what cannot be decided is denied',
}

const standings: Readonly<Record<ExplainedRole['standing'], string>> = {
  counts: 'held',
  suspended: 'held, but suspended: it grants nothing',
  expired: 'expired',
  superseded: 'held, but another role counts in its place',
  'out of reach': 'held, but it does not reach into this organization',
  'unknown role': 'not a role of this policy',
}

export function explanationLines(
  explanation: Explanation,
  question: Question,
  style: Style,
  width: number,
): string[] {
  const { decision, steps, roles } = explanation
  const verdict = decision.allowed ? style.green('✓') : style.red('✗')
  const answer = decision.allowed ? style.green('allowed') : style.red('denied')
  const by = decision.role === undefined ? '' : ` (${decision.role})`
  const head = `${verdict} ${style.bold(printable(decision.permission))} is ${answer}: ${sentences[decision.reason]}${by}. ${style.dim(`[${decision.reason}]`)}`
  const lines = [...wrap(head, width), '', ...steps.map((step) => stepLine(step, style)), '']
  if (!question.subject) return [...lines, 'Nobody is signed in: the question has no --role.']
  for (const role of roles) lines.push(...roleLines(role, decision.role, style, width))
  return lines
}

function stepLine({ step, outcome }: ExplainedStep, style: Style): string {
  if (outcome === 'passed') return `  ${style.green('✓')} ${checks[step]}`
  return outcome === 'failed'
    ? `  ${style.red(`✗ ${checks[step]}`)}`
    : `  ${style.dim(`· ${checks[step]} (not reached)`)}`
}

function roleLines(role: ExplainedRole, decided: string | undefined, style: Style, width: number): string[] {
  const source = role.source === 'assigned' ? '' : `, by ${role.source}`
  const head = `${style.bold(role.role)}: ${standings[role.standing]}${source}${role.role === decided ? ', decides' : ''}`
  if (role.grants.length === 0) return [head, style.dim('    says nothing about this permission')]
  return [head, ...role.grants.flatMap((grant) => grantLines(grant, style, width))]
}

function grantLines(grant: ExplainedGrant, style: Style, width: number): string[] {
  const from = grant.origin === 'inherited' ? ` inherited from ${grant.from}` : ''
  const via = grant.impliedBy === undefined ? '' : ` through ${grant.impliedBy}, which stands for it`
  const kind = grant.kind === 'deny' ? style.red('deny ') : style.green('allow')
  const line = `    ${kind} ${grant.pattern}${from}${via}`
  if (grant.when === undefined) return [line]
  const holds = grant.condition === 'holds' ? style.green('holds') : style.red(grant.condition ?? '')
  return [
    line,
    ...wrap(`when ${printable(grant.when)}: ${holds}`, width - 10).map((text) => `          ${text}`),
  ]
}
