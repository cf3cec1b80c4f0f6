/**
 * POST /access/v1/evaluation with the subject's standing read live, against a Fastify route that takes and gives the
 * same bodies and reads nothing.
 *
 * @module
 */
import { type Load, load, request } from '../http/load.ts'
import { applicationOf, type Seeded, seed } from '../http/seed.ts'
import { Stack, type WritServer } from '../http/stack.ts'
import { type Bench, compare, type Effort, inTurns, type Row } from '../measure.ts'
import type { BareRoute } from '../processes/bare.ts'

const EVALUATION = '/access/v1/evaluation'
const EVALUATIONS = '/access/v1/evaluations'
const MEMBERS = 200
const IN_ONE = 50

export const check: Bench = {
  name: 'check',
  about: 'decisions over HTTP, standing read live from PostgreSQL',
  run: (effort, say) => Stack.use((stack) => measure(stack, effort, say)),
}

async function* measure(stack: Stack, effort: Effort, say: (progress: string) => void): AsyncIterable<Row> {
  say('starting PostgreSQL and Writ')
  const writ = await stack.writ()
  const seeded = await seed(writ.database.superuser, { organizations: 1, members: MEMBERS, sessions: 0 })
  const questions = questionsOf(seeded)
  const bare = await stack.child(new URL('../processes/bare.ts', import.meta.url), {
    input: await bareRoutes(writ, questions),
  })
  const cases: readonly [what: string, requests: readonly Buffer[], connections: number, goal: number][] = [
    ['allowed, 64 connections', questions.allowed, 64, 0.8],
    ['allowed, 8 connections', questions.allowed, 8, 0.45],
    ['50 in one request, 64 connections', questions.many, 64, 0.6],
    ['denied and durably in the audit log, 64 connections', questions.denied, 64, 0.45],
  ]
  for (const [what, requests, connections, limit] of cases) {
    say(what)
    const turn = (port: number, seconds: number): Load => ({
      port,
      connections,
      seconds,
      next: cycle(requests),
    })
    await load(turn(writ.port, effort.seconds))
    await load(turn(bare.port, effort.seconds / 2))
    const { ours, yardstick } = await inTurns(effort.rounds, {
      ours: async () => (await load(turn(writ.port, effort.seconds))).perSecond,
      yardstick: async () => (await load(turn(bare.port, effort.seconds))).perSecond,
    })
    yield compare({
      what,
      unit: '/s',
      ours,
      yardstick: { name: 'bare Fastify', values: yardstick },
      kind: 'share',
      limit,
    })
  }
}

interface Questions {
  readonly allowed: readonly Buffer[]
  readonly denied: readonly Buffer[]
  readonly many: readonly Buffer[]
}

function questionsOf({ users }: Seeded): Questions {
  const headers = { authorization: `Bearer ${applicationOf(1)}` }
  const ask = (action: string) =>
    users
      .map((user, i) => question(user, action, i))
      .map((body) => request('POST', EVALUATION, { headers, body }))
  const many = users.map((_, at) => {
    const evaluations = Array.from({ length: IN_ONE }, (_, i) =>
      question(users[(at + i) % users.length]!, 'read', i),
    )
    return request('POST', EVALUATIONS, { headers, body: { evaluations } })
  })
  return { allowed: ask('read'), denied: ask('manage'), many }
}

function question(user: string, action: string, i: number) {
  return {
    subject: { type: 'user', id: user },
    action: { name: action },
    resource: { type: 'leads', id: `lead-${i}` },
  }
}

/** What the bare server answers is what Writ answered to the same request. */
async function bareRoutes(writ: WritServer, { allowed, many }: Questions): Promise<BareRoute[]> {
  const answerTo = async (path: string, bytes: Buffer) => {
    const [head, body] = bytes.toString().split('\r\n\r\n') as [string, string]
    const authorization = /authorization: (.*)\r\n/.exec(head)![1]!
    return writ.fetch(path, {
      method: 'POST',
      body,
      headers: { authorization, 'content-type': 'application/json' },
    })
  }
  return [
    { method: 'POST', path: EVALUATION, answer: await answerTo(EVALUATION, allowed[0]!) },
    { method: 'POST', path: EVALUATIONS, answer: await answerTo(EVALUATIONS, many[0]!) },
  ]
}

/** Each connection walks the requests from a place of its own. */
export function cycle(requests: readonly Buffer[]): Load['next'] {
  const at: number[] = []
  return (connection) => {
    const next = at[connection] ?? connection * 7
    at[connection] = next + 1
    return requests[next % requests.length]!
  }
}
