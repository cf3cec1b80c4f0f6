import { existsSync, readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { RunningServer } from '@writ/server'
import type { CommandDefinition, Invocation } from '../../command.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { Failure, interrupted } from '../../failure.ts'
import type { Io } from '../../io.ts'
import type { Output } from '../../output.ts'
import {
  inOptionWords,
  type ServerOptions,
  serverEnvironment,
  withServerOptions,
} from '../../server-config.ts'
import { loadServer, type ServerPackage } from '../../server-package.ts'
import { type StopSignals, watchStopSignals } from '../../stop-signals.ts'

/** Runs the server until it is told to stop; then finishes what is running and exits 0. A second signal exits at once. */
export const startServer: CommandDefinition<ServerOptions> = {
  name: 'serve',
  summary: 'run the server',
  description:
    'Runs the server until Ctrl-C or SIGTERM, which finish running requests first; a second signal exits at once. Without DATABASE_URL it brings its own PostgreSQL and keeps its data in .writ. Its log goes to stderr as JSON lines; on a terminal only warnings are shown (WRIT_LOG=info for all).',
  examples: [
    'writ serve --policy policies/sales-agent.policy.yaml',
    'writ serve --port 9000 --url https://access.example.com',
    'WRIT_LOG=debug writ serve',
  ],
  configure: withServerOptions,
  async run(invocation, _, options) {
    const { io, output } = invocation
    const server = await loadServer('writ serve')
    const signals = watchStopSignals()
    try {
      const config = await readConfig(server, invocation, options)
      const starting = output.progress('Starting')
      const running = await start(server, config, options, io).finally(() => starting.stop())
      announce(running, output)
      return await stopWhenTold(running, signals, output)
    } finally {
      signals.stop()
    }
  },
}

type Config = Parameters<ServerPackage['startServer']>[0]

async function readConfig(
  server: ServerPackage,
  { io, output }: Invocation,
  options: ServerOptions,
): Promise<Config> {
  const env = serverEnvironment(io, options)
  // On a terminal the answer of this command is what the reader came for; elsewhere the log is.
  if (!env['WRIT_LOG']) env['WRIT_LOG'] = io.stderr.isTTY || output.json ? 'warn' : 'info'
  const config = inWordsOf(options, () => server.readConfig(env))
  const isFirstStart = config.databaseUrl === undefined && !existsSync(config.dataDirectory)
  if (config.policyFile !== undefined || !isFirstStart || !io.ask) return config
  const found = ['.', 'policies'].flatMap((folder) => policiesIn(io.cwd, folder))
  if (found.length === 0) return config
  const choices = found.map((file) => ({ value: file, label: file }))
  const chosen = await io.ask.select('Which policy should this server run? (--policy answers this)', choices)
  if (chosen === undefined) throw interrupted()
  return { ...config, policyFile: resolve(io.cwd, chosen) }
}

function policiesIn(cwd: string, folder: string): string[] {
  const path = resolve(cwd, folder)
  if (!existsSync(path)) return []
  const names = readdirSync(path).filter((name) => name.endsWith('.policy.yaml'))
  return names.sort().map((name) => join(folder, name))
}

async function start(
  server: ServerPackage,
  config: Config,
  options: ServerOptions,
  io: Io,
): Promise<RunningServer> {
  try {
    return await server.startServer(config, server.createLog(config.logLevel, io.stderr))
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === 'listen') throw cannotListen(code, config, error)
    if ((error as Error).name === 'PolicyRefused') throw policyRefused(config, io, error as PolicyRefused)
    return inWordsOf(options, () => {
      throw error
    })
  }
}

type PolicyRefused = Error & { readonly problems?: readonly string[] }

/** At the first start. A line each is enough here: `policy check` shows the same problems in the file. */
function policyRefused({ policyFile }: Config, { cwd }: Io, error: PolicyRefused): Failure {
  const file = relative(cwd, policyFile!)
  return new Failure(
    exitCodes.refused,
    'policy_refused',
    'The server did not start: its policy was refused.',
    {
      details: error.problems ?? [error.message],
      hint: `writ policy check ${file.startsWith('..') ? policyFile : file} shows each in its line.`,
      cause: error,
    },
  )
}

function cannotListen(code: string | undefined, { host, port }: Config, cause: unknown): Failure {
  const where = `${host}:${port}`
  if (code === 'EADDRINUSE') {
    return new Failure(
      exitCodes.unavailable,
      'address_in_use',
      `Something else is listening on ${where} already.`,
      {
        hint: `Stop it, or take another port: writ serve --port ${port + 1}`,
        cause,
      },
    )
  }
  const why =
    code === 'EACCES'
      ? "this user may not use that port; those below 1024 are the system's"
      : code === 'EADDRNOTAVAIL'
        ? 'this machine does not have that address'
        : code
  return new Failure(
    exitCodes.unavailable,
    'address_unusable',
    `The server cannot listen on ${where}: ${why}.`,
    { hint: 'Choose with --host and --port.', cause },
  )
}

/** Configuration problems name the option where the option was used. */
function inWordsOf<T>(options: ServerOptions, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { name, problems } = error as { name?: string; problems?: string[] }
    if (name !== 'ConfigError' || !problems) throw error
    throw new Failure(
      exitCodes.unavailable,
      'configuration',
      'The server cannot start with this configuration:',
      {
        details: inOptionWords(problems, options),
        hint: 'writ serve --help lists the options, docs/reference/configuration.md every variable.',
        cause: error,
      },
    )
  }
}

function announce(running: RunningServer, output: Output): void {
  const { address, publicUrl, setupUrl, outboxUrl, policyDrift } = running
  const { style } = output
  output.result({
    status: 'running',
    address,
    publicUrl,
    docsUrl: `${publicUrl}/docs`,
    ...(outboxUrl && { outboxUrl }),
    ...(setupUrl && { setupUrl }),
    ...(policyDrift && { policyDrift }),
  })
  output.line(`${style.green('✓')} ${style.bold('Writ is running.')}`)
  output.line()
  output.table(
    [
      ['Address', style.cyan(publicUrl)],
      ...(sameAddress(address, publicUrl) ? [] : [['Listening', address]]),
      ['API docs', style.cyan(`${publicUrl}/docs`)],
      ...(outboxUrl ? [['Mails', style.cyan(outboxUrl)]] : []),
      ...(setupUrl ? [['Set up', style.cyan(setupUrl)]] : []),
    ],
    { indent: 2, width: Number.POSITIVE_INFINITY },
  )
  if (setupUrl)
    output.paragraph(
      'Open the set-up link to create the first organization and its owner. It works once.',
      12,
    )
  output.line()
  if (policyDrift) output.lines([...['', `${style.yellow('!')} ${policyDrift}`].slice(1), ''])
  output.line(style.dim('Ctrl-C stops it; requests that are running are finished first.'))
}

/** `localhost` and 127.0.0.1 on one port are one address to a reader. */
function sameAddress(address: string, publicUrl: string): boolean {
  return address.replace('127.0.0.1', 'localhost') === publicUrl
}

async function stopWhenTold(running: RunningServer, signals: StopSignals, output: Output): Promise<ExitCode> {
  await signals.first
  output.note(output.noteStyle.dim('Stopping: finishing what is running. Once more exits at once.'))
  await running.stop()
  output.note(output.noteStyle.dim('Stopped.'))
  return exitCodes.done
}
