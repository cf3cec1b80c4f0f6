/**
 * Every control bites: what the catalogue calls enforced, the running server enforces, and a setting that is flipped
 * flips what it does. A control that becomes `enforced` and has no entry here fails.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { controls } from '@writ/policy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, startBench } from '#test/controls'
import { authentication } from './controls/authentication.ts'
import { factors } from './controls/factors.ts'
import { leaving } from './controls/leaving.ts'
import { organizations } from './controls/organizations.ts'
import { privacy } from './controls/privacy.ts'
import { proofs } from './controls/proofs.ts'
import { provisioning } from './controls/provisioning.ts'
import { recovery } from './controls/recovery.ts'
import { roles } from './controls/roles.ts'
import { sessions } from './controls/sessions.ts'

const flips = [
  ...authentication,
  ...recovery,
  ...factors,
  ...sessions,
  ...organizations,
  ...provisioning,
  ...leaving,
  ...privacy,
  ...roles,
]
const enforced = controls.filter(({ enforcement }) => enforcement === 'enforced')

describe('the entries', () => {
  test.each(enforced.map((control) => [control.id, control] as const))(
    '%s is enforced, so all its settings are flipped or proven, and it is proven where it has none',
    (id, { settings }) => {
      const entries = [...flips, ...proofs].filter(({ control }) => control === id)
      const missing = settings.filter((setting) => !entries.some((entry) => entry.setting === setting))
      expect(missing).toEqual([])
      expect(entries).not.toEqual([])
    },
  )

  test('name controls and settings of the catalogue', () => {
    const unknown = [...flips, ...proofs].filter(({ control, setting }) => {
      const found = controls.find(({ id }) => id === control)
      return !found || (setting === undefined ? found.settings.length > 0 : !found.settings.includes(setting))
    })
    expect(unknown).toEqual([])
  })

  test('see another outcome under another value', () => {
    const idle = flips.filter(({ values: [first, ...rest] }) =>
      rest.every(([, seen]) => isDeepStrictEqual(seen, first?.[1])),
    )
    expect(idle.map(({ rule }) => rule)).toEqual([])
  })
})

describe('a setting that is flipped flips what the server does:', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await startBench()
  })
  afterAll(() => bench.stop())

  test.each(flips.map((flip) => [flip.rule, flip.setting, flip] as const))(
    '%s (%s)',
    async (_rule, _setting, flip) => {
      for (const [value, seen] of flip.values)
        expect([value, await bench.see(flip, value)]).toEqual([value, seen])
    },
  )
})

describe('a control without a setting is proven:', () => {
  test.each(proofs.map((proof) => [proof.control, proof.file, proof] as const))(
    '%s in %s',
    (_control, file, { title }) => {
      const source = readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8')
      const titles = [...source.matchAll(/\b(?:test|it)(?:\.each\([\s\S]*?\))?\(\s*(['"`])(.+?)\1,/g)]
      expect(titles.filter(([, , found]) => found?.startsWith(title))).not.toEqual([])
    },
  )
})
