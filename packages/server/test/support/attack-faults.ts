/**
 * Kill -9 of the server, of its database, of both, in the middle of writing; then everything that was promised is
 * looked up: what was acknowledged is there once and has its event, no event lacks its change, the log verifies.
 *
 * @module
 */
import { type ExportEntry, verifyExport } from '@writ/tlog'
import { toWire } from '#platform/ids'
import { PASSWORD } from './app.ts'
import { type Attempt, type Client, Load, request } from './attack-load.ts'
import { startVictim, type Victim } from './attack-process.ts'

export interface Round {
  readonly killed: 'server' | 'postmaster' | 'both'
  readonly acknowledged: number
  /** Their answer was lost: done or not, but never half. */
  readonly unknown: number
  readonly refused: number
  /** Milliseconds until a write succeeded again. */
  readonly recovered: number
  readonly events: number
  /** What was promised and is not so; empty. */
  readonly broken: readonly string[]
}

const ROTATION = ['server', 'postmaster', 'both'] as const
const organization = '/organizations/acme'
const MEMBERS = 4

/** Tortures one server. `onRound` hears of each round as it ends. */
export async function torture(options: {
  rounds: number
  seed?: number
  onRound?(round: Round): void
}): Promise<Round[]> {
  const random = randomFrom(options.seed ?? 1)
  const victim = await startVictim()
  try {
    const client: Client = { address: victim.address, accessToken: '' }
    await setUp(victim, client)
    const members = await createMembers(client)
    const load = new Load(client, members)
    const rounds: Round[] = []
    for (let i = 0; i < options.rounds; i++) {
      const round = await playRound(victim, client, load, ROTATION[i % 3]!, 150 + random() * 600)
      rounds.push(round)
      options.onRound?.(round)
    }
    await victim.stop()
    return rounds
  } finally {
    await victim.remove()
  }
}

async function playRound(
  victim: Victim,
  client: Client,
  load: Load,
  killed: Round['killed'],
  afterMs: number,
): Promise<Round> {
  // The token lives 15 minutes, what a sensitive action asks for 10: every round signs in anew.
  await signIn(client)
  const from = load.attempts.length
  load.start()
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  const started = performance.now()
  await victim.kill(killed)
  if (killed !== 'postmaster') {
    await load.stop()
    await victim.start()
    client.address = victim.address
  }
  await untilWritable(client, `marker-${killed}-${from}`)
  const recovered = performance.now() - started
  // The running server got through the death of its database under load; now its writers may end.
  if (killed === 'postmaster') await load.stop()
  const { entries, broken } = await inspect(client, load.attempts)
  const own = load.attempts.slice(from)
  const count = (outcome: Attempt['outcome']) => own.filter((attempt) => attempt.outcome === outcome).length
  return {
    killed,
    acknowledged: count('done'),
    unknown: count('unknown'),
    refused: count('refused'),
    recovered,
    events: entries,
    broken:
      killed === 'postmaster' && count('unknown') > 0
        ? [...broken, 'the server broke off requests although it was not killed']
        : broken,
  }
}

async function setUp(victim: Victim, client: Client): Promise<void> {
  const token = new URL(victim.setupUrl!).hash.slice('#token='.length)
  const created = await request(client, 'POST', '/setup', {
    token,
    organization: { name: 'Acme', slug: 'acme' },
    owner: { email: 'owner@acme.test', name: 'Olga', password: PASSWORD },
  })
  if (created.status !== 201) throw new Error(`set-up: ${created.status} ${created.body}`)
  await signIn(client)
}

async function signIn(client: Client): Promise<void> {
  const answer = await request(client, 'POST', '/auth/login', {
    email: 'owner@acme.test',
    password: PASSWORD,
  })
  client.accessToken = JSON.parse(answer.body).accessToken
  if (!client.accessToken) throw new Error(`sign-in: ${answer.status} ${answer.body}`)
}

