import { beforeAll, describe, expect, test } from 'vitest'
import { collect } from '../test/support/collect.ts'
import { someLeaves } from '../test/support/reference.ts'
import { expectRefusal } from '../test/support/refusal.ts'
import { ORIGIN, OTHER_SEED, rootOf, sampleLog } from '../test/support/sample-export.ts'
import { toUtf8 } from './bytes.ts'
import { signCheckpoint } from './checkpoint.ts'
import { memoryHashReader, tileHashReader } from './hash-readers.ts'
import { noteSigner, noteVerifier } from './note-keys.ts'
import { proveConsistency, proveInclusion } from './proof.ts'
import { TiledLog, writeTiledLog } from './tiled-log.ts'
import { tilePath, tilesOf } from './tiles.ts'

type Files = Map<string, Uint8Array>

const SIZE = 66_000
const written = new Map<number, Files>()
let verifiers: Awaited<ReturnType<typeof noteVerifier>>[]

async function filesOf(size: number): Promise<Files> {
  const log = await sampleLog(size)
  const entries = log.entries.map(({ leaf }) => toUtf8(leaf))
  const files = await collect(writeTiledLog(entries, log.checkpoint))
  verifiers = [await noteVerifier(log.signer.verifierKey)]
  return new Map(files.map(({ path, bytes }) => [path, bytes]))
}

const open = (files: Files) => TiledLog.open(async (path) => files.get(path), { verifiers, origin: ORIGIN })

/** The files of the log of 600 with one changed. */
function changed(path: string, change: (bytes: Uint8Array) => void): Files {
  const files = new Map(written.get(600)!)
  const bytes = Uint8Array.from(files.get(path)!)
  change(bytes)
  return files.set(path, bytes)
}

beforeAll(async () => {
  for (const size of [0, 1, 256, 600, SIZE]) written.set(size, await filesOf(size))
})

describe('a log written as tiles', () => {
  test.each([0, 1, 256, 600, SIZE])(
    'of %s entries has the files of the specification, checkpoint last',
    (size) => {
      const paths = [...written.get(size)!.keys()]
      expect(paths.at(-1)).toBe('checkpoint')
      expect(paths.filter((path) => /^tile\/[0-9]/.test(path)).sort()).toEqual(
        [...tilesOf(size)].map(tilePath).sort(),
      )
      expect(paths.filter((path) => path.startsWith('tile/entries'))).toHaveLength(Math.ceil(size / 256))
    },
  )

  test.each([0, 1, 256, 600, SIZE])('of %s entries verifies whole', async (size) => {
    const log = await open(written.get(size)!)
    const entries = await collect(log.entries())
    expect(entries).toHaveLength(size)
    if (size > 0) expect(await log.entry(size - 1)).toEqual(entries.at(-1))
  })

  test('[FT-AC-22] a changed entry is named, and never given', async () => {
    const log = await open(changed('tile/entries/001', (bytes) => bytes.set([88], 10)))
    const seen: Uint8Array[] = []
    const reading = async () => {
      for await (const entry of log.entries()) seen.push(entry)
    }
    await expect(reading()).rejects.toMatchObject({
      code: 'tlog.log_mismatch',
      message: expect.stringMatching('Entry 256 '),
    })
    expect(seen).toHaveLength(256)
    await expectRefusal('tlog.log_mismatch', () => log.entry(256))
  })

  test('[FT-AC-22] an entry and its tile changed are bounded to their group', async () => {
    const files = changed('tile/0/001', (bytes) => bytes.set([88], 10))
    files.set(
      'tile/entries/001',
      changed('tile/entries/001', (bytes) => bytes.set([88], 10)).get('tile/entries/001')!,
    )
    const reading = async () => collect((await open(files)).entries())
    await expect(reading()).rejects.toMatchObject({ message: expect.stringMatching('Entries 256-511 ') })
  })

  test('a missing file is named, and a full tile serves for a partial one', async () => {
    const files = new Map(written.get(600)!)
    const partial = files.get('tile/0/002.p/88')!
    files.delete('tile/0/002.p/88')
    await expectRefusal('tlog.tile_missing', async () => (await open(files)).entry(599))
    const full = new Uint8Array(8192)
    full.set(partial)
    files.set('tile/0/002', full)
    expect(await (await open(files)).entry(599)).toEqual(await (await open(written.get(600)!)).entry(599))
  })

  test('without a checkpoint, or with one by another key, it does not open', async () => {
    await expectRefusal('tlog.tile_missing', () => open(new Map()))
    const stranger = await noteSigner(ORIGIN, OTHER_SEED)
    const head = { origin: ORIGIN, size: 600, root: rootOf(someLeaves(600)) }
    const files = new Map(written.get(600)!).set('checkpoint', toUtf8(await signCheckpoint(head, [stranger])))
    await expectRefusal('tlog.note_untrusted', () => open(files))
  })

  test('a later log is proven to extend an earlier one, and a rewritten one is not', async () => {
    const later = await open(written.get(SIZE)!)
    const { checkpoint } = await open(written.get(600)!)
    await later.verifyExtends(checkpoint)
    const rewritten = { size: 600, root: rootOf(someLeaves(600)) }
    await expectRefusal('tlog.proof_invalid', () => later.verifyExtends(rewritten))
  })

  test('entries that have not the root of the checkpoint get none', async () => {
    const { checkpoint, entries } = await sampleLog(5)
    const files: string[] = []
    const writing = async (leaves: string[]) => {
      for await (const { path } of writeTiledLog(leaves.map(toUtf8), checkpoint)) files.push(path)
    }
    const leaves = entries.map(({ leaf }) => leaf)
    await expectRefusal('tlog.log_mismatch', () => writing(leaves.slice(1)))
    await expectRefusal('tlog.log_mismatch', () => writing(leaves.toReversed()))
    expect(files).not.toContain('checkpoint')
  })
})

