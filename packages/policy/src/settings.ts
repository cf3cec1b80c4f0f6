/**
 * Settings that have a stricter direction: what an organization may tighten for itself, and how a change of
 * the policy is judged.
 *
 * @module
 */
import type { z } from 'zod'
import type { Policy } from './model.ts'
import { authentication } from './schema/authentication.ts'

/** Which way is stricter: a larger value, a smaller one, more entries, fewer entries. */
export type Strictness = 'larger' | 'smaller' | 'more' | 'fewer'

export interface Setting {
  /** As in the file. */
  readonly path: string
  /** As in the model, where durations carry their unit. */
  readonly key: string
  readonly strictness: Strictness
}

const table: readonly (readonly [path: string, strictness: Strictness, key?: string])[] = [
  ['authentication.methods', 'fewer'],
  ['authentication.password.minLength', 'larger'],
  ['authentication.password.require', 'more'],
  ['authentication.lockout.after', 'smaller'],
  ['authentication.lockout.for', 'larger', 'authentication.lockout.forSeconds'],
  ['authentication.mfa.methods', 'fewer'],
  ['authentication.mfa.required', 'more'],
  ['authentication.session.idle', 'smaller', 'authentication.session.idleSeconds'],
  ['authentication.session.absolute', 'smaller', 'authentication.session.absoluteSeconds'],
  ['authentication.tokens.access', 'smaller', 'authentication.tokens.accessSeconds'],
  ['authentication.tokens.refresh', 'smaller', 'authentication.tokens.refreshSeconds'],
]

/** Every setting an organization can be allowed to tighten. */
export const tightenable: readonly Setting[] = table.map(([path, strictness, key]) => ({
  path,
  strictness,
  key: key ?? path,
}))

/** Further settings with a stricter direction, by their place in the model; organizations never set these. */
const directed: readonly Pick<Setting, 'key' | 'strictness'>[] = [
  { key: 'sensitive.withinSeconds', strictness: 'smaller' },
  { key: 'sensitive.actions', strictness: 'more' },
  { key: 'provisioning.selfRegister', strictness: 'fewer' },
  { key: 'impersonation.by', strictness: 'fewer' },
  { key: 'supportAccess.by', strictness: 'fewer' },
  { key: 'supportAccess.maxSeconds', strictness: 'smaller' },
  { key: 'breakGlass.approvals', strictness: 'larger' },
  { key: 'breakGlass.approvers', strictness: 'fewer' },
  { key: 'breakGlass.maxSeconds', strictness: 'smaller' },
  { key: 'offboarding.withinSeconds', strictness: 'smaller' },
  { key: 'audit.retentionSeconds', strictness: 'larger' },
  { key: 'changes.approvals', strictness: 'larger' },
  { key: 'changes.approvers', strictness: 'fewer' },
]

/** Which way a setting of the model is stricter, if either is. */
export function strictnessOf(key: string): Strictness | undefined {
  return [...tightenable, ...directed].find((setting) => setting.key === key)?.strictness
}

/** Paths `organizations.maySet` may name: a setting, or a group of them. */
export const settablePaths: readonly string[] = [
  ...new Set(
    tightenable.flatMap(({ path }) => path.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'))),
  ),
].filter((path) => path.includes('.'))

/** Whether a value is as strict as another, or stricter. Both are of the setting's own type. */
export function atLeastAsStrict(strictness: Strictness, value: unknown, than: unknown): boolean {
  if (strictness === 'larger') return (value as number) >= (than as number)
  if (strictness === 'smaller') return (value as number) <= (than as number)
  const [all, part] = strictness === 'more' ? [value, than] : [than, value]
  return (part as string[]).every((item) => (all as string[]).includes(item))
}

function settingValue(policy: Pick<Policy, 'authentication'>, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], policy)
}

export interface SettingProblem {
  readonly path: string
  readonly message: string
  readonly hint?: string
}

export type Tightened = { ok: true; policy: Policy } | { ok: false; problems: SettingProblem[] }

/**
 * The policy as it is for one organization that tightened settings for itself: `{ 'authentication.session.idle': '4h' }`,
 * values as in the file. A setting outside `maySet`, a looser one, or one that is wrong is refused, all together.
 */
export function tighten(policy: Policy, overrides: Readonly<Record<string, unknown>>): Tightened {
  const problems: SettingProblem[] = []
  const effective = structuredClone(policy.authentication) as Policy['authentication']
  for (const [path, value] of Object.entries(overrides)) {
    const setting = tightenable.find((candidate) => candidate.path === path)
    if (!setting) {
      problems.push({ path, message: `${path} is not a setting an organization can tighten.` })
    } else if (
      !policy.organizations.maySet.some((allowed) => path === allowed || path.startsWith(`${allowed}.`))
    ) {
      problems.push({
        path,
        message: `The policy does not let organizations set ${path}.`,
        hint: allowedHint(policy),
      })
    } else {
      const problem = apply(policy, effective, setting, value)
      if (problem) problems.push(problem)
    }
  }
  if (effective.session.idleSeconds > effective.session.absoluteSeconds) {
    effective.session.idleSeconds = effective.session.absoluteSeconds
  }
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, policy: { ...policy, authentication: effective } }
}

function allowedHint(policy: Policy): string {
  const { maySet } = policy.organizations
  return maySet.length > 0 ? `It lets them set ${maySet.join(', ')}.` : 'It lets them set nothing.'
}

/** Sets one value in `effective`, or says why not. */
function apply(
  policy: Policy,
  effective: Policy['authentication'],
  setting: Setting,
  value: unknown,
): SettingProblem | undefined {
  const { path, key, strictness } = setting
  const read = readSetting(path, value)
  if (!read.ok) return { path, message: read.message }
  const next = settingValue({ authentication: read.value }, key)
  const current = settingValue(policy, key)
  const unknown =
    path === 'authentication.mfa.required' &&
    (next as string[]).find((role) => !policy.roles.some((r) => r.name === role))
  if (unknown)
    return {
      path,
      message: `Unknown role "${unknown}".`,
      hint: `Roles: ${policy.roles.map((r) => r.name).join(', ')}.`,
    }
  if (!atLeastAsStrict(strictness, next, current)) {
    return { path, message: `${path} would be looser than the policy says.`, hint: bound(policy, setting) }
  }
  const parts = key.split('.').slice(1)
  const last = parts.pop() as string
  const parent = parts.reduce<Record<string, unknown>>(
    (node, part) => node[part] as Record<string, unknown>,
    effective as never,
  )
  parent[last] = next
  return undefined
}

function bound(policy: Policy, { key, strictness }: Setting): string {
  const value = settingValue(policy, key)
  const written = Array.isArray(value)
    ? `[${value.join(', ')}]`
    : `${value}${key.endsWith('Seconds') ? ' seconds' : ''}`
  if (strictness === 'larger') return `At least ${written}.`
  if (strictness === 'smaller') return `At most ${written}.`
  return strictness === 'more' ? `At least all of ${written}.` : `None but ${written}.`
}

type Read = { ok: true; value: z.output<typeof authentication> } | { ok: false; message: string }

/** Reads one setting by the grammar of the file. */
function readSetting(path: string, value: unknown): Read {
  const nested = path
    .split('.')
    .slice(1)
    .reduceRight<unknown>((inner, part) => ({ [part]: inner }), value)
  const result = authentication.safeParse(nested)
  if (result.success) return { ok: true, value: result.data }
  return { ok: false, message: result.error.issues[0]?.message ?? 'The value is not of the right kind.' }
}
