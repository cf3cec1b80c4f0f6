import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { collect } from '../test/support/collect.ts'
import { expectRefusal } from '../test/support/refusal.ts'
import {
  exportOf,
  ORIGIN,
  OTHER_SEED,
  rootOf,
  type SampleLog,
  sampleLog,
} from '../test/support/sample-export.ts'
import { concatBytes, toBase64 } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import { formatCheckpoint, signCheckpoint } from './checkpoint.ts'
import { personalHash } from './export.ts'
import { verifyExport } from './export-verify.ts'
import { writeExport } from './export-write.ts'
import { memoryHashReader, tileHashReader } from './hash-readers.ts'
import { leafHash } from './hashing.ts'
import { noteSigner } from './note-keys.ts'
import type { HashReader } from './proof.ts'

const SIZE = 700
let log: SampleLog
let lines: readonly string[]

beforeAll(async () => {
  log = await sampleLog(SIZE)
  lines = await exportOf(log)
})

/** The line of an entry: after the header, and after the line of each group up to its own. */
const lineOf = (index: number) => 1 + index + Math.floor(index / 256) + 1

/** The lines with the JSON of some of them changed. */
function altered(changes: Record<number, (value: Record<string, unknown>) => unknown>): string[] {
  return lines.map((line, i) =>
    changes[i] ? JSON.stringify({ ...JSON.parse(line), ...(changes[i](JSON.parse(line)) as object) }) : line,
  )
}

const forgedLeaf = canonicalJson({ id: 'evt_forged' })
const forged = { leaf: forgedLeaf, hash: toBase64(leafHash(forgedLeaf)) }
const one = (index: number) => ({ first: index, last: index })

describe('an untouched export', () => {
  test.each([0, 1, 2, 255, 256, 257, 512, 700])('[FT-AC-22] of %s entries is proven whole', async (size) => {
    const small = await sampleLog(size)
    const report = await verifyExport(await exportOf(small), {
      pinnedKey: small.signer.verifierKey,
      origin: ORIGIN,
    })
    const personal = small.entries.filter((_, i) => i % 3 === 0).length
    const erased = small.entries.filter((_, i) => i % 6 === 0).length
    expect(report).toEqual({
      ok: true,
      trust: 'pinned-key',
      origin: ORIGIN,
      size,
      from: 0,
      to: size,
      whole: true,
      root: toBase64(rootOf(small.leaves)),
      entries: size,
      personal: { proven: personal - erased, erased },
    })
  })

  test('of any range is proven, and says that it is not the whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZE), fc.nat(SIZE), async (a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a]
        const report = await verifyExport(await exportOf(log, from, to), {
          pinnedKey: log.signer.verifierKey,
        })
        expect(report).toMatchObject({ ok: true, from, to, entries: to - from, whole: to - from === SIZE })
      }),
      { numRuns: 40 },
    )
  })

  test('shows every proven entry in order', async () => {
    const seen: number[] = []
    await verifyExport(lines, { onEntry: ({ index }) => seen.push(index) })
    expect(seen).toEqual(Array.from({ length: SIZE }, (_, i) => i))
  })
})

describe('trust', () => {
  test('is in the key of the file when none is pinned', async () => {
    expect(await verifyExport(lines)).toMatchObject({ ok: true, trust: 'embedded-key' })
  })

  test('is none without a key, signed or not', async () => {
    const { verifierKey: _, ...header } = JSON.parse(lines[0]!)
    const keyless = [JSON.stringify(header), ...lines.slice(1)]
    expect(await verifyExport(keyless)).toMatchObject({ ok: true, trust: 'unsigned' })
    const checkpoint = formatCheckpoint({ origin: ORIGIN, size: SIZE, root: rootOf(log.leaves) })
    const read = memoryHashReader(log.leaves)
    const unsigned = await collect(writeExport({ checkpoint, entries: log.entries, read }))
    expect(await verifyExport(unsigned)).toMatchObject({ ok: true, trust: 'unsigned' })
    const pinned = await verifyExport(unsigned, { pinnedKey: log.signer.verifierKey })
    expect(pinned).toMatchObject({ ok: false, problem: { code: 'checkpoint' } })
  })

  // The attack: whoever holds the database writes a log of their own and signs it with their own key.
  test('a rewritten log under a key of its own passes only by the embedded key, never by the pinned', async () => {
    const signer = await noteSigner(ORIGIN, OTHER_SEED)
    const entries = log.entries.with(3, { leaf: forgedLeaf })
    const leaves = entries.map(({ leaf }) => leafHash(leaf))
    const checkpoint = await signCheckpoint({ origin: ORIGIN, size: SIZE, root: rootOf(leaves) }, [signer])
    const rewritten = await exportOf({ entries, leaves, signer, checkpoint })
    expect(await verifyExport(rewritten)).toMatchObject({ ok: true, trust: 'embedded-key' })
    const report = await verifyExport(rewritten, { pinnedKey: log.signer.verifierKey })
    expect(report).toMatchObject({ ok: false, entries: 0, problem: { code: 'checkpoint', line: 1 } })
    expect(report.trust).toBeUndefined()
  })

  test('the log of another origin is refused though one key signs both', async () => {
    const report = await verifyExport(lines, {
      pinnedKey: log.signer.verifierKey,
      origin: 'log.example/org-2',
    })
    expect(report).toMatchObject({ ok: false, problem: { code: 'checkpoint' } })
  })

  test('a pinned key that is no key is an error of the caller', () =>
    expectRefusal('tlog.key_malformed', () => verifyExport(lines, { pinnedKey: 'log+1+x' })))
})

