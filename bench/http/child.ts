/** Server processes of a bench: each says over IPC where it listens, and is ended by who started it. @module */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

export interface Child {
  readonly port: number
  readonly process: ChildProcess
  /** What it sent when it listened; `port` and whatever else it has to say. */
  readonly message: Readonly<Record<string, unknown>>
  stop(): Promise<void>
}

/**
 * Starts a module that sends `{ port }` when it listens.
 *
 * @throws Error with what it wrote, when it ends before that
 */
export async function startChild(
  module: URL,
  options: { env?: Record<string, string>; input?: unknown; execArgv?: readonly string[] } = {},
): Promise<Child> {
  const child = fork(module, {
    env: { ...cleanEnvironment(), ...options.env },
    execArgv: [...(options.execArgv ?? [])],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000)))
  if (options.input !== undefined) child.send(options.input as object)
  const message = await new Promise<{ port: number }>((resolve, reject) => {
    child.once('message', (said) => resolve(said as { port: number }))
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(
        new Error(`${module.pathname.split('/').at(-1)} ended with ${code} before it listened:\n${output}`),
      ),
    )
  })
  return {
    port: message.port,
    message,
    process: child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const deadline = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await ended
      clearTimeout(deadline)
    },
  }
}

/** Settings of the person's own Writ must not reach the one that is measured. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(WRIT_|DATABASE_|NODE_OPTIONS$)/.test(name)),
  )
}
