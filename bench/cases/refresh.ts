/**
 * Refresh tokens that rotate: ours spent and replaced durably, with its audit event, against oidc-provider's grant on
 * its in-memory store, and against the least SQL that could be durable.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { type Load, load, request } from '../http/load.ts'
import { refreshTokenOf, seed } from '../http/seed.ts'
import { Stack } from '../http/stack.ts'
import { type Bench, compare, type Effort, inTurns, type Row } from '../measure.ts'
import { installPeers } from '../peers.ts'

const CONNECTIONS = 16

export const refresh: Bench = {
  name: 'refresh',
  about: 'refresh tokens rotated, durably',
  run: (effort, say) => Stack.use((stack) => measure(stack, effort, say)),
}

async function* measure(stack: Stack, effort: Effort, say: (progress: string) => void): AsyncIterable<Row> {
  await installPeers(say)
  say('starting PostgreSQL, Writ and oidc-provider')
  const writ = await stack.writ()
  await seed(writ.database.superuser, { organizations: 1, members: CONNECTIONS, sessions: CONNECTIONS })
  const ours = chains(
    writ.port,
    Array.from({ length: CONNECTIONS }, (_, i) => refreshTokenOf(i + 1)),
    (refreshToken) => request('POST', '/api/v1/auth/refresh', { body: { refreshToken } }),
    (body) => (JSON.parse(body) as { refreshToken: string }).refreshToken,
  )
  const provider = await stack.child(new URL('../peers/oidc-provider.mjs', import.meta.url), {
    input: { tokens: CONNECTIONS },
  })
  const peer = chains(
    provider.port,
    provider.message['tokens'] as string[],
    (token) =>
      form('/token', {
        grant_type: 'refresh_token',
        refresh_token: token,
        client_id: 'bench',
        client_secret: 'bench-secret',
      }),
    (body) => (JSON.parse(body) as { refresh_token: string }).refresh_token,
  )
  const sql = await plainTransactions(stack)
  say('rotating')
  for (const rotate of [ours, peer, sql]) await rotate(1)
  const turns = await inTurns(effort.rounds, {
    ours: () => ours(effort.seconds),
    peer: () => peer(effort.seconds),
    sql: () => sql(effort.seconds),
  })
  const what = `rotations, ${CONNECTIONS} connections`
  yield compare({
    what,
    unit: '/s',
    ours: turns.ours,
    yardstick: { name: 'oidc-provider, in memory', values: turns.peer },
    kind: 'share',
    limit: 0.7,
    note: 'oidc-provider signs an ID token with RS256 besides, and forgets all of it at a restart.',
  })
  yield compare({
    what,
    unit: '/s',
    ours: turns.ours,
    yardstick: { name: 'BEGIN, UPDATE, INSERT, COMMIT by pg', values: turns.sql },
    kind: 'share',
  })
}

/** Each connection spends the token that its last answer gave it. */
function chains(
  port: number,
  first: readonly string[],
  spend: (token: string) => Buffer,
  successor: (body: string) => string,
): (seconds: number) => Promise<number> {
  const tokens = [...first]
  const next: Load['next'] = (connection, body) => {
    if (body !== undefined) tokens[connection] = successor(body)
    return spend(tokens[connection]!)
  }
  return async (seconds) => {
    const { perSecond } = await load({ port, connections: first.length, seconds, next, readsBodies: true })
    return perSecond
  }
}

function form(path: string, fields: Record<string, string>): Buffer {
  const body = new URLSearchParams(fields).toString()
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

async function plainTransactions(stack: Stack): Promise<(seconds: number) => Promise<number>> {
  const { superuserUrl } = await stack.database()
  const pool = new pg.Pool({ connectionString: superuserUrl, max: CONNECTIONS })
  stack.defer(() => pool.end())
  await pool.query('create table tokens (id uuid primary key, spent_at timestamptz)')
  const current: string[] = []
  for (let i = 0; i < CONNECTIONS; i++) {
    current.push(randomUUID())
    await pool.query('insert into tokens (id) values ($1)', [current[i]])
  }
  const rotate = async (i: number) => {
    const client = await pool.connect()
    const fresh = randomUUID()
    await client.query('begin')
    await client.query({
      name: 'spend',
      text: 'update tokens set spent_at = now() where id = $1 and spent_at is null',
      values: [current[i]],
    })
    await client.query({ name: 'issue', text: 'insert into tokens (id) values ($1)', values: [fresh] })
    await client.query('commit')
    client.release()
    current[i] = fresh
  }
  return async (seconds) => {
    const started = performance.now()
    const end = started + seconds * 1000
    let count = 0
    const worker = async (i: number) => {
      for (; performance.now() < end; count++) await rotate(i)
    }
    await Promise.all(current.map((_, i) => worker(i)))
    return count / ((performance.now() - started) / 1000)
  }
}