async function createMembers(client: Client): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < MEMBERS; i++) {
    const answer = await request(client, 'POST', `${organization}/members`, {
      email: `m${i}@acme.test`,
      name: `name-of-${i}`,
      roles: ['user'],
    })
    if (answer.status !== 201) throw new Error(`a member: ${answer.status} ${answer.body}`)
    ids.push(JSON.parse(answer.body).id)
  }
  return ids
}

/** Until a write gets through; 503 and refused connections are what is to be waited out, anything else is not. */
async function untilWritable(client: Client, marker: string): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const answer = await request(client, 'PUT', `${organization}/resources/leads/${marker}`, {
      attributes: {},
    })
    if (answer.status < 300) return
    if (answer.status !== 503) throw new Error(`after the fault: ${answer.status} ${answer.body}`)
    if (performance.now() > deadline) throw new Error('the server did not recover within a minute')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

interface Logged {
  readonly type: string
  readonly requestId: string
  readonly target: string | undefined
  readonly after: Record<string, unknown>
}

async function inspect(
  client: Client,
  attempts: readonly Attempt[],
): Promise<{ entries: number; broken: string[] }> {
  const logged = await readLog(client)
  const state = await readState(client)
  const broken = [...acknowledgedOnce(attempts, logged), ...eventsMatchState(logged, state)]
  for (const { kind, key, value, outcome } of attempts) {
    if (
      outcome === 'refused' &&
      kind !== 'roles' &&
      isDone(state, kind, key, value) &&
      !wasDone(attempts, kind, key, value)
    ) {
      broken.push(`${kind} ${key}: answered "nothing was changed", and it was`)
    }
  }
  return { entries: logged.length, broken: broken.slice(0, 20) }
}

/** Every change that was acknowledged has one event, under the id of its request. */
function acknowledgedOnce(attempts: readonly Attempt[], logged: readonly Logged[]): string[] {
  const counts = new Map<string, number>()
  for (const { requestId } of logged) counts.set(requestId, (counts.get(requestId) ?? 0) + 1)
  const broken: string[] = []
  const uncertain = new Set<string>()
  for (const { kind, key, outcome, requestId } of attempts) {
    const events = requestId === undefined ? 0 : (counts.get(requestId) ?? 0)
    // Roles that a lost answer had already given are given again without an event.
    const isRepeat = kind === 'roles' && events === 0 && uncertain.has(key)
    if (outcome === 'done' && events !== 1 && !isRepeat)
      broken.push(`${kind} ${key}: acknowledged, with ${events} events`)
    if (kind !== 'roles') continue
    if (outcome === 'done') uncertain.delete(key)
    else uncertain.add(key)
  }
  return broken
}

interface State {
  readonly resources: ReadonlySet<string>
  /** By id. */
  readonly applications: ReadonlyMap<string, string>
  readonly members: ReadonlyMap<string, { name: string; roles: string[] }>
}

function isDone(state: State, kind: Attempt['kind'], key: string, value: string): boolean {
  if (kind === 'resource') return state.resources.has(key)
  if (kind === 'application') return [...state.applications.values()].includes(key)
  return state.members.get(key)?.name === value
}

function wasDone(attempts: readonly Attempt[], kind: string, key: string, value: string): boolean {
  return attempts.some(
    (each) => each.kind === kind && each.key === key && each.value === value && each.outcome !== 'refused',
  )
}

