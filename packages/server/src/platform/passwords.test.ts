import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, test } from 'vitest'
import { fillersFor } from './passwords/material.ts'
import { type Job, Workshop } from './passwords/workshop.ts'
import {
  createPasswords,
  needsRehash,
  type PasswordOptions,
  type Passwords,
  unmatchableHash,
} from './passwords.ts'

/** bcrypt's lowest: what is tested here does not depend on it. */
const COST = 4

const open: Passwords[] = []
function passwordsFor(options?: PasswordOptions): Passwords {
  const passwords = createPasswords(options)
  open.push(passwords)
  return passwords
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((passwords) => passwords.stop()))
})

describe('a stored password', () => {
  test('is bcrypt with a salt of its own and the cost that was asked for', async () => {
    const passwords = passwordsFor()
    const [one, two] = await Promise.all([
      passwords.hash('Quiet-Harbour-47', COST),
      passwords.hash('Quiet-Harbour-47', COST),
    ])
    expect(one).toMatch(/^\$2[aby]\$04\$[./A-Za-z0-9]{53}$/)
    expect(one).not.toBe(two)
    expect(await passwords.verify('Quiet-Harbour-47', one)).toBe(true)
    expect(await passwords.verify('Quiet-Harbour-48', one)).toBe(false)
  })

  // bcrypt ignores what follows the 72nd byte: two passwords that share them would open one account.
  test.each([
    ['ASCII', 'a'.repeat(72)],
    ['two-byte letters', 'ש'.repeat(36)],
  ])('of more than 72 bytes (%s) counts to its last character', async (_, shared) => {
    const passwords = passwordsFor()
    const stored = await passwords.hash(`${shared}one`, COST)
    expect(await passwords.verify(`${shared}one`, stored)).toBe(true)
    expect(await passwords.verify(`${shared}two`, stored)).toBe(false)
    expect(await passwords.verify(shared, stored)).toBe(false)
  })

  test('of exactly 72 bytes is not opened by one that goes on', async () => {
    const passwords = passwordsFor()
    const stored = await passwords.hash('a'.repeat(72), COST)
    expect(await passwords.verify('a'.repeat(72), stored)).toBe(true)
    expect(await passwords.verify(`${'a'.repeat(72)}b`, stored)).toBe(false)
  })

  // Whoever reads a stored prehash could otherwise type it in as a password ("password shucking" the other way round).
  test('of more than 72 bytes is not opened by its own prehash', async () => {
    const { prepareNew } = await import('./passwords/material.ts')
    const passwords = passwordsFor()
    const long = 'long '.repeat(20)
    const prehash = prepareNew(long).input.toString()
    expect(await passwords.verify(prehash, await passwords.hash(long, COST))).toBe(false)
    expect(await passwords.verify(long, await passwords.hash(prehash, COST))).toBe(false)
  })

  test('is one password however its letters and spaces are composed, and ² is not 2', async () => {
    const passwords = passwordsFor()
    const stored = await passwords.hash('caf\u00e9 m\u00b2', COST)
    expect(await passwords.verify('cafe\u0301\u00a0m\u00b2', stored)).toBe(true)
    expect(await passwords.verify('caf\u00e9 m2', stored)).toBe(false)
  })

  test('is due for a new hash when the policy raised the cost', async () => {
    const passwords = passwordsFor()
    for (const stored of [await passwords.hash('short', COST), await passwords.hash('x'.repeat(100), COST)]) {
      expect(needsRehash(stored, COST)).toBe(false)
      expect(needsRehash(stored, COST + 1)).toBe(true)
    }
  })
})

test('comparing with no account takes the same work and never matches', async () => {
  const passwords = passwordsFor()
  expect(unmatchableHash(12)).toMatch(/^\$2y\$12\$/)
  const before = passwords.computed
  expect(await passwords.verify('', unmatchableHash(COST))).toBe(false)
  expect(passwords.computed).toBe(before + 1)
})

