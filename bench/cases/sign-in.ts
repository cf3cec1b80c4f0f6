/**
 * Sign-ins at bcrypt cost 12: how close they come to what the hash itself allows, and what is left for everybody else
 * while they go on.
 *
 * @module
 */
import { once } from 'node:events'
import { hash as bcrypt } from '@node-rs/bcrypt'
import { type LoadResult, load, request } from '../http/load.ts'
import { emailOf, seed } from '../http/seed.ts'
import { Stack } from '../http/stack.ts'
import { type Bench, compare, type Effort, inTurns, type Row } from '../measure.ts'
import { cycle } from './check.ts'
import { cookieHeader, PERMISSIONS } from './session.ts'

const COST = 12
const PASSWORD = 'Quiet-Harbour-47'
const MEMBERS = 64
/** As Writ has. */
const THREADS = 2
/** Enough that no hashing thread ever waits. */
const SIGNING_IN = 8
const OTHERS = 16

export const signIn: Bench = {
  name: 'sign-in',
  about: `sign-ins at bcrypt ${COST}, and other requests meanwhile`,
  run: (effort, say) => Stack.use((stack) => measure(stack, effort, say)),
}

async function* measure(stack: Stack, effort: Effort, say: (progress: string) => void): AsyncIterable<Row> {
  say('starting PostgreSQL and Writ')
  const writ = await stack.writ()
  const passwordHash = await bcrypt(PASSWORD, COST)
  await seed(writ.database.superuser, { organizations: 1, members: MEMBERS, sessions: MEMBERS, passwordHash })
  const bodies = Array.from({ length: MEMBERS }, (_, i) => ({ email: emailOf(i + 1), password: PASSWORD }))
  const signingIn = cycle(bodies.map((body) => request('POST', '/api/v1/auth/login', { body })))
  const others = cycle(
    Array.from({ length: MEMBERS }, (_, i) => request('GET', PERMISSIONS, { headers: cookieHeader(i + 1) })),
  )
  // A sign-in takes a third of a second, so a turn must hold some dozens of them.
  const seconds = effort.seconds * 3
  const signIns = (time: number) =>
    load({ port: writ.port, connections: SIGNING_IN, seconds: time, next: signingIn })
  const otherRequests = (time: number) =>
    load({ port: writ.port, connections: OTHERS, seconds: time, next: others })

  say('sign-ins beside the bare hash')
  const bare = { threads: THREADS, hash: passwordHash, password: PASSWORD }
  const low = await hashing(stack, { ...bare, isLow: true })
  const normal = await hashing(stack, { ...bare, isLow: false })
  await signIns(1)
  const turns = await inTurns(effort.rounds, {
    ours: async () => (await signIns(seconds)).perSecond,
    low: () => low(seconds),
    normal: () => normal(seconds),
  })
  const against = (name: string, values: readonly number[]) =>
    compare({
      what: 'sign-ins',
      unit: '/s',
      ours: turns.ours,
      yardstick: { name, values },
      kind: 'share',
      limit: 0.95,
    })
  yield against(`bcrypt alone in ${THREADS} threads of lowest priority`, turns.low)
  yield against(`bcrypt alone in ${THREADS} threads`, turns.normal)

  say('other requests, idle and during a storm of sign-ins')
  await otherRequests(1)
  const idle: LoadResult[] = []
  const busy: LoadResult[] = []
  await inTurns(effort.rounds, {
    idle: async () => idle.push(await otherRequests(effort.seconds)),
    busy: async () => {
      const storm = signIns(effort.seconds + 0.6)
      // Until all hashing threads are at it.
      await new Promise((resolve) => setTimeout(resolve, 300))
      busy.push(await otherRequests(effort.seconds))
      await storm
      return 0
    },
  })
  const meanwhile = { what: `other requests during sign-ins, ${OTHERS} connections` }
  yield compare({
    ...meanwhile,
    unit: '/s',
    ours: busy.map(({ perSecond }) => perSecond),
    yardstick: { name: 'the same without sign-ins', values: idle.map(({ perSecond }) => perSecond) },
    kind: 'share',
    limit: 0.7,
  })
  yield compare({
    ...meanwhile,
    what: `${meanwhile.what}: p99`,
    unit: 'ms',
    ours: busy.map(({ p99 }) => p99),
    yardstick: { name: 'the same without sign-ins', values: idle.map(({ p99 }) => p99) },
    kind: 'cost',
    limit: 2,
  })
}

async function hashing(stack: Stack, input: object): Promise<(seconds: number) => Promise<number>> {
  const { process: child } = await stack.child(new URL('../processes/hashing.ts', import.meta.url), { input })
  return async (seconds) => {
    child.send(seconds)
    const [perSecond] = (await once(child, 'message')) as [number]
    return perSecond
  }
}
