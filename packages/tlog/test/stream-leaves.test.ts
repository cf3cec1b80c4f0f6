import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('stream-leaves.ts', import.meta.url))

// In a process of its own: only there is the memory that of the tree alone.
test('hashing half a million leaves takes at most 64 MiB above what Node itself takes', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, '500000'])
  const report = JSON.parse(stdout)
  expect(report.leaves).toBe(500_000)
  expect(report.grewMiB).toBeLessThanOrEqual(64)
})
