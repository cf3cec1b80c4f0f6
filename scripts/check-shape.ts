/**
 * One inner shape for every module of the server: a module may lack a file, it may not have one of another name, save
 * one folder for a real algorithm. Also holds files to their size.
 *
 * @module
 */
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const MODULES = 'packages/server/src/modules'
const FILES = new Set([
  'index.ts',
  'catalog.ts',
  'model.ts',
  'queries.ts',
  'store.ts',
  'routes.ts',
  'jobs.ts',
])
const FOLDERS = new Set(['commands', 'queries', 'model', 'routes', 'store'])
const MOST_LINES = 500
const problems: string[] = []

for (const module of globSync(`${MODULES}/*/*`)) {
  const algorithms: string[] = []
  for (const name of readdirSync(module)) {
    const isFolder = statSync(join(module, name)).isDirectory()
    if (isFolder && !FOLDERS.has(name)) algorithms.push(name)
    if (!isFolder && !FILES.has(name) && !isTest(name))
      problems.push(`${module}/${name}: a module has ${[...FILES].join(', ')}`)
  }
  if (algorithms.length > 1)
    problems.push(`${module}: one folder for an algorithm, not ${algorithms.join(' and ')}`)
  if (!readdirSync(module).includes('index.ts'))
    problems.push(`${module}: index.ts is missing; nobody can import it`)
}

for (const file of globSync(`${MODULES}/*/*/commands/*.ts`)) {
  const name = file.split('/').at(-1)!
  if (!isTest(name) && !/^[a-z]+(-[a-z0-9]+)+\.ts$/.test(name))
    problems.push(`${file}: a command is named verb-noun`)
}

for (const file of globSync(['packages/*/src/**/*.ts', 'scripts/**/*.ts', 'examples/**/*.ts'])) {
  if (file.includes('/generated/') || file.includes('node_modules')) continue
  const lines = readFileSync(file, 'utf8').split('\n').length
  if (lines > MOST_LINES && !file.includes('.test.'))
    problems.push(`${file}: ${lines} lines; at most ${MOST_LINES}`)
}

function isTest(name: string): boolean {
  return name.endsWith('.test.ts')
}

for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
