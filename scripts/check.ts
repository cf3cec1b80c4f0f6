/**
 * `npm run check`: everything that a change must pass, in one table. The tests are `npm test`; CI runs both.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const checks: readonly [name: string, command: readonly string[]][] = [
  ['types', ['node', 'node_modules/typescript7/bin/tsc', '-p', '.']],
  ['lint and format', ['biome', 'check', '--error-on-warnings', '.']],
  ['boundaries', ['node', 'scripts/check-boundaries.ts']],
  ['shape', ['node', 'scripts/check-shape.ts']],
  ['unused code', ['knip']],
  ['lockfile', ['node', 'scripts/check-lockfile.ts']],
  ['words', ['node', 'scripts/check-words.ts']],
  ['generated files', ['node', 'scripts/gen.ts', '--check']],
  ['documentation', ['node', 'scripts/check-docs.ts']],
]

const asked = process.argv.slice(2)
let failed = 0
for (const [name, command] of checks.filter(
  ([name]) => asked.length === 0 || asked.some((word) => name.includes(word)),
)) {
  const started = performance.now()
  const { code, output } = await run(command)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)\n`)
  if (code === 0) continue
  failed++
  process.stdout.write(`${output.trimEnd().split('\n').slice(-60).join('\n')}\n\n`)
}
process.exitCode = failed === 0 ? 0 : 1

function run([program, ...args]: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program!, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0' },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
