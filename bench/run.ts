/**
 * `npm run bench`: Writ beside its yardsticks, in one run. The table goes to stdout, what is going on to stderr.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { audit } from './cases/audit.ts'
import { check } from './cases/check.ts'
import { decision } from './cases/decision.ts'
import { growth } from './cases/growth.ts'
import { refresh } from './cases/refresh.ts'
import { session } from './cases/session.ts'
import { signIn } from './cases/sign-in.ts'
import { start } from './cases/start.ts'
import type { Bench, Effort, Row } from './measure.ts'
import { renderTable } from './table.ts'

const benches: readonly Bench[] = [decision, check, session, signIn, refresh, audit, growth, start]

const usage = `npm run bench -- [--only NAME]… [--quick] [--full] [--json]

  --only NAME   one of: ${benches.map(({ name }) => name).join(', ')}; may be repeated
  --quick       few and short turns: shows that it works, not how fast it is
  --full        the largest sizes: takes some minutes more
  --json        results as JSON instead of tables
`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  if (options.help) {
    process.stdout.write(usage)
    return 0
  }
  const unknown = options.only?.find((name) => !benches.some((bench) => bench.name === name))
  if (unknown !== undefined) {
    process.stderr.write(`There is no bench "${unknown}".\n\n${usage}`)
    return 2
  }
  const effort: Effort = {
    rounds: options.quick ? 2 : 5,
    seconds: options.quick ? 0.4 : 1.5,
    isQuick: options.quick,
    isFull: options.full,
  }
  const results: { bench: string; about: string; seconds: number; rows: Row[]; error?: string }[] = []
  for (const bench of benches.filter(({ name }) => options.only?.includes(name) ?? true)) {
    results.push(await runBench(bench, effort))
    if (!options.json) process.stdout.write(`${renderResult(results.at(-1)!)}\n`)
  }
  const missed = results.flatMap(({ rows }) => rows).filter(({ goal }) => goal && !goal.holds).length
  const failed = results.filter(({ error }) => error !== undefined).length
  if (options.json)
    process.stdout.write(`${JSON.stringify({ machine: machine(), effort, results }, undefined, 2)}\n`)
  else process.stdout.write(`${machine()}\n${summary(results, missed, failed)}\n`)
  return failed > 0 ? 1 : 0
}

async function runBench(bench: Bench, effort: Effort) {
  const started = performance.now()
  const rows: Row[] = []
  const say = (progress: string) => process.stderr.write(`${bench.name}: ${progress}\n`)
  const result = () => ({
    bench: bench.name,
    about: bench.about,
    seconds: (performance.now() - started) / 1000,
    rows,
  })
  try {
    for await (const row of bench.run(effort, say)) rows.push(row)
    return result()
  } catch (error) {
    return { ...result(), error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

function renderResult(result: {
  bench: string
  about: string
  seconds: number
  rows: Row[]
  error?: string
}): string {
  const head = `\n${result.bench}: ${result.about} (${result.seconds.toFixed(0)} s)\n`
  const failure = result.error === undefined ? '' : `\nbroke off: ${result.error}\n`
  return head + (result.rows.length > 0 ? `${renderTable(result.rows)}\n` : '') + failure
}

function summary(results: readonly { rows: Row[] }[], missed: number, failed: number): string {
  const judged = results.flatMap(({ rows }) => rows).filter(({ goal }) => goal).length
  const broken = failed === 0 ? '' : ` ${failed} broke off.`
  if (options.quick)
    return `Quick: ${judged - missed} of ${judged} goals hold, which says little after turns this short.${broken}`
  return `${judged - missed} of ${judged} goals hold.${broken}`
}

/** Noise shows in the ranges; how much else the machine did says where it came from. */
const loadBefore = loadavg()[0] ?? 0

function machine(): string {
  const processor = cpus()[0]?.model.trim() ?? 'an unknown processor'
  const date = new Date().toISOString().slice(0, 10)
  return `node ${process.version}, ${availableParallelism()} cores of ${processor}, load ${loadBefore.toFixed(1)} before the run, ${date}`
}

/** Memory is measured after a collection, so this runs with --expose-gc, whoever started it. */
if (globalThis.gc) process.exitCode = await main()
else {
  try {
    execFileSync(
      process.execPath,
      ['--expose-gc', fileURLToPath(import.meta.url), ...process.argv.slice(2)],
      { stdio: 'inherit' },
    )
  } catch (error) {
    process.exitCode = (error as { status?: number }).status ?? 1
  }
}
