import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '#test/app'
import { openSessionOf } from '#test/attack-sessions'
import { verdict } from '#test/factor-proofs'
import { enrolTotp, totp } from '#test/second-factors'
import type { App } from '../../../../app.ts'

let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({ policy: 'flask-track' })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
/** A person in two organizations, with an authenticator app. */
async function newPerson() {
  number++
  const [one, two, email] = [`prove-one-${number}`, `prove-two-${number}`, `prove-${number}@example.com`]
  const member = await app.member(one, { email, roles: ['viewer'] })
  await app.member(two, { email, roles: ['viewer'] })
  const factor = await enrolTotp(app, (await openSessionOf(app, member)).accessToken)
  const before = { [one]: (await app.events(one)).length, [two]: (await app.events(two)).length }
  return {
    userId: member.userId,
    factor,
    /** What the log of each of both has since. */
    events: async () =>
      Promise.all([one, two].map(async (slug) => (await app.events(slug)).slice(before[slug]))),
    totp: (code: string, server: App = app) => verdict(server, member.userId, { method: 'totp', code }),
    recovery: (code: string, server: App = app) =>
      verdict(server, member.userId, { method: 'recovery_code', code }),
  }
}

const at = (i: number): App => (i % 2 === 0 ? app : sibling)

async function lockout() {
  const { compiled } = await app.services.ports.policies.current()
  return compiled.policy.authentication.lockout
}

/** A code that is right at none of the steps around now. */
function wrongCode(secret: string, i = 0): string {
  const right = [-2, -1, 0, 1, 2].map((steps) => totp(secret, app.clock.now(), steps))
  for (let code = 100_000 + i * 7; ; code++) if (!right.includes(String(code))) return String(code)
}

describe('a code of an authenticator app', () => {
  test('is taken at its step and one step around it, and at no other', async () => {
    for (const [steps, seen] of [
      [-2, 'wrong_code'],
      [-1, 'right'],
      [0, 'right'],
      [1, 'right'],
      [2, 'wrong_code'],
    ] as const) {
      const person = await newPerson()
      expect([steps, await person.totp(person.factor.code(steps))]).toEqual([steps, seen])
    }
  })

  test('is taken with the spaces that apps show it with', async () => {
    const { factor, totp } = await newPerson()
    expect(await totp(factor.code().replace(/(...)/, '$1 '))).toBe('right')
  })

  // Attack: whoever looked over the shoulder, or runs the proxy in between, sends what was sent.
  test('is refused the second time, in whatever sign-in it is sent', async () => {
    const { factor, totp } = await newPerson()
    const code = factor.code()
    expect(await totp(code)).toBe('right')
    expect(await totp(code)).toBe('used_code')
    expect(await totp(code, sibling)).toBe('used_code')
  })

  // Attack: an older code that was noted down and not sent yet.
  test('is refused after a later one was taken', async () => {
    const { factor, totp } = await newPerson()
    expect(await totp(factor.code(1))).toBe('right')
    expect(await totp(factor.code(0))).toBe('used_code')
    expect(await totp(factor.code(-1))).toBe('used_code')
  })

  test('sent 20 times at once over two servers is taken once, and locks nobody out', async () => {
    const { factor, totp, events } = await newPerson()
    const code = factor.code()
    const seen = await Promise.all(Array.from({ length: 20 }, (_, i) => totp(code, at(i))))
    expect(seen.filter((one) => one === 'right')).toHaveLength(1)
    for (const one of seen) expect(['right', 'used_code', 'locked']).toContain(one)
    app.clock.advance(60)
    expect(await totp(factor.code())).toBe('right')
    for (const log of await events()) {
      expect(log).toHaveLength(19)
      expect(new Set(log)).toEqual(new Set(['factors.refused']))
    }
  })

  // Attack: guesses in parallel, from sign-ins of their own, on all servers: each would see a count that is still low.
  test('guessed 20 times at once over two servers is looked at as often as the policy says, and is locked then', async () => {
    const { after, forSeconds } = await lockout()
    const { factor, totp, recovery, events } = await newPerson()
    const seen = await Promise.all(
      Array.from({ length: 20 }, (_, i) => totp(wrongCode(factor.secret, i), at(i))),
    )
    expect(seen.filter((one) => one === 'wrong_code')).toHaveLength(after)
    expect(seen.filter((one) => one === 'locked')).toHaveLength(20 - after)
    expect(await totp(factor.code())).toBe('locked')
    for (const log of await events()) expect(log.filter((type) => type === 'factors.locked')).toHaveLength(1)
    // Another factor has a count of its own: an attacker who knows the password must not lock its owner out of all.
    expect(await recovery(factor.recoveryCodes[0]!)).toBe('right')
    app.clock.advance(forSeconds)
    expect(await totp(factor.code())).toBe('right')
  })

  test('that is right ends the count of wrong ones', async () => {
    const { after } = await lockout()
    const { factor, totp } = await newPerson()
    for (let round = 0; round < 2; round++) {
      for (let i = 1; i < after; i++) expect(await totp(wrongCode(factor.secret, i))).toBe('wrong_code')
      expect(await totp(factor.code())).toBe('right')
      app.clock.advance(60)
    }
  })

  test('of somebody else is wrong, and nobody else’s count moves', async () => {
    const [ada, bob] = [await newPerson(), await newPerson()]
    expect(await ada.totp(bob.factor.code())).toBe('wrong_code')
    expect(await bob.events()).toEqual([[], []])
    expect(await bob.totp(bob.factor.code())).toBe('right')
  })

  test('is refused where no app is set up, or was begun and not confirmed', async () => {
    const member = await app.member('prove-none', { email: 'none@example.com', roles: ['viewer'] })
    const { accessToken } = await openSessionOf(app, member)
    expect(await verdict(app, member.userId, { method: 'totp', code: '123456' })).toBe('not_enrolled')
    const { body } = await app.request('POST', '/me/mfa/totp', { as: accessToken })
    const code = totp(body.secret, app.clock.now())
    expect(await verdict(app, member.userId, { method: 'totp', code })).toBe('not_enrolled')
    expect(await app.events('prove-none')).toEqual(['factors.refused', 'factors.begun', 'factors.refused'])
  })
})