describe('[FT-AC-22] tampering is located', () => {
  test.each<[string, () => string[], object]>([
    [
      'a text',
      () => altered({ [lineOf(517)]: () => ({ leaf: forgedLeaf }) }),
      { code: 'entry', entries: one(517), line: lineOf(517) + 1 },
    ],
    [
      'a hash',
      () => altered({ [lineOf(517)]: () => ({ hash: forged.hash }) }),
      { code: 'entry', entries: one(517) },
    ],
    [
      'a text and its hash',
      () => altered({ [lineOf(517)]: () => forged }),
      { code: 'entry', entries: one(517) },
    ],
    [
      'the only entries of two groups',
      () => altered({ [lineOf(600)]: () => forged, [lineOf(3)]: () => forged }),
      { entries: one(3) },
    ],
    [
      'a proof',
      () => altered({ [lineOf(9)]: ({ proof }) => ({ proof: (proof as string[]).toReversed() }) }),
      { code: 'proof', entries: one(9) },
    ],
    [
      'a proof, shortened',
      () => altered({ [lineOf(9)]: () => ({ proof: [] }) }),
      { code: 'proof', entries: one(9) },
    ],
    ['a line removed', () => lines.toSpliced(lineOf(300), 1), { code: 'order', entries: one(300) }],
    [
      'a line repeated',
      () => lines.toSpliced(lineOf(300), 0, lines[lineOf(300)]!),
      { code: 'order', entries: one(301) },
    ],
    [
      'two lines swapped',
      () => lines.with(lineOf(5), lines[lineOf(6)]!).with(lineOf(6), lines[lineOf(5)]!),
      { code: 'order', entries: one(5) },
    ],
    [
      'a swap renumbered',
      () =>
        altered({
          [lineOf(5)]: () => ({ ...JSON.parse(lines[lineOf(6)]!), index: 5 }),
          [lineOf(6)]: () => ({ ...JSON.parse(lines[lineOf(5)]!), index: 6 }),
        }),
      { code: 'entry', entries: one(5) },
    ],
    [
      'an entry altered before a line removed',
      () => altered({ [lineOf(299)]: () => forged }).toSpliced(lineOf(300), 1),
      { code: 'entry', entries: one(299) },
    ],
    ['a group line removed', () => lines.toSpliced(lineOf(256) - 1, 1), { code: 'order', entries: one(256) }],
    [
      'a group proof altered',
      () => altered({ [lineOf(256) - 1]: ({ proof }) => ({ proof: (proof as string[]).toReversed() }) }),
      { code: 'group', entries: { first: 256, last: 511 } },
    ],
    [
      'a group proof too short',
      () => altered({ [lineOf(256) - 1]: () => ({ proof: [] }) }),
      { code: 'line', line: lineOf(256) },
    ],
    ['the tail cut off', () => lines.slice(0, lineOf(650)), { code: 'truncated', entries: one(650) }],
    ['the end line cut off', () => lines.slice(0, -1), { code: 'truncated' }],
    [
      'entries cut out before the end line',
      () => [...lines.slice(0, lineOf(650)), lines.at(-1)!],
      { code: 'truncated', entries: one(650) },
    ],
    ['a line after the end', () => [...lines, lines[lineOf(0)]!], { code: 'order' }],
    [
      'an entry after the last',
      () => lines.toSpliced(-1, 0, JSON.stringify({ ...JSON.parse(lines[lineOf(699)]!), index: 700 })),
      { code: 'order' },
    ],
    ['a line that is not JSON', () => lines.with(lineOf(5), '{'), { code: 'line', entries: one(5) }],
    [
      'a member added',
      () => altered({ [lineOf(5)]: () => ({ note: 'approved' }) }),
      { code: 'line', entries: one(5) },
    ],
    ['nothing left', () => [], { code: 'header' }],
    ['no header', () => lines.slice(1), { code: 'header', line: 1 }],
    ['the header twice', () => [lines[0]!, ...lines], { code: 'line', line: 2 }],
    [
      'the size in the header',
      () => altered({ 0: () => ({ size: SIZE - 1, to: SIZE - 1 }) }),
      { code: 'checkpoint' },
    ],
    ['the origin in the header', () => altered({ 0: () => ({ origin: 'x' }) }), { code: 'checkpoint' }],
    ['the range in the header', () => altered({ 0: () => ({ to: SIZE + 1 }) }), { code: 'checkpoint' }],
    [
      'an earlier end in header and lines',
      () => [...altered({ 0: () => ({ to: 600 }) }).slice(0, lineOf(600)), '{"end":600}'],
      { code: 'line' },
    ],
    [
      'the checkpoint',
      () =>
        altered({
          0: ({ checkpoint }) => ({
            checkpoint: (checkpoint as string).replace('\n700\n', '\n701\n'),
            size: 701,
            to: 701,
          }),
        }),
      { code: 'checkpoint' },
    ],
  ])('%s', async (_, tamper, problem) => {
    const report = await verifyExport(tamper(), { pinnedKey: log.signer.verifierKey })
    expect(report).toMatchObject({ ok: false, problem })
  })

  test('every proof of a group altered with one entry bounds it to the group, and says so', async () => {
    const changes = Object.fromEntries(
      Array.from({ length: 256 }, (_, i) => [lineOf(256 + i), () => ({ proof: [] })]),
    )
    const report = await verifyExport(
      altered({ ...changes, [lineOf(400)]: () => ({ ...forged, proof: [] }) }),
    )
    expect(report.problem).toMatchObject({ code: 'group', entries: { first: 256, last: 511 } })
    expect(report.problem!.message).toContain('entries 256-511')
    expect(report.entries).toBe(256)
  })

  test('a text changed in storage is named, for the export shows the stored hashes', async () => {
    const entries = log.entries.with(517, { leaf: forgedLeaf })
    expect(await verifyExport(await exportOf({ ...log, entries }))).toMatchObject({
      problem: { entries: one(517) },
    })
  })

  describe('a hash forged in storage spoils the proofs beside it', () => {
    /** As a log is stored: hashes of entries, and apart from them the heads of full tiles, which are genuine. */
    function stored(forgedAt: number, hash: Uint8Array): HashReader {
      const genuine = memoryHashReader(log.leaves)
      const entries = memoryHashReader(log.leaves.with(forgedAt, hash))
      return tileHashReader(SIZE, (tiles) =>
        Promise.all(
          tiles.map(async ({ level, index, width }) => {
            const first = index * 256
            const nodes = Array.from({ length: width }, (_, i) => ({ level: level * 8, index: first + i }))
            return concatBytes(...(await (level === 0 ? entries : genuine)(nodes)))
          }),
        ),
      )
    }
    const other = (index: number) => leafHash(`another ${index}`)
    const written = (forgedAt: number, hash = other(forgedAt), textAt?: number) => {
      const { checkpoint, signer } = log
      const entries = textAt === undefined ? log.entries : log.entries.with(textAt, { leaf: forgedLeaf })
      const read = stored(forgedAt, hash)
      return collect(writeExport({ checkpoint, verifierKey: signer.verifierKey, entries, read }))
    }

    // In the last group the proofs of all groups before it run over the forged hash too.
    test.each([0, 256, 400, 511, 512, 699])(
      'and is named, not what it spoils: of entry %s',
      async (index) => {
        const report = await verifyExport(await written(index))
        expect(report.problem).toMatchObject({ code: 'entry', entries: one(index), line: lineOf(index) + 1 })
        expect(report.problem!.message).toContain('its text is the proven one')
        expect(report.entries).toBeLessThanOrEqual(index)
      },
    )

    test.each([400, 600])('and is named though its text was forged too: of entry %s', async (index) => {
      const report = await verifyExport(await written(index, other(index), index))
      expect(report.problem).toMatchObject({ code: 'entry', entries: one(index) })
      expect(report.problem!.message).toContain('cannot be proven')
    })

    test.each([
      [300, 400],
      [400, 300],
    ])('and is named in its turn: hash of entry %s, text of entry %s', async (hash, text) => {
      const report = await verifyExport(await written(hash, other(hash), text))
      expect(report.problem).toMatchObject({ code: 'entry', entries: one(300) })
    })

    test('and does not hide an earlier line that was altered in the file', async () => {
      const lines = await written(400)
      const line = { ...JSON.parse(lines[lineOf(300)]!), proof: [] }
      const report = await verifyExport(lines.with(lineOf(300), JSON.stringify(line)))
      expect(report.problem).toMatchObject({ code: 'proof', entries: one(300) })
    })

    test('and is named also where a later line was removed', async () => {
      const report = await verifyExport((await written(400)).toSpliced(lineOf(450), 1))
      expect(report.problem).toMatchObject({ code: 'entry', entries: one(400) })
    })

    test('and leaves no more than the group when it is the hash of the forged text', async () => {
      const report = await verifyExport(await written(400, leafHash(forgedLeaf), 400))
      expect(report.problem).toMatchObject({ code: 'group', entries: { first: 256, last: 511 } })
    })
  })

  test('the hashes beside a range altered is told apart from its entries', async () => {
    const range = await exportOf(log, 5, 300)
    const group = JSON.parse(range[1]!)
    group.before = group.before.toReversed()
    const report = await verifyExport(range.with(1, JSON.stringify(group)))
    expect(report.problem).toMatchObject({ code: 'group', line: 2 })
    expect(report.problem!.entries).toBeUndefined()
  })

  // Any byte: the flip is of the file as it is stored, whatever the line.
  test('any one character changed anywhere is found', async () => {
    const small = await sampleLog(20)
    const text = (await exportOf(small)).join('\n')
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom('0', 'A', ' ', '"', '\\', '\n', '}'),
        async (at, other) => {
          fc.pre(text[at] !== other)
          const changed = text.slice(0, at) + other + text.slice(at + 1)
          expect((await verifyExport(changed.split('\n'))).ok).toBe(false)
        },
      ),
      { numRuns: 600 },
    )
  })
})

