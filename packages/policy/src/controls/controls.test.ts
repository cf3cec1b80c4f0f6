import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Policy } from '../model.ts'
import { parsePolicy } from '../parse.ts'
import { tightenable } from '../settings.ts'
import { type Control, controls, findControl, languages, wordsFor } from './index.ts'

function shipped(name: string): Policy {
  const file = new URL(`../../../../policies/${name}.policy.yaml`, import.meta.url)
  const parsed = parsePolicy(readFileSync(file, 'utf8'))
  if (!parsed.ok) throw new Error(`${name} does not parse`)
  return parsed.policy
}

const policies = ['flask-track', 'business-manager', 'prosaas', 'sales-agent'].map(shipped)
const [flaskTrack, businessManager, prosaas, salesAgent] = policies as [Policy, Policy, Policy, Policy]

/** A copy with one value replaced; the path is the model's. */
function flipped(policy: Policy, path: string, value: unknown): Policy {
  const copy = structuredClone(policy)
  const keys = path.split('.')
  const last = keys.pop() as string
  const parent = keys.reduce<Record<string, unknown>>(
    (node, key) => node[key] as Record<string, unknown>,
    copy as never,
  )
  parent[last] = value
  return copy
}

const twoPeople = flipped(salesAgent, 'changes.approvals', 2)
const ownDeletion = flipped(businessManager, 'offboarding.deletion.self', true)
const variants = [...policies, twoPeople, ownDeletion]

const words = (control: Control, policy: Policy, language: 'en' | 'he' = 'en') =>
  control.statement(policy, language).join(' ')

const control = (id: string): Control => findControl(id) as Control

/** Every number under a path of the model, with the whole path. Ranks are the order of the file. */
function numbers(value: unknown, path: string): [path: string, value: number][] {
  if (typeof value === 'number') return path.endsWith('.rank') ? [] : [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => numbers(inner, `${path}.${key}`))
}

const at = (policy: Policy, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], policy)

/** A signal that one event sets off has no window: nothing is counted. */
function isIdle(policy: Policy, path: string): boolean {
  const signal = /^signals\.(\d+)\.withinSeconds$/.exec(path)?.[1]
  return signal !== undefined && policy.signals[Number(signal)]?.count === 1
}

const settingsInUse = variants.flatMap((policy) =>
  controls
    .filter((candidate) => candidate.applies(policy))
    .flatMap((candidate) =>
      candidate.settings
        .flatMap((path) => numbers(at(policy, path), path))
        .filter(([path]) => !isIdle(policy, path))
        .map(([path, value]) => [candidate.id, policy.name, path, value, policy] as const),
    ),
)

