/**
 * The architecture's rules (.dependency-cruiser.mjs), run so that they cannot pass by looking at nothing: the cruise
 * must have seen the tree, and a planted violation must be found.
 *
 * @module
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
// @ts-expect-error: dependency-cruiser reads its rules from JavaScript, which has no declarations
import rules from '../.dependency-cruiser.mjs'

const FEWEST_MODULES = 100
const PLANT = 'packages/server/src/platform/planted-violation.ts'

const found = await look(['packages', 'scripts'])
const planted = await withPlant(() => look([PLANT]))
const problems = found.summary.violations.filter((violation) => violation.rule.severity === 'error')

for (const { rule, from, to } of problems) process.stdout.write(`${rule.name}: ${from} → ${to}\n`)
if (found.summary.totalCruised < FEWEST_MODULES)
  fail(`only ${found.summary.totalCruised} modules were seen; the check looked at nothing`)
if (!planted.summary.violations.some((violation) => violation.rule.name === 'platform-knows-no-domain'))
  fail('a planted violation was not found; the check is blind')
if (problems.length > 0) process.exitCode = 1
else process.stdout.write(`${found.summary.totalCruised} modules keep the architecture\n`)

async function look(places: string[]): Promise<ICruiseResult> {
  const { forbidden, options } = rules as { forbidden: never[]; options: object }
  const { output } = await cruise(places, { ...options, ruleSet: { forbidden }, validate: true })
  return output as ICruiseResult
}

async function withPlant<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync('packages/server/src/platform', { recursive: true })
  writeFileSync(PLANT, "export { decide } from '../modules/access/decisions/index.ts'\n")
  try {
    return await work()
  } finally {
    rmSync(PLANT)
  }
}

function fail(reason: string): void {
  process.stdout.write(`${reason}\n`)
  process.exitCode = 1
}
