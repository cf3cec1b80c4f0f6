import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportOf, sampleLog } from '../packages/tlog/test/support/sample-export.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const outer = outerNode()
const packed = ['tlog', 'policy', 'cli', ...(hasSdk() ? ['sdk'] : [])]

let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'writ-packed-'))
  const tarballs = join(folder, 'tarballs')
  const made = run(process.execPath, [join(root, 'scripts/pack.ts'), '--out', tarballs, ...packed], root)
  expect(made.stderr).toBe('')
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  const files = readdirSync(tarballs).map((name) => join(tarballs, name))
  const npm = run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', ...files],
    folder,
  )
  expect(npm.status, npm.stderr).toBe(0)
  cpSync(join(root, 'policies/sales-agent.policy.yaml'), join(folder, 'sales.policy.yaml'))
}, 240_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe(`the packed command line on node ${outer.version}${outer.major === 20 ? '' : ' (no node 20 on PATH)'}`, () => {
  test('says its version, and nothing about TypeScript', () => {
    expect(writ('--version')).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' })
  })

  test('checks a policy, and finds what is wrong with one', () => {
    const good = writ('policy', 'check', 'sales.policy.yaml')
    expect(good).toMatchObject({ status: 0, stderr: '' })
    expect(good.stdout).toContain('sales-agent, Access Control Policy')
    writeFileSync(join(folder, 'wrong.policy.yaml'), 'writ: 1\nname: x\nroles: { owner: { alow: [] } }\n')
    const bad = writ('policy', 'check', 'wrong.policy.yaml')
    expect(bad.status).toBe(1)
    expect(bad.stdout).toContain('wrong.policy.yaml:3:19')
  })

  test('renders a policy, as Markdown and as a page', () => {
    expect(writ('policy', 'render', 'sales.policy.yaml').stdout).toMatch(/^# /)
    expect(writ('policy', 'render', 'sales.policy.yaml', '--out', 'sales.html').status).toBe(0)
    expect(existsSync(join(folder, 'sales.html'))).toBe(true)
  })

  test('proves an export, and locates the entry that was altered', async () => {
    const log = await sampleLog(300)
    const lines = await exportOf(log)
    writeFileSync(join(folder, 'log.jsonl'), `${lines.join('\n')}\n`)
    const proven = writ('audit', 'verify', 'log.jsonl', '--key', log.signer.verifierKey)
    expect(proven).toMatchObject({ status: 0, stderr: '' })
    expect(proven.stdout).toContain('300 events')
    const altered = lines.map((line) => line.replace('evt_280\\"', 'evt_281\\"'))
    writeFileSync(join(folder, 'altered.jsonl'), `${altered.join('\n')}\n`)
    const refused = writ('audit', 'verify', 'altered.jsonl', '--json')
    expect(refused.status).toBe(1)
    expect(JSON.parse(refused.stdout)).toMatchObject({
      ok: false,
      problem: { entries: { first: 280, last: 280 } },
    })
  })

  test.each([['serve'], ['policy', 'apply', 'sales.policy.yaml', '--reason', 'x'], ['admin', 'rotate-keys']])(
    'says that %s needs the server, which is not in the package',
    (...args) => {
      const { status, stderr } = writ(...args)
      expect(status).toBe(4)
      expect(stderr).toContain('needs the server, which is not part of this package')
      expect(stderr).not.toMatch(/\n\s+at /)
    },
  )
})

describe('the packed libraries', () => {
  test('are imported as JavaScript', () => {
    const names = packed.filter((name) => name !== 'cli').map((name) => `@writ/${name}`)
    const code = `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(await import(name)).length > 0)`
    const { stdout, stderr } = run(outer.path, ['--input-type=module', '-e', code], folder)
    expect({ stdout, stderr }).toEqual({ stdout: names.map((name) => `${name} true\n`).join(''), stderr: '' })
  })

  test('keep modules of Node behind the condition `node`, for bundlers', () => {
    const tlog = join(folder, 'node_modules/@writ/tlog')
    const { imports } = JSON.parse(readFileSync(join(tlog, 'package.json'), 'utf8'))
    for (const { node, default: other } of Object.values<Record<string, string>>(imports)) {
      expect(readFileSync(join(tlog, node!), 'utf8')).toContain("from 'node:crypto'")
      expect(/from 'node:/.test(readFileSync(join(tlog, other!), 'utf8'))).toBe(false)
    }
  })

  test('bring their types', () => {
    const code = [
      "import { decide, compile, parsePolicy, type Decision } from '@writ/policy'",
      "import { verifyExport, type ExportReport } from '@writ/tlog'",
      "const parsed = parsePolicy('')",
      'if (parsed.ok) {',
      "  const answer: Decision = decide(compile(parsed.policy), { action: 'read', resource: { type: 'leads' }, organization: 'a', now: new Date() })",
      '  const yes: boolean = answer.allowed',
      '  console.log(yes)',
      '}',
      'const report: ExportReport = await verifyExport([])',
      '// @ts-expect-error a report is no number',
      'const wrong: number = report',
      'console.log(wrong)',
    ]
    writeFileSync(join(folder, 'consumer.ts'), `${code.join('\n')}\n`)
    const config = {
      compilerOptions: {
        module: 'NodeNext',
        strict: true,
        noEmit: true,
        target: 'ES2023',
        lib: ['ES2023', 'DOM'],
        types: [],
      },
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, files: ['consumer.ts'] }))
    const tsc = join(root, 'node_modules/typescript7/bin/tsc')
    expect(run(process.execPath, [tsc, '-p', folder], folder).stdout).toBe('')
  })

  test('carry the licence and what they have of a README, and no source or test', () => {
    for (const name of packed) {
      const installed = join(folder, 'node_modules/@writ', name)
      const files = readdirSync(installed, { recursive: true }).map(String)
      expect(files).toContain('LICENSE')
      expect(files.includes('README.md')).toBe(existsSync(join(root, 'packages', name, 'README.md')))
      expect(
        files.filter((file) => /(\.test\.|(^|[^d])\.ts$)/.test(file) && !file.endsWith('.d.ts')),
      ).toEqual([])
    }
  })
})

function writ(...args: string[]) {
  return run(outer.path, [join(folder, 'node_modules/.bin/writ'), ...args], folder)
}

/** Runs as a stranger's shell would: without this checkout's programs on PATH. */
function run(program: string, args: readonly string[], cwd: string) {
  const PATH = [dirname(outer.path), ...outsidePaths()].join(delimiter)
  const env = { ...process.env, PATH, NO_COLOR: '1' }
  delete (env as Record<string, unknown>)['NODE_OPTIONS']
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

function outsidePaths(): string[] {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.split(sep).includes('node_modules'))
}

/** A node outside the checkout, of major 20 if there is one. */
function outerNode(): { path: string; version: string; major: number } {
  const found = outsidePaths().flatMap((path) => {
    const program = join(path, 'node')
    const version = existsSync(program)
      ? spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim()
      : ''
    return version === '' ? [] : [{ path: program, version, major: Number(version.slice(1).split('.')[0]) }]
  })
  const own = {
    path: process.execPath,
    version: process.version,
    major: Number(process.versions.node.split('.')[0]),
  }
  return found.find(({ major }) => major === 20) ?? found.find(({ major }) => major > 20) ?? own
}

/** Its types are generated from openapi.json. */
function hasSdk(): boolean {
  return existsSync(join(root, 'packages/sdk/src/generated/openapi.ts'))
}