describe('personal values', () => {
  const salt = new Uint8Array(16)

  test.each<[string, object, string]>([
    [
      'another value',
      { email: { salt: toBase64(salt), value: 'eve@example.com' } },
      'not the one its leaf commits to',
    ],
    [
      'a value the leaf has no hash for',
      { phone: { salt: toBase64(salt), value: '1' } },
      'no personal value "phone"',
    ],
    [
      'a salt that is not base64',
      { email: { salt: '?', value: 'user9@example.com' } },
      'not the one its leaf commits to',
    ],
    ['a name every object has', { constructor: { salt: toBase64(salt), value: '1' } }, 'no personal value'],
  ])('%s is found and named', async (_, personal, message) => {
    const report = await verifyExport(altered({ [lineOf(9)]: () => ({ personal }) }))
    expect(report.problem).toMatchObject({ code: 'personal', entries: one(9) })
    expect(report.problem!.message).toContain(message)
  })

  test('an altered value before a line removed is the first that is named', async () => {
    const personal = { email: { salt: toBase64(salt), value: 'eve@example.com' } }
    const tampered = altered({ [lineOf(9)]: () => ({ personal }) }).toSpliced(lineOf(20), 1)
    expect(await verifyExport(tampered)).toMatchObject({ problem: { code: 'personal', entries: one(9) } })
  })

  test('a leaf that is proven but not canonical JSON is named', async () => {
    const leaf = '{"b":1,"a":2}'
    const leaves = [leafHash(leaf)]
    const checkpoint = formatCheckpoint({ origin: ORIGIN, size: 1, root: leaves[0]! })
    const read = memoryHashReader(leaves)
    const written = await collect(writeExport({ checkpoint, entries: [{ leaf }], read }))
    expect(await verifyExport(written)).toMatchObject({ problem: { code: 'entry', entries: one(0) } })
  })

  test('the same value under another salt has another hash, and a short salt is refused', async () => {
    expect(personalHash(salt, 'a')).not.toBe(
      personalHash(
        Uint8Array.from(salt, () => 1),
        'a',
      ),
    )
    await expectRefusal('tlog.bad_argument', () => personalHash(new Uint8Array(15), 'a'))
  })
})

describe('writing', () => {
  test.each([
    [5, 4],
    [0, SIZE + 1],
    [-1, 4],
  ])('refuses the range %s-%s', (from, to) =>
    expectRefusal('tlog.bad_argument', () => exportOf(log, from, to)),
  )

  test('refuses entries that end early', () =>
    expectRefusal('tlog.bad_argument', () => exportOf({ ...log, entries: log.entries.slice(0, 5) }, 0, 6)))
})