describe('a password that was kept at a lower cost than the policy now says', () => {
  test.each([
    ['$2y$10$', 12, [10, 11]],
    ['hmac-sha256:$2b$04$', 10, [4, 5, 6, 7, 8, 9]],
    ['$2y$12$', 12, []],
    ['$2y$13$', 12, []],
  ])('%s… under cost %i takes %j beside its own: the work of the higher one', (stored, cost, more) => {
    const fillers = fillersFor(`${stored}R8Mgkj4EPHKZIDRiuFg1/uHuGGjzErAgoj2xkp9Nnzy6dDNxTEiJC`, cost)
    expect(fillers).toEqual(more.map(unmatchableHash))
    const work = (costs: number[]) => costs.reduce((sum, each) => sum + 2 ** each, 0)
    if (more.length > 0) expect(work([more[0]!, ...more])).toBe(2 ** cost)
  })

  // Else the time of a refusal tells which addresses had an account before the cost was raised. Not timed: a filler that
  // cannot be computed shows whether it was tried.
  test('is compared with those, too, where it is refused, and only there', async () => {
    const workshop = new Workshop<Job>(new URL('./passwords/worker.ts', import.meta.url), 1, 8)
    const verify = (password: string, hash: string) =>
      workshop.run({
        kind: 'verify',
        input: Buffer.from(password),
        hash,
        fillers: [null as unknown as string],
      })
    const stored = await passwordsFor().hash('Quiet-Harbour-47', COST)
    await expect(verify('Loud-Harbour-47', stored)).rejects.toThrow('could not be computed')
    expect(await verify('Quiet-Harbour-47', stored)).toBe(true)
    await workshop.stop()
  })

  test('is refused or found right by the same call', async () => {
    const passwords = passwordsFor()
    const stored = await passwords.hash('Quiet-Harbour-47', COST)
    expect(await passwords.verify('Loud-Harbour-47', stored, COST + 2)).toBe(false)
    expect(await passwords.verify('Quiet-Harbour-47', stored, COST + 2)).toBe(true)
  })
})

test('a full queue refuses with 429 and loses none of what it took', async () => {
  const passwords = passwordsFor({ threads: 1, queue: 3 })
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => passwords.hash('x', COST)))
  const refused = results.filter((result) => result.status === 'rejected')
  // One at work, three waiting.
  expect(refused).toHaveLength(6)
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'too_many_requests', status: 429 })
})

test('stopping refuses what waits, and what comes later', async () => {
  const passwords = passwordsFor({ threads: 1 })
  const waiting = Array.from({ length: 3 }, () => passwords.hash('x', 10))
  const settled = Promise.allSettled(waiting)
  await passwords.stop()
  for (const result of await settled)
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } })
  await expect(passwords.hash('x', COST)).rejects.toMatchObject({ code: 'unavailable' })
})

test.runIf(process.platform === 'linux')(
  'hashes in two threads at the lowest priority and leaves all others alone',
  async () => {
    const lowest = () => readdirSync('/proc/self/task').filter((id) => niceOf(id) === 19)
    const before = lowest().length
    const passwords = passwordsFor()
    await Promise.all(Array.from({ length: 6 }, () => passwords.hash('x', COST)))
    expect(lowest()).toHaveLength(before + 2)
    expect(getPriority()).toBe(0)
  },
)

function niceOf(thread: string): number {
  // The 19th field of proc_pid_stat(5); the second, in parentheses, may hold spaces.
  return Number(readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[16])
}

describe('turns', () => {
  test('run one after another for one key, past a failure, and at once for different keys', async () => {
    const passwords = passwordsFor()
    const steps: string[] = []
    const gate = Promise.withResolvers<void>()
    const first = passwords.inTurn('ada', async () => {
      steps.push('first begins')
      await gate.promise
      steps.push('first ends')
      throw new Error('wrong')
    })
    const second = passwords.inTurn('ada', async () => void steps.push('second'))
    await passwords.inTurn('bob', async () => void steps.push('other key'))
    gate.resolve()
    await expect(first).rejects.toThrow('wrong')
    await second
    expect(steps).toEqual(['first begins', 'other key', 'first ends', 'second'])
  })

  test('are refused with 429 when a key has too many waiting', async () => {
    const passwords = passwordsFor()
    const gate = Promise.withResolvers<void>()
    const results = Promise.allSettled(
      Array.from({ length: 70 }, () => passwords.inTurn('ada', () => gate.promise)),
    )
    gate.resolve()
    const refused = (await results).filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(6)
    await passwords.inTurn('ada', async () => {})
  })
})

describe('an estimate of guesses', () => {
  test('of a long password is the one of its beginning, so that the longest costs no more', async () => {
    const passwords = passwordsFor()
    const beginning = 'Quiet-Harbour-47 and four lanter'
    const [short, long] = await Promise.all([
      passwords.guesses(beginning, []),
      passwords.guesses(`${beginning}${'$x7'.repeat(330)}`, []),
    ])
    expect(long).toBe(short)
  })

  test('leaves this thread free', async () => {
    const passwords = passwordsFor()
    await passwords.guesses('first', [])
    const before = performance.eventLoopUtilization()
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => passwords.guesses(`kT9#mQ2$vLwZ4&pX8!rN5*bJ7@hD3%${i}`, [])),
    )
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.3)
  })
})
