/**
 * Starting, as a person does it: `writ serve` until it is ready, with a new database, with an old one, and after a
 * kill that left the database running.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../packages/server/src/platform/postgres/endpoint.ts'
import { makeDirectory, removeDirectory } from '../http/directory.ts'
import { salesAgent } from '../http/stack.ts'
import { absolute, type Bench, type Effort } from '../measure.ts'

const WRIT = fileURLToPath(new URL('../../packages/cli/bin/writ.js', import.meta.url))
const TIMEOUT_MS = 60_000
/** By then what only the start needed has been given back. */
const SETTLED_MS = 5_000

interface Measured {
  readonly first: number[]
  readonly second: number[]
  readonly afterKill: number[]
  readonly memory: number[]
}

export const start: Bench = {
  name: 'start',
  about: '`writ serve` until it is ready',
  async *run(effort, say) {
    const measured: Measured = { first: [], second: [], afterKill: [], memory: [] }
    const rounds = Math.min(3, effort.rounds)
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`)
      await oneLife(measured, effort)
    }
    yield absolute('first start, with a new database', 's', measured.first, { most: 4 })
    yield absolute('second start', 's', measured.second, { most: 2 })
    yield absolute('start after kill -9, the database still running', 's', measured.afterKill, { most: 4 })
    yield absolute(
      'memory of the idle server process',
      'MB',
      measured.memory,
      { most: 250 },
      'PostgreSQL is not in it.',
    )
  },
}

/** Starts, stops, starts, is killed, starts: each on the same data. */
async function oneLife(measured: Measured, effort: Effort): Promise<void> {
  const directory = makeDirectory()
  let running: Serving | undefined
  const begin = async (times: number[]) => {
    running = await serve(directory)
    times.push(running.seconds)
    return running
  }
  try {
    const first = await begin(measured.first)
    await first.end('SIGTERM')
    const second = await begin(measured.second)
    await delay(effort.isQuick ? 500 : SETTLED_MS)
    measured.memory.push(residentMegabytes(second.process.pid!))
    await second.end('SIGKILL')
    await begin(measured.afterKill)
  } finally {
    await running?.end('SIGTERM')
    removeDirectory(directory)
  }
}

interface Serving {
  readonly process: ChildProcess
  /** From the command to the first answer of /readyz. */
  readonly seconds: number
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

async function serve(directory: string): Promise<Serving> {
  const port = await freePort()
  const own = Object.entries(process.env).filter(([name]) => !/^(WRIT_|DATABASE_|NODE_OPTIONS$)/.test(name))
  const env = {
    ...Object.fromEntries(own),
    WRIT_DATA: directory,
    WRIT_POLICY: salesAgent,
    WRIT_LOG: 'silent',
    WRIT_PORT: String(port),
  }
  const started = performance.now()
  const child = spawn(process.execPath, [WRIT, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`writ serve ended with ${child.exitCode}:\n${output}`)
    if (performance.now() - started > TIMEOUT_MS) {
      child.kill('SIGKILL')
      throw new Error(`writ serve was not ready after ${TIMEOUT_MS / 1000} s:\n${output}`)
    }
    await delay(10)
  }
  const seconds = (performance.now() - started) / 1000
  return {
    process: child,
    seconds,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

function residentMegabytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024
}