describe('the catalogue', () => {
  test('every id is there once', () => {
    expect(new Set(controls.map(({ id }) => id)).size).toBe(controls.length)
  })

  test.each(controls.map((each) => [each.id, each] as const))('%s is mapped to a clause', (_id, each) => {
    expect(Object.values(each.mapping).flat().length).toBeGreaterThan(0)
  })

  test('settings named as tightenable are', () => {
    const known = tightenable.map(({ path }) => path)
    expect(controls.flatMap(({ stricter }) => stricter).filter((path) => !known.includes(path))).toEqual([])
    expect(known.filter((path) => !controls.some(({ stricter }) => stricter.includes(path)))).toEqual([])
  })

  test('every setting of a policy is spoken for by a control', () => {
    const spoken = controls.flatMap(({ settings }) => settings)
    const operative = [
      'organizations',
      'sensitive',
      'authentication',
      'provisioning',
      'serviceAccounts',
      'webhooks',
      'offboarding',
      'sanctions',
      'audit',
      'privacy',
      'changes',
    ] as const
    const leaves = (value: unknown, path: string): string[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
        : [path]
    const silent = variants
      .flatMap((policy) => operative.flatMap((key) => leaves(policy[key], key)))
      .filter((leaf) => !spoken.some((path) => leaf === path || leaf.startsWith(`${path}.`)))
    expect([...new Set(silent)]).toEqual([])
  })
})

describe('sentences', () => {
  test.each(controls.map((each) => [each.id, each] as const))(
    '%s applies somewhere, and has whole sentences in every language wherever it does',
    (_id, each) => {
      const where = variants.filter((policy) => each.applies(policy))
      expect(where.length).toBeGreaterThan(0)
      for (const policy of where) {
        for (const language of languages) {
          const sentences = each.statement(policy, language)
          expect(sentences.length).toBeGreaterThan(0)
          for (const sentence of sentences) {
            expect(sentence).toMatch(/\.$/)
            expect(sentence).not.toMatch(/undefined|NaN|\[object|Seconds|: \.|\(\)/)
            if (language === 'he') expect(sentence).toMatch(/[א-ת]/)
          }
        }
      }
    },
  )

  test('a policy without Hebrew texts keeps Hebrew out of the English ones', () => {
    for (const each of controls.filter((candidate) => candidate.applies(prosaas)))
      expect(words(each, prosaas)).not.toMatch(/[א-ת]/)
  })

  test.each(settingsInUse)('%s of %s says what %s is (%d)', (id, _name, path, value, policy) => {
    const said = words(control(id), policy)
    const { duration, every, number } = wordsFor(policy, 'en')
    const inHebrew = wordsFor(policy, 'he')
    if (path.endsWith('Seconds')) {
      expect([duration(value), every(value)].some((text) => said.includes(text))).toBe(true)
      const he = words(control(id), policy, 'he')
      expect([inHebrew.duration(value), inHebrew.every(value)].some((text) => he.includes(text))).toBe(true)
    } else if (value > 1) {
      expect(said).toContain(number(value))
    }
  })

  test.each(settingsInUse)('%s of %s changes its sentences with %s', (id, _name, path, value, policy) => {
    const changed = flipped(policy, path, value * 2 + (path.endsWith('Seconds') ? 60 : 1))
    for (const language of languages)
      expect(words(control(id), changed, language)).not.toBe(words(control(id), policy, language))
  })

  test.each([
    ['authentication.password', salesAgent, 'authentication.password.require', []],
    ['authentication.password', salesAgent, 'authentication.password.blockCommon', false],
    ['authentication.methods', salesAgent, 'authentication.methods', ['password']],
    ['authentication.mfa', prosaas, 'authentication.mfa.required', []],
    ['authentication.mfa', prosaas, 'authentication.mfa.removal', 'both'],
    ['authentication.tokens', salesAgent, 'authentication.tokens.algorithm', 'EdDSA'],
    ['authentication.session', flaskTrack, 'authentication.session.rotateOn', []],
    ['organization-context', flaskTrack, 'organizations.membership', 'one'],
    ['roles', salesAgent, 'organizations.rolesPerMember', 'one'],
    ['tenant-isolation', businessManager, 'organizations.call', 'guild'],
    ['platform-roles', businessManager, 'organizations.platformAccess', 'support'],
    ['last-owner', salesAgent, 'organizations.ownerRole', 'manager'],
    ['provisioning', businessManager, 'provisioning.selfRegister', []],
    ['provisioning.activation', flaskTrack, 'provisioning.completeProfile', 'required'],
    ['account-deletion', businessManager, 'offboarding.deletion.self', true],
    ['offboarding.checklist', prosaas, 'offboarding.checklist', ['verify']],
    ['access-reviews', businessManager, 'reviews.0.due', ['01-31']],
    ['audit-events', salesAgent, 'audit.decisions', 'all'],
    ['sensitive-actions', salesAgent, 'sensitive.actions', ['delete:leads']],
    ['containment', salesAgent, 'containment', ['notifyUser']],
    ['break-glass', salesAgent, 'breakGlass.alert', []],
    ['impersonation', prosaas, 'impersonation.notify', false],
    ['support-access', flaskTrack, 'supportAccess.consent', true],
  ] as const)('%s of %# changes when %s%s is flipped', (id, policy, path, value) => {
    const changed = flipped(policy, path, value)
    expect(changed).not.toEqual(policy)
    const language = path === 'organizations.call' ? (['en'] as const) : languages
    for (const each of language)
      expect(words(control(id), changed, each)).not.toBe(words(control(id), policy, each))
  })
})

describe('words', () => {
  const en = wordsFor(flaskTrack, 'en')
  const he = wordsFor(flaskTrack, 'he')

  test.each([
    [60, '1 minute', 'דקה אחת'],
    [1800, '30 minutes', '30 דקות'],
    [3600, '1 hour', 'שעה אחת'],
    [5400, '90 minutes', '90 דקות'],
    [7200, '2 hours', 'שעתיים'],
    [86_400, '24 hours', '24 שעות'],
    [172_800, '2 days', 'יומיים'],
    [604_800, '7 days', '7 ימים'],
    [7_776_000, '90 days', '90 יום'],
    [31_536_000, '1 year', 'שנה אחת'],
    [220_752_000, '7 years', '7 שנים'],
  ])('%d seconds are said in the largest unit that is exact', (seconds, english, hebrew) => {
    expect(en.duration(seconds)).toBe(english)
    expect(he.duration(seconds)).toBe(hebrew)
  })

  test('lists have a conjunction, and a lone item none', () => {
    expect(en.list(['a'])).toBe('a')
    expect(en.list(['a', 'b'])).toBe('a and b')
    expect(en.anyOf(['a', 'b', 'c'])).toBe('a, b or c')
    expect(he.list(['א', 'ב', 'ג'])).toBe('א, ב וג')
  })

  test('an interval of one has no number', () => {
    expect(en.every(31_536_000)).toBe('every year')
    expect(en.every(7_776_000)).toBe('every 90 days')
    expect(he.every(31_536_000)).toBe('בכל שנה')
  })

  test('what a tenant is called has its plural and article', () => {
    const called = (call: string) => wordsFor(flipped(flaskTrack, 'organizations.call', call), 'en')
    expect(called('business').organizations).toBe('businesses')
    expect(called('company').organizations).toBe('companies')
    expect(called('tenant').anOrganization).toBe('a tenant')
    expect(en.anOrganization).toBe('an organization')
  })
})
