/**
 * Packs what others install: the policy language, the log, the SDK and the command line, as JavaScript with types
 * for a plain Node 20, into dist/*.tgz. The server is not among them: it runs from a checkout.
 *
 *   node scripts/pack.ts [--out <directory>] [<package>...]
 *
 * The libraries are compiled once more, against no newer library than Node 20 has: whatever a later one brought is a
 * type error here and not a crash there.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What ECMAScript of Node 20 (V8 11.3) is; `isWellFormed` came to it before its year. */
const NODE_20 = ['ES2023', 'ES2024.String', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable']

interface Package {
  readonly name: string
  /** Others import it, so it has types; and they check it themselves with the libraries of its own. */
  readonly isLibrary: boolean
}

/** In the order in which they depend on one another. */
const packages: readonly Package[] = [
  { name: 'tlog', isLibrary: true },
  { name: 'policy', isLibrary: true },
  { name: 'sdk', isLibrary: true },
  { name: 'cli', isLibrary: false },
]

type Exports = string | { readonly [condition: string]: Exports }

interface Manifest {
  readonly exports?: Exports
  readonly imports?: Exports
  readonly bin?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

const { values, positionals } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'dist') } },
  allowPositionals: true,
})
const out = resolve(values.out)
const staging = join(root, 'dist', `.staging-${process.pid}`)
try {
  mkdirSync(out, { recursive: true })
  for (const each of chosen()) process.stdout.write(`${pack(each)}\n`)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
} finally {
  rmSync(staging, { recursive: true, force: true })
}

function chosen(): readonly Package[] {
  const unknown = positionals.filter((name) => !packages.some((each) => each.name === name))
  if (unknown.length > 0)
    throw new Error(`${unknown.join(', ')}: packed are ${packages.map((each) => each.name).join(', ')}`)
  return packages.filter((each) => positionals.length === 0 || positionals.includes(each.name))
}

/** @returns what was made, for people */
function pack({ name, isLibrary }: Package): string {
  const from = join(root, 'packages', name)
  const to = join(staging, name)
  mkdirSync(to, { recursive: true })
  compile(from, to, isLibrary)
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as Manifest
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`)
  if (manifest.bin) cpSync(join(from, 'bin'), join(to, 'bin'), { recursive: true })
  if (existsSync(join(from, 'README.md'))) cpSync(join(from, 'README.md'), join(to, 'README.md'))
  cpSync(join(root, 'LICENSE'), join(to, 'LICENSE'))
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out], to),
  ) as [{ filename: string; size: number; entryCount: number }]
  const { filename, size, entryCount } = packed
  return `${join(out, filename)}  ${Math.ceil(size / 1024)} KB, ${entryCount} files`
}

/**
 * Emits dist/. The command line is emitted as it is: its imports lead into the other packages and the server, which
 * `npm run check` has checked with it.
 */
function compile(from: string, to: string, isLibrary: boolean): void {
  const shared = {
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    target: 'ES2023',
    types: ['node'],
    rootDir: join(from, 'src'),
    outDir: join(to, 'dist'),
    noEmit: false,
    rewriteRelativeImportExtensions: true,
    sourceMap: false,
  }
  const options = isLibrary
    ? { ...shared, lib: NODE_20, declaration: true }
    : { ...shared, noCheck: true, noResolve: true }
  const config = join(to, 'tsconfig.json')
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: options,
      include: [join(from, 'src')],
      exclude: [join(from, 'src/**/*.test.ts')],
    }),
  )
  run(process.execPath, [join(root, 'node_modules/typescript7/bin/tsc'), '-p', config], root)
  rmSync(config)
}

/** The manifest as it is published: what pointed at sources points at what was emitted. */
function published(manifest: Manifest): Manifest {
  const { devDependencies: _, private: __, scripts: ___, exports, imports, ...rest } = manifest
  return {
    ...rest,
    ...(exports !== undefined && { exports: emitted(exports, true) }),
    ...(imports !== undefined && { imports: emitted(imports, false) }),
    files: ['dist', ...(manifest.bin ? ['bin'] : [])],
  }
}

/** `./src/x.ts` → `./dist/x.js`, in every condition; with its types beside it where it is imported from outside. */
function emitted(target: Exports, withTypes: boolean): Exports {
  if (typeof target !== 'string') {
    return Object.fromEntries(Object.entries(target).map(([key, value]) => [key, emitted(value, withTypes)]))
  }
  const file = target.replace(/^\.\/src\//, './dist/')
  const js = file.replace(/\.ts$/, '.js')
  return withTypes && js !== file ? { types: file.replace(/\.ts$/, '.d.ts'), default: js } : js
}

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} failed:\n${error?.message ?? ''}${stdout}${stderr}`)
}