describe('hashes read from tiles', () => {
  test('prove the same as hashes in memory, at every size', async () => {
    const leaves = someLeaves(70_000)
    const bytes = (level: number, index: number, width: number) =>
      tiles.get(`${level}/${index}`)!.subarray(0, width * 32)
    const tiles = await levelBytes(leaves)
    for (const size of [1, 255, 256, 257, 511, 65_535, 65_536, 65_537, 70_000]) {
      const calls: number[] = []
      const read = tileHashReader(size, async (wanted) => {
        calls.push(wanted.length)
        return wanted.map(({ level, index, width }) => bytes(level, index, width))
      })
      const memory = memoryHashReader(leaves.slice(0, size))
      const index = Math.floor(size / 3)
      expect(await proveInclusion(index, size, read)).toEqual(await proveInclusion(index, size, memory))
      expect(await proveConsistency(index, size, read)).toEqual(await proveConsistency(index, size, memory))
      expect(calls.length).toBeLessThanOrEqual(2)
      expect(Math.max(...calls)).toBeLessThanOrEqual(6)
    }
  })

  test('storage that gives a tile of another length is refused, as is a node beyond the tree', async () => {
    const short = tileHashReader(300, async (wanted) => wanted.map(() => new Uint8Array(31)))
    await expectRefusal('tlog.tile_malformed', () => short([{ level: 0, index: 1 }]))
    await expectRefusal('tlog.bad_argument', () => short([{ level: 0, index: 300 }]))
    await expectRefusal('tlog.bad_argument', () => memoryHashReader([])([{ level: 0, index: 0 }]))
  })
})

/** Each tile's bytes by `level/index`, from a writer of its own: the reader in memory. */
async function levelBytes(leaves: readonly Uint8Array[]): Promise<Map<string, Uint8Array>> {
  const read = memoryHashReader(leaves)
  const tiles = new Map<string, Uint8Array>()
  for (const { level, index, width } of tilesOf(leaves.length)) {
    const nodes = Array.from({ length: width }, (_, i) => ({ level: level * 8, index: index * 256 + i }))
    const hashes = await read(nodes)
    tiles.set(`${level}/${index}`, Uint8Array.from(hashes.flatMap((hash) => [...hash])))
  }
  return tiles
}
