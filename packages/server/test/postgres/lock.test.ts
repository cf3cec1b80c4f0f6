import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Lock, lockHolder, takeLock } from '../../src/platform/postgres/lock.ts'
import { processIdentity } from '../../src/platform/postgres/processes.ts'
import { killHard, scratchDirectory, spawnServerProcess } from './scratch.ts'

describe('the lock of a directory', () => {
  test('is held by one, and free after its release', () => {
    const path = join(scratchDirectory(), 'lock')
    const first = takeLock(path) as Lock
    expect(takeLock(path)).toEqual({ heldBy: process.pid })
    expect(lockHolder(path)).toBe(process.pid)
    first.release()
    expect(lockHolder(path)).toBeUndefined()
    expect(takeLock(path)).toHaveProperty('release')
  })

  test('is free when its holder is dead, though nobody released it', async () => {
    const path = join(scratchDirectory(), 'lock')
    const holder = spawnServerProcess(scratchDirectory())
    const claim = { pid: holder.pid!, identity: processIdentity(holder.pid!) }
    writeFileSync(path, JSON.stringify(claim))
    expect(takeLock(path)).toEqual({ heldBy: holder.pid })
    await killHard(holder)
    expect(takeLock(path)).toHaveProperty('release')
  })

  test.each(['', 'not a claim', '{}', '{"pid":1}'])('is free when its file holds %j', (text) => {
    const path = join(scratchDirectory(), 'lock')
    writeFileSync(path, text)
    expect(takeLock(path)).toHaveProperty('release')
  })

  test('is not taken from a successor by a late release', () => {
    const path = join(scratchDirectory(), 'lock')
    const first = takeLock(path) as Lock
    const successor = JSON.stringify({ pid: process.ppid, identity: processIdentity(process.ppid) })
    writeFileSync(path, successor)
    first.release()
    expect(readFileSync(path, 'utf8')).toBe(successor)
  })

  test('tells processes apart by more than their ids', () => {
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid))
    expect(processIdentity(process.pid)).not.toBe(processIdentity(1))
  })

  test('leaves no other files', () => {
    const directory = scratchDirectory()
    const lock = takeLock(join(directory, 'lock')) as Lock
    takeLock(join(directory, 'lock'))
    expect(readdirSync(directory)).toEqual(['lock'])
    lock.release()
    expect(readdirSync(directory)).toEqual([])
  })
})
