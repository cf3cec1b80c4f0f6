/**
 * What size costs: the same requests to a small installation and to a large one, both on this machine's PostgreSQL,
 * asked about organizations and members all over it.
 *
 * @module
 */
import { type Load, load, request } from '../http/load.ts'
import { platformApplication, type SeedInput, seed, slugOf } from '../http/seed.ts'
import { Stack } from '../http/stack.ts'
import { type Bench, compare, type Effort, inTurns, type Row } from '../measure.ts'
import { cycle } from './check.ts'
import { cookieHeader, PERMISSIONS } from './session.ts'

const SMALL = { organizations: 10, members: 100 }
const CONNECTIONS = 64
/** Different requests in a turn; more than a turn sends. */
const VARIETY = 20_000

export const growth: Bench = {
  name: 'growth',
  about: 'a large installation beside a small one',
  run: (effort, say) => Stack.use((stack) => measure(stack, effort, say)),
}

async function* measure(stack: Stack, effort: Effort, say: (progress: string) => void): AsyncIterable<Row> {
  const size = effort.isFull
    ? { organizations: 100_000, members: 1_000_000 }
    : effort.isQuick
      ? { organizations: 1_000, members: 10_000 }
      : { organizations: 10_000, members: 100_000 }
  const name = `${size.organizations.toLocaleString('en-US')} organizations, ${size.members.toLocaleString('en-US')} members`
  say('starting PostgreSQL and two Writs')
  const small = await installation(stack, SMALL)
  say(`seeding ${name}`)
  const large = await installation(stack, size)
  for (const kind of ['decisions', 'sessions'] as const) {
    say(kind)
    const turn = ({ port, requests }: typeof small, seconds: number): Load => ({
      port,
      connections: CONNECTIONS,
      seconds,
      next: cycle(requests[kind]),
    })
    for (const each of [small, large]) await load(turn(each, effort.seconds))
    const { ours, yardstick } = await inTurns(effort.rounds, {
      ours: async () => (await load(turn(large, effort.seconds))).perSecond,
      yardstick: async () => (await load(turn(small, effort.seconds))).perSecond,
    })
    yield compare({
      what: `${kind} among ${name}`,
      unit: '/s',
      ours,
      yardstick: {
        name: `among ${SMALL.organizations} organizations, ${SMALL.members} members`,
        values: yardstick,
      },
      kind: 'share',
      limit: 0.7,
    })
  }
}

async function installation(stack: Stack, size: Pick<SeedInput, 'organizations' | 'members'>) {
  const writ = await stack.writ()
  const seeded = await seed(writ.database.superuser, { ...size, sessions: size.members })
  const headers = { authorization: `Bearer ${platformApplication}` }
  // A stride that is coprime to every size used here visits members in no order of the tables.
  const members = Array.from({ length: VARIETY }, (_, i) => (i * 7_919) % size.members)
  const decisions = members.map((n) =>
    request('POST', '/access/v1/evaluation', {
      headers,
      body: {
        subject: { type: 'user', id: seeded.users[n] },
        action: { name: 'read' },
        resource: { type: 'leads', id: `lead-${n}` },
        context: { organization: slugOf((n % size.organizations) + 1) },
      },
    }),
  )
  const sessions = members.map((n) => request('GET', PERMISSIONS, { headers: cookieHeader(n + 1) }))
  return { port: writ.port, requests: { decisions, sessions } }
}
