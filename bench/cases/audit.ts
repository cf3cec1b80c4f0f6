/**
 * The audit log: how fast events become durable, numbered and signed, and what proving and verifying costs. The
 * server's own modules, in this process, without HTTP.
 *
 * @module
 */
import pg from 'pg'
import { verifyExport } from '../../packages/tlog/src/index.ts'
import { Stack } from '../http/stack.ts'
import { absolute, type Bench, compare, type Effort, inTurns, type Row, spread } from '../measure.ts'
import { type AuditBench, auditBench } from './audit/log.ts'

/** Requests that record at the same time. */
const CALLERS = 1_024
const BATCH = 500

export const audit: Bench = {
  name: 'audit',
  about: 'events recorded, numbered, signed, proven, verified',
  run: (effort, say) => Stack.use((stack) => measure(stack, effort, say)),
}

async function* measure(stack: Stack, effort: Effort, say: (progress: string) => void): AsyncIterable<Row> {
  say('starting PostgreSQL')
  const log = await auditBench(stack)
  const plain = await plainTable(stack)
  const latencies: number[] = []
  say('appending')
  const record = () => log.record()
  const contenders = {
    ours: () => callers(CALLERS, effort.seconds, record),
    single: () => callers(CALLERS, effort.seconds, () => plain.transaction()),
    batched: async () => BATCH * (await callers(1, effort.seconds, () => plain.insert(BATCH))),
  }
  for (const contender of Object.values(contenders)) await contender()
  const appended = await inTurns(effort.rounds, contenders)
  yield compare({
    what: 'append, durable',
    unit: '/s',
    ours: appended.ours,
    yardstick: { name: 'one transaction an event, 16 connections', values: appended.single },
    kind: 'gain',
    limit: 10,
  })
  yield compare({
    what: 'append, durable',
    unit: '/s',
    ours: appended.ours,
    yardstick: { name: `plain INSERT of ${BATCH}`, values: appended.batched },
    kind: 'share',
    limit: 0.6,
  })

  say('appending with numbering and signing')
  await log.settle()
  await log.start()
  const sequenced = await inTurns(effort.rounds, {
    ours: async () => {
      const started = performance.now()
      const perSecond = await callers(CALLERS, effort.seconds, () => timed(latencies, record))
      const count = (perSecond * effort.seconds) | 0
      await log.settle()
      return count / ((performance.now() - started) / 1000)
    },
    batched: contenders.batched,
  })
  yield compare({
    what: 'append, numbered and signed',
    unit: '/s',
    ours: sequenced.ours,
    yardstick: { name: `plain INSERT of ${BATCH}`, values: sequenced.batched },
    kind: 'share',
    limit: 0.3,
  })
  latencies.length = 0
  for (let round = 0; round < effort.rounds; round++)
    await callers(16, effort.seconds, () => timed(latencies, record))
  yield absolute(
    'acknowledged, 16 callers: p99',
    'ms',
    [percentile(latencies, 0.99)],
    { most: 10 },
    `median ${percentile(latencies, 0.5).toFixed(1)} ms`,
  )
  yield* reading(log, effort, say)
}

async function* reading(
  log: AuditBench,
  effort: Effort,
  say: (progress: string) => void,
): AsyncIterable<Row> {
  const wanted = effort.isFull ? 1_000_000 : effort.isQuick ? 20_000 : 100_000
  say(`filling the log to ${wanted.toLocaleString('en-US')} events`)
  const size = await log.fill(wanted)
  const events = size.toLocaleString('en-US')
  say('proofs')
  const ids = await log.sample(200)
  const times: number[] = []
  for (const id of ids) await timed(times, () => log.prove(id))
  const { median, max } = spread(times)
  yield absolute(
    `proof of one event among ${events}`,
    'ms',
    [median],
    { most: 5 },
    `p99 ${percentile(times, 0.99).toFixed(1)} ms, slowest ${max.toFixed(1)} ms`,
  )
  say('exporting and verifying')
  const lines = await log.export()
  const rates: number[] = []
  for (let round = 0; round < Math.min(3, effort.rounds); round++) {
    const started = process.cpuUsage()
    const report = await verifyExport(lines)
    if (!report.ok || report.entries !== size)
      throw new Error(`the export does not verify: ${JSON.stringify(report.problem ?? report.entries)}`)
    const { user, system } = process.cpuUsage(started)
    rates.push(size / ((user + system) / 1e6))
  }
  yield absolute(`verification of an export of ${events} events`, '/s', rates, { least: 60_000 })
}

/** Runs `work` from so many callers, each waiting for its own before the next; how often a second. */
async function callers(count: number, seconds: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  const end = started + seconds * 1000
  let done = 0
  const caller = async () => {
    for (; performance.now() < end; done++) await work()
  }
  await Promise.all(Array.from({ length: count }, caller))
  return done / ((performance.now() - started) / 1000)
}

async function timed(times: number[], work: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  await work()
  times.push(performance.now() - started)
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

interface PlainTable {
  /** So many rows by one statement. */
  insert(rows: number): Promise<void>
  /** One row in a transaction of its own. */
  transaction(): Promise<void>
}

/** A table with a primary key and a text as long as a leaf: the least that could be called a record. */
async function plainTable(stack: Stack): Promise<PlainTable> {
  const { superuserUrl } = await stack.database()
  const pool = new pg.Pool({ connectionString: superuserUrl, max: 16 })
  stack.defer(() => pool.end())
  await pool.query(
    'create table events (id uuid primary key default uuidv7(), at timestamptz not null, event text not null)',
  )
  const event = JSON.stringify({ type: 'decisions.denied', filler: 'x'.repeat(500) })
  const text = 'insert into events (at, event) select $1, e from unnest($2::text[]) e'
  const statement = (rows: number) => ({
    name: 'insert',
    text,
    values: [new Date(), Array.from({ length: rows }, () => event)],
  })
  return {
    async insert(rows) {
      await pool.query(statement(rows))
    },
    async transaction() {
      const client = await pool.connect()
      await client.query('begin')
      await client.query(statement(1))
      await client.query('commit')
      client.release()
    },
  }
}
