/**
 * Documentation that cannot rot unseen: every relative link leads somewhere, every `npm run` names a script that
 * exists, and every TypeScript block type-checks against the packages as they are.
 *
 * @module
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const pages = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { encoding: 'utf8' })
  .split('\n')
  .filter(Boolean)
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const problems: string[] = []
const blocks: { from: string; code: string }[] = []

for (const page of pages) {
  const text = readFileSync(page, 'utf8')
  for (const [, target] of text.matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)[^)]*\)/g)) {
    if (!existsSync(join(dirname(page), target!))) problems.push(`${page}: the link ${target} leads nowhere`)
  }
  for (const [, name] of text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)) {
    if (!(name! in scripts)) problems.push(`${page}: npm run ${name} is not a script of package.json`)
  }
  for (const match of text.matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
    blocks.push({ from: `${page}:${text.slice(0, match.index).split('\n').length}`, code: match[1]! })
  }
}

if (blocks.length > 0) problems.push(...typeCheck())
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1

function typeCheck(): string[] {
  const folder = '.docs-check'
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  try {
    for (const [i, { from, code }] of blocks.entries())
      writeFileSync(join(folder, `block-${i}.ts`), `// ${from}\n${code}\nexport {}\n`)
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../tsconfig.json',
        compilerOptions: { noUnusedLocals: false },
        include: ['*.ts'],
      }),
    )
    const { stdout } = spawnSync('node', ['node_modules/typescript7/bin/tsc', '-p', folder], {
      encoding: 'utf8',
    })
    return stdout.split('\n').flatMap((line) => {
      const match = /block-(\d+)\.ts\((\d+),\d+\): (.*)/.exec(line)
      return match
        ? [`${blocks[Number(match[1])]!.from}: line ${Number(match[2]) - 1} of the block: ${match[3]}`]
        : []
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
