/**
 * Who is this? An authenticated GET by cookie and by access token, read live on every request, against a bare route
 * and against better-auth on the same PostgreSQL.
 *
 * @module
 */
import { type Load, load, request } from '../http/load.ts'
import { cookieOf, refreshTokenOf, seed } from '../http/seed.ts'
import { Stack, type WritServer } from '../http/stack.ts'
import { type Bench, compare, type Effort, inTurns, type Row } from '../measure.ts'
import { installPeers } from '../peers.ts'
import { cycle } from './check.ts'

/** Needs nothing but the session and its standing, so it shows what authentication costs. */
export const PERMISSIONS = '/api/v1/me/permissions'
/** Reads the account, the organization and the session besides. */
const ME = '/api/v1/me'
const MEMBERS = 64
const SIGNED_UP = 16

export const session: Bench = {
  name: 'session',
  about: 'an authenticated GET, the session read live from PostgreSQL',
  run: (effort, say) => Stack.use((stack) => measure(stack, effort, say)),
}

async function* measure(stack: Stack, effort: Effort, say: (progress: string) => void): AsyncIterable<Row> {
  await installPeers(say)
  say('starting PostgreSQL, Writ and better-auth')
  const writ = await stack.writ()
  await seed(writ.database.superuser, { organizations: 1, members: MEMBERS, sessions: MEMBERS })
  const byCookie = byCookieTo(PERMISSIONS)
  const byToken = (await accessTokens(writ, MEMBERS)).map((token) =>
    request('GET', PERMISSIONS, { headers: { authorization: `Bearer ${token}` } }),
  )
  const routes = await Promise.all(
    [PERMISSIONS, ME].map(async (path) => ({
      method: 'GET',
      path,
      answer: await writ.fetch(path, { headers: cookieHeader(1) }),
    })),
  )
  const bare = await stack.child(new URL('../processes/bare.ts', import.meta.url), { input: routes })
  const live = await betterAuth(stack, false)
  const cached = await betterAuth(stack, true)

  const rate = async (
    port: number,
    requests: readonly Buffer[],
    connections: number,
    seconds = effort.seconds,
  ) => {
    const turn: Load = { port, connections, seconds, next: cycle(requests) }
    return (await load(turn)).perSecond
  }
  const cases: readonly [what: string, requests: readonly Buffer[]][] = [
    ["one's permissions by cookie, 64 connections", byCookie],
    ["one's permissions by access token, 64 connections", byToken],
    ['/me by cookie, 64 connections', byCookieTo(ME)],
  ]
  for (const [what, requests] of cases) {
    say(what)
    await rate(writ.port, requests, 64)
    const { ours, yardstick } = await inTurns(effort.rounds, {
      ours: () => rate(writ.port, requests, 64),
      yardstick: () => rate(bare.port, requests, 64),
    })
    yield compare({
      what,
      unit: '/s',
      ours,
      yardstick: { name: 'bare Fastify', values: yardstick },
      kind: 'share',
      limit: 0.6,
    })
  }
  say('16 connections, beside better-auth')
  await rate(writ.port, byCookie, 16)
  const turns = await inTurns(effort.rounds, {
    ours: () => rate(writ.port, byCookie, 16),
    live: () => rate(live.port, live.requests, 16),
    cached: () => rate(cached.port, cached.requests, 16),
  })
  const against = (name: string, values: readonly number[], limit: number, note?: string) =>
    compare({
      what: "one's permissions by cookie, 16 connections",
      unit: '/s',
      ours: turns.ours,
      yardstick: { name, values },
      kind: 'gain',
      limit,
      ...(note ? { note } : {}),
    })
  yield against('better-auth get-session', turns.live, 15)
  yield against(
    'better-auth with its cookie cache',
    turns.cached,
    10,
    'Its cache goes on serving a session that was revoked; ours is read live in both rows.',
  )
}

function byCookieTo(path: string): Buffer[] {
  return Array.from({ length: MEMBERS }, (_, i) => request('GET', path, { headers: cookieHeader(i + 1) }))
}

export function cookieHeader(member: number) {
  return { cookie: `__Host-writ_session=${cookieOf(member)}` }
}

/** Access tokens of seeded sessions, got as a client gets them. */
export async function accessTokens(writ: WritServer, count: number): Promise<string[]> {
  const tokens: string[] = []
  for (let member = 1; member <= count; member++) {
    const body = JSON.stringify({ refreshToken: refreshTokenOf(member) })
    const answer = await writ.fetch('/api/v1/auth/refresh', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    tokens.push((answer as { accessToken: string }).accessToken)
  }
  return tokens
}

async function betterAuth(stack: Stack, isCached: boolean) {
  const database = await stack.database()
  const env = { DATABASE: database.superuserUrl, COOKIE_CACHE: isCached ? '1' : '0' }
  const { port } = await stack.child(new URL('../peers/better-auth.mjs', import.meta.url), { env })
  const requests: Buffer[] = []
  for (let i = 0; i < SIGNED_UP; i++) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://127.0.0.1' },
      body: JSON.stringify({
        name: `Member ${i}`,
        email: `member-${i}@example.com`,
        password: 'Quiet-Harbour-47',
      }),
    })
    if (!answer.ok) throw new Error(`better-auth's sign-up answered ${answer.status}: ${await answer.text()}`)
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    requests.push(request('GET', '/api/auth/get-session', { headers: { cookie } }))
  }
  const shown = await fetch(`http://127.0.0.1:${port}/api/auth/get-session`, {
    headers: { cookie: /cookie: (.*)\r\n/.exec(requests[0]!.toString())![1]! },
  })
  // It answers 200 and null where there is no session.
  if (!(await shown.text()).includes('"user"'))
    throw new Error('better-auth does not know the session it just made')
  return { port, requests }
}
