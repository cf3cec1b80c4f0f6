/**
 * `npm run demo`: Writ on the embedded database under one of the four policies, with an application guarded by it,
 * walked through by real HTTP requests. Exits 1 at the first step that does not go as said.
 *
 *   npm run demo                               the sales platform; then, at a terminal, stays up
 *   npm run demo -- --policy prosaas           another policy
 *   npm run demo -- --policy business-manager  with six applications behind one sign-on
 *   npm run demo -- --once                     ends after the walk
 *   npm run demo -- --keep                     stays up also where nobody sits at a terminal
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Config, type RunningServer, readConfig, startServer } from '@writ/server'
import { createSalesApp } from '../examples/sales-agent/src/app.ts'
import { freePort } from '../packages/server/src/platform/postgres/endpoint.ts'
import { type Scenario, scenarios } from './demo/scenarios.ts'
import { SignOnTour } from './demo/sign-on-tour.ts'
import { Tour } from './demo/tour.ts'
import { Walk, WalkFailed } from './demo/walk.ts'

const { values } = parseArgs({
  options: {
    policy: { type: 'string', default: 'sales-agent' },
    once: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const scenario = scenarios[values.policy]
if (!scenario) {
  process.stderr.write(
    `There is no policy ${values.policy} here; there are ${Object.keys(scenarios).join(', ')}.\n`,
  )
  process.exit(2)
}

const directory = mkdtempSync(join(tmpdir(), 'writ-demo-'))
const stops: (() => Promise<unknown>)[] = []
const ended = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  // Whoever reads (`| head`) has seen enough. Dying of it would leave the database running.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    resolve()
  })
})

try {
  await run(scenario)
} catch (error) {
  if (!(error instanceof WalkFailed)) throw error
  process.stdout.write(`\nThe walk stopped: ${error.message}\n`)
  process.exitCode = 1
} finally {
  for (const stop of stops.reverse()) await stop()
  rmSync(directory, { recursive: true, force: true })
}

async function run(scenario: Scenario): Promise<void> {
  process.stdout.write(`Starting Writ under the policy ${values.policy}, with a new database of its own …\n`)
  const started = performance.now()
  const config = await configuration()
  const server = await startServer(config)
  stops.push(() => server.stop())
  process.stdout.write(
    `… up after ${((performance.now() - started) / 1000).toFixed(1)} s at ${server.address}\n`,
  )

  const walk = new Walk()
  const tour = new Tour(walk, server, config, scenario)
  await tour.foundOrganizations()
  const signOn = scenario.signOn && new SignOnTour(walk, tour, server, config)
  if (signOn) {
    stops.push(() => signOn.stop())
    await signOn.start()
    await signOn.walk()
  }
  const exampleUrl = scenario.example
    ? await startExample(server, await tour.registerApplication())
    : undefined
  await tour.walk(exampleUrl)
  process.stdout.write('\nEverything went as the policy says.\n')
  if (values.once || !(values.keep || process.stdout.isTTY)) return
  process.stdout.write(closing(server, exampleUrl, tour, signOn?.addresses ?? []))
  await ended
  process.stdout.write('\nStopping …\n')
}

async function configuration(): Promise<Config> {
  const port = await freePort()
  return readConfig({
    WRIT_DATA: directory,
    WRIT_PORT: String(port),
    WRIT_URL: `http://localhost:${port}`,
    WRIT_LOG: 'warn',
    WRIT_POLICY: fileURLToPath(new URL(`../policies/${values.policy}.policy.yaml`, import.meta.url)),
  })
}

async function startExample(server: RunningServer, key: string): Promise<string> {
  const example = createSalesApp({ writUrl: server.address, key })
  stops.push(() => example.close())
  return example.listen({ port: 0, host: '127.0.0.1' })
}

function closing(
  server: RunningServer,
  exampleUrl: string | undefined,
  tour: Tour,
  addresses: readonly string[],
): string {
  const lines = [
    '',
    `  Writ            ${server.publicUrl}   (API at /api/v1, described at /docs; mail lies at /outbox)`,
    ...(exampleUrl ? [`  the example     ${exampleUrl}`] : []),
    ...addresses.map((address) => `  ${address}`),
    `  sign in as      ${tour.owner.email} with the password ${tour.owner.password}`,
    '',
    'Ctrl-C stops everything and removes it.',
    '',
  ]
  return lines.join('\n')
}