/** No event without its change, no change without its event: what the log says of each thing is what the thing is. */
function eventsMatchState(logged: readonly Logged[], state: State): string[] {
  const said = {
    resources: new Map<string, number>(),
    applications: new Map<string, number>(),
    names: new Map<string, unknown>(),
    roles: new Map<string, unknown>(),
  }
  for (const { type, target = '', after } of logged) {
    if (type === 'resources.registered') said.resources.set(target, (said.resources.get(target) ?? 0) + 1)
    if (type === 'applications.created')
      said.applications.set(target, (said.applications.get(target) ?? 0) + 1)
    if (type === 'members.renamed') said.names.set(target, after['name'])
    if (type === 'roles.changed') said.roles.set(target, after['roles'])
  }
  const broken = [
    ...compareSets('resource', said.resources, [...state.resources]),
    ...compareSets('application', said.applications, [...state.applications.keys()]),
  ]
  for (const [member, { name, roles }] of state.members) {
    if (said.names.has(member) && said.names.get(member) !== name)
      broken.push(`member ${member} is called ${name}, the log says ${String(said.names.get(member))}`)
    if (said.roles.has(member) && JSON.stringify(said.roles.get(member)) !== JSON.stringify(roles))
      broken.push(`member ${member} holds ${roles.join()}, the log says ${String(said.roles.get(member))}`)
  }
  return broken
}

function compareSets(kind: string, said: ReadonlyMap<string, number>, are: readonly string[]): string[] {
  const there = new Set(are)
  return [
    ...are.filter((key) => !said.has(key)).map((key) => `${kind} ${key} has no event`),
    ...[...said]
      .filter(([key]) => !there.has(key))
      .map(([key]) => `an event tells of ${kind} ${key}, which is not there`),
    ...[...said]
      .filter(([, count]) => count !== 1)
      .map(([key, count]) => `${kind} ${key} has ${count} events`),
    ...(there.size === are.length ? [] : [`${kind}: something is there twice`]),
  ]
}

/** The whole log, verified against its signed checkpoint. Waits until everything that is committed is under one. */
async function readLog(client: Client): Promise<Logged[]> {
  await untilSigned(client)
  const { verifierKey } = JSON.parse((await request(client, 'GET', `${organization}/audit/checkpoint`)).body)
  const text = (await request(client, 'GET', `${organization}/audit/export`)).body
  const logged: Logged[] = []
  const report = await verifyExport(text.trimEnd().split('\n'), {
    pinnedKey: verifierKey,
    onEntry: (entry) => void logged.push(read(entry)),
  })
  if (report.problem || !report.whole) throw new Error(`the log does not verify: ${JSON.stringify(report)}`)
  return logged
}

/** The sequencer takes events in the order they came, so when the newest is signed all are. */
async function untilSigned(client: Client): Promise<void> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const { items } = JSON.parse((await request(client, 'GET', `${organization}/audit/events?limit=1`)).body)
    if (items[0].isInCheckpoint) return
    if (performance.now() > deadline)
      throw new Error('the newest event is under no checkpoint after half a minute')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function read({ leaf, personal }: ExportEntry): Logged {
  const { type, requestId, target, after } = JSON.parse(leaf)
  const clear = Object.entries(personal ?? {}).flatMap(([field, { value }]) =>
    field.startsWith('after.') ? [[field.slice(6), value]] : [],
  )
  return { type, requestId, target: wireOf(target), after: { ...after, ...Object.fromEntries(clear) } }
}

/** As the API spells it. */
function wireOf(target: { type: string; id: string } | undefined): string | undefined {
  if (target?.type === 'member') return toWire('mem', target.id)
  if (target?.type === 'application') return toWire('app', target.id)
  return target?.id
}

async function readState(client: Client): Promise<State> {
  const resources = await list<{ id: string }>(client, `${organization}/resources/leads`)
  const applications = await list<{ id: string; name: string }>(client, `${organization}/applications`)
  const members = await list<{ id: string; name: string; roles: string[] }>(client, `${organization}/members`)
  return {
    resources: new Set(resources.map(({ id }) => id)),
    applications: new Map(applications.map(({ id, name }) => [id, name])),
    members: new Map(members.map((member) => [member.id, member])),
  }
}

async function list<T>(client: Client, path: string): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const answer = await request(
      client,
      'GET',
      `${path}?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )
    const page = JSON.parse(answer.body) as { items: T[]; nextCursor: string | null }
    items.push(...page.items)
    cursor = page.nextCursor
  }
  return items
}

/** Repeatable, so that a failing seed can be played again (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
