/**
 * Refuses a lockfile in which a package's platform packages are missing: some releases reach the registry before
 * theirs do, `npm install` then writes a lockfile without them, and `npm ci` dies on the next machine. Also refuses
 * versions that are not exact.
 *
 * @module
 */
import { globSync, readFileSync } from 'node:fs'

interface Locked {
  optionalDependencies?: Record<string, string>
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Locked>
}
const problems: string[] = []

for (const [path, locked] of Object.entries(packages)) {
  for (const name of Object.keys(locked.optionalDependencies ?? {})) {
    if (!isLocked(path, name))
      problems.push(
        `package-lock.json: ${path} lists ${name}, which is not locked; choose a release that is complete`,
      )
  }
}

for (const file of globSync([
  'package.json',
  'packages/*/package.json',
  'examples/*/package.json',
  'bench/peers/package.json',
])) {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<
    string,
    Record<string, string> | undefined
  >
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
      if (!/^(npm:[^@]*(@[^@/]+\/[^@]+)?@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        problems.push(`${file}: ${name} ${version} should be an exact version`)
    }
  }
}

/** Node's own resolution: the package's folder, then each folder above. */
function isLocked(from: string, name: string): boolean {
  for (let path = from; ; path = path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/')))) {
    if (packages[`${path === '' ? '' : `${path}/`}node_modules/${name}`]) return true
    if (path === '') return false
    if (!path.includes('/node_modules/')) path = ''
    if (path === '' && packages[`node_modules/${name}`]) return true
  }
}

for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
