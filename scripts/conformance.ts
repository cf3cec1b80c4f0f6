/**
 * Runs published test vectors against our own code and the libraries we rest on.
 *
 *   node scripts/conformance.ts <vectors dir>
 *
 * The vectors are others' work and are not part of this repository; point it to a folder with
 * `merkle/all.json`, `rfc/rfc-vectors.json`, `bcrypt/bcrypt.json` and `otp/hotp-totp.json`, whichever there are. Prints a
 * table of suites, every failure by name, and last `N passed, N failed`; exits 1 when one failed or
 * nothing ran.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bcryptSuites } from './conformance/bcrypt.ts'
import { merkleSuites } from './conformance/merkle.ts'
import { otpSuites } from './conformance/otp.ts'
import { rfcSuites } from './conformance/rfc.ts'
import { runSuites, type Suite } from './conformance/suite.ts'

const SOURCES: readonly [file: string, read: (vectors: unknown) => Suite[]][] = [
  ['merkle/all.json', (vectors) => merkleSuites(vectors as Parameters<typeof merkleSuites>[0])],
  ['rfc/rfc-vectors.json', (vectors) => rfcSuites(vectors as Parameters<typeof rfcSuites>[0])],
  ['bcrypt/bcrypt.json', (vectors) => bcryptSuites(vectors as Parameters<typeof bcryptSuites>[0])],
  ['otp/hotp-totp.json', (vectors) => otpSuites(vectors as Parameters<typeof otpSuites>[0])],
]

const folder = process.argv[2]
if (folder === undefined) {
  console.error('Usage: node scripts/conformance.ts <vectors dir>')
  process.exit(2)
}
const found = SOURCES.filter(([file]) => existsSync(join(folder, file)))
for (const [file] of SOURCES) {
  if (!found.some(([name]) => name === file)) console.log(`not there, so not run: ${file}`)
}
const suites = found.flatMap(([file, read]) => read(JSON.parse(readFileSync(join(folder, file), 'utf8'))))
const { passed, failed } = await runSuites(suites)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
