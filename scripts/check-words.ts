/**
 * What no committed file may say: paths of somebody's machine, hosts of a registry, work left for later, and names
 * that name nothing.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const FORBIDDEN: readonly [pattern: RegExp, why: string, only?: RegExp][] = [
  [/\/(work|home|Users)\/[a-z]+\//, 'a path of one machine'],
  [/registry\.npm[a-z]*\.|registry\.yarnpkg/, 'the host of a registry'],
  [/\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))/, 'work left for later; do it, or name the issue: TODO(#12)'],
  [
    /\b(simply|seamless(ly)?|robust(ly)?|leverag(e|es|ing)|blazing(ly)?)\b/i,
    'a word that says nothing',
    /\.(md|ts)$/,
  ],
]
const FORBIDDEN_NAMES = /(^|\/)(utils?|helpers?|common|misc|shared)(\.[a-z]+)?(\/|$)/
const EXEMPT = new Set(['scripts/check-words.ts', 'package-lock.json', 'LICENSE'])

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !EXEMPT.has(file) && !/\.(png|ico|woff2)$/.test(file))
const problems: string[] = []

for (const file of files) {
  if (FORBIDDEN_NAMES.test(file)) problems.push(`${file}: name it for what it does`)
  let lines: string[]
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch {
    continue
  }
  for (const [index, line] of lines.entries()) {
    for (const [pattern, why, only] of FORBIDDEN) {
      if ((only?.test(file) ?? true) && pattern.test(line))
        problems.push(`${file}:${index + 1}: ${why}: ${line.trim().slice(0, 100)}`)
    }
  }
}

for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