describe('a recovery code', () => {
  test('stands in for the factor once, however it is typed, and the person is told', async () => {
    const { factor, recovery, events } = await newPerson()
    expect(factor.recoveryCodes).toHaveLength(10)
    const [one, two] = factor.recoveryCodes as [string, string]
    expect(one).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/)
    expect(await recovery(one)).toBe('right')
    expect(await recovery(one)).toBe('used_code')
    const sloppy = two.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
    expect(await recovery(sloppy)).toBe('right')
    for (const log of await events())
      expect(log).toEqual(['factors.recovery_code_used', 'factors.refused', 'factors.recovery_code_used'])
  })

  test('sent 20 times at once over two servers is spent once', async () => {
    const { factor, recovery } = await newPerson()
    const seen = await Promise.all(
      Array.from({ length: 20 }, (_, i) => recovery(factor.recoveryCodes[0]!, at(i))),
    )
    expect(seen.filter((one) => one === 'right')).toHaveLength(1)
    expect(await recovery(factor.recoveryCodes[1]!)).toBe('right')
  })

  test('is guessed as often as the policy says and no more', async () => {
    const { after } = await lockout()
    const { factor, recovery } = await newPerson()
    for (let i = 0; i < after; i++) expect(await recovery(`AAAA-AAAA-${i}`)).toBe('wrong_code')
    expect(await recovery(factor.recoveryCodes[0]!)).toBe('locked')
  })

  test('of somebody else is wrong, and stays good for its owner', async () => {
    const [ada, bob] = [await newPerson(), await newPerson()]
    expect(await ada.recovery(bob.factor.recoveryCodes[0]!)).toBe('wrong_code')
    expect(await bob.recovery(bob.factor.recoveryCodes[0]!)).toBe('right')
  })
})

test('secrets and codes are not in the database as they were shown', async () => {
  const { userId, factor } = await newPerson()
  const kept = await app.ownerDb.transaction(`account:${userId}`, async (tx) => [
    ...(await tx.selectFrom('totpFactors').selectAll().execute()),
    ...(await tx.selectFrom('recoveryCodes').selectAll().execute()),
  ])
  const text = JSON.stringify(kept, (_key, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  )
  expect(kept).toHaveLength(11)
  for (const shown of [factor.secret, ...factor.recoveryCodes]) expect(text).not.toContain(shown)
  const raw = Buffer.from(factor.secret.slice(0, 8)).toString('latin1')
  expect(text).not.toContain(raw)
})

// Attack: whoever can write to the table puts the row of a secret they know in the place of another's.
test('a sealed secret opens in its own row alone', async () => {
  const [ada, eve] = [await newPerson(), await newPerson()]
  const { secret } = await app.ownerDb.transaction(`account:${eve.userId}`, (tx) =>
    tx.selectFrom('totpFactors').select('secret').executeTakeFirstOrThrow(),
  )
  await app.ownerDb.transaction(`account:${ada.userId}`, (tx) =>
    tx.updateTable('totpFactors').set({ secret }).execute(),
  )
  await expect(ada.totp(eve.factor.code())).rejects.toThrow()
})
