/** Settings that contradict each other or themselves. @module */
import { formatDuration } from '../schema/scalars.ts'
import { settablePaths } from '../settings.ts'
import { suggestion } from '../suggest.ts'
import { type Checked, report } from './report.ts'

const DAY = 86_400

function checkAuthentication(checked: Checked): void {
  const { authentication, organizations } = checked.file
  const { session, tokens, lockout, mfa } = authentication
  const base = 'authentication'
  const atMost = (path: string[], value: number, most: number, why: string) => {
    if (value > most)
      report(
        checked,
        [base, ...path],
        `${formatDuration(value)} is too long: ${why}.`,
        `At most ${formatDuration(most)}.`,
      )
  }
  atMost(
    ['session', 'idle'],
    session.idleSeconds,
    session.absoluteSeconds,
    'a session would end before it is idle',
  )
  atMost(['session', 'absolute'], session.absoluteSeconds, 90 * DAY, 'a stolen session would work for months')
  atMost(['tokens', 'access'], tokens.accessSeconds, 7 * DAY, 'access tokens are short-lived')
  atMost(['tokens', 'refresh'], tokens.refreshSeconds, 365 * DAY, 'a refresh token is not for ever')
  atMost(
    ['tokens', 'access'],
    tokens.accessSeconds,
    tokens.refreshSeconds,
    'an access token would outlive its refresh token',
  )
  atMost(['lockout', 'for'], lockout.forSeconds, 7 * DAY, 'anybody could lock people out for weeks')
  if (lockout.forSeconds < 60)
    report(checked, [base, 'lockout', 'for'], 'Under a minute slows no guesser down.', 'At least 1m.')
  for (const [i, role] of mfa.recommended.entries()) {
    if (mfa.required.includes(role)) {
      report(
        checked,
        [base, 'mfa', 'recommended', i],
        `The second factor is required for ${role} already.`,
        'Keep one of the two.',
      )
    }
  }
  for (const [i, path] of organizations.maySet.entries()) {
    if (!settablePaths.includes(path)) {
      report(
        checked,
        ['organizations', 'maySet', i],
        `"${path}" is not a setting an organization can tighten.`,
        suggestion(path, settablePaths) ?? `Settings: ${settablePaths.join(', ')}.`,
      )
    }
  }
}

function checkPeople(checked: Checked): void {
  const { file, permissions } = checked
  const create = permissions.index('create:members') as number
  const may = (name: string, seen = new Set<string>()): boolean => {
    const role = file.roles[name]
    if (!role || seen.has(name)) return false
    seen.add(name)
    return (
      role.allow.some((grant) =>
        grant.allow.some((pattern) => permissions.reach(pattern, role.scope).has(create)),
      ) || role.inherits.some((parent) => may(parent, seen))
    )
  }
  for (const [i, role] of file.provisioning.by.entries()) {
    if (file.roles[role] && !may(role)) {
      report(
        checked,
        ['provisioning', 'by', i],
        `${role} creates accounts, but its role does not have create:members.`,
        `Allow create:members, or a permission that implies it, to ${role}.`,
      )
    }
  }
  if (file.organizations.rolesPerMember === 'one') {
    for (const [i, rule] of file.separation.entries()) {
      if ('roles' in rule) {
        report(
          checked,
          ['separation', i],
          'A member has one role anyway, so roles are never held together.',
          'Remove the rule, or set rolesPerMember: many.',
        )
      }
    }
  }
  for (const [i, rule] of file.separation.entries()) {
    if ('roles' in rule) checkHeldTogether(checked, i, rule.roles)
  }
}

/** A role that inherits another holds both, so they cannot be kept apart. */
function checkHeldTogether(checked: Checked, rule: number, roles: readonly string[]): void {
  const inherited = (name: string, seen = new Set<string>()): Set<string> => {
    for (const parent of checked.file.roles[name]?.inherits ?? []) {
      if (!seen.has(parent)) inherited(parent, seen.add(parent))
    }
    return seen
  }
  for (const name of roles) {
    const both = roles.find((other) => other !== name && inherited(name).has(other))
    if (both)
      report(checked, ['separation', rule], `${name} inherits ${both}, so the two are always held together.`)
  }
}

function checkDocument(checked: Checked): void {
  const { effective, lastReviewed, nextReview, languages, history } = checked.file
  const reviewed = lastReviewed ?? effective
  if (nextReview !== undefined && reviewed !== undefined && nextReview <= reviewed) {
    report(checked, ['nextReview'], `The next review (${nextReview}) is not after ${reviewed}.`)
  }
  for (const [i, language] of languages.entries()) {
    if (languages.indexOf(language) < i) report(checked, ['languages', i], `"${language}" stands here twice.`)
  }
  if (history.length > 0 && !history.some((entry) => entry.version === checked.file.version)) {
    report(
      checked,
      ['history'],
      `The history has no entry for version ${checked.file.version}.`,
      'Add what changed in it.',
    )
  }
}

/** Reports settings out of bounds and settings that contradict each other. */
export function checkSettings(checked: Checked): void {
  checkAuthentication(checked)
  checkPeople(checked)
  checkDocument(checked)
}
