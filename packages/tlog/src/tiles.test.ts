import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectRefusal } from '../test/support/refusal.ts'
import {
  bundlePath,
  formatBundle,
  parseBundle,
  parseTile,
  parseTilePath,
  tilePath,
  tilesOf,
  tileWidth,
} from './tiles.ts'

describe('tile paths', () => {
  test.each([
    [0, 0, 256, 'tile/0/000'],
    [0, 999, 256, 'tile/0/999'],
    [0, 1000, 256, 'tile/0/x001/000'],
    [1, 1_234_067, 256, 'tile/1/x001/x234/067'],
    [63, 5, 8, 'tile/63/005.p/8'],
  ])('level %s, index %s, width %s is %s', (level, index, width, path) => {
    expect(tilePath({ level, index, width })).toBe(path)
    expect(parseTilePath(path)).toEqual({ kind: 'tile', level, index, width })
  })

  test('every tile and bundle has one path, which reads back', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseTilePath(tilePath({ level, index, width }))).toEqual({
          kind: 'tile',
          level,
          index,
          width,
        })
        expect(parseTilePath(bundlePath({ index, width }))).toEqual({ kind: 'entries', index, width })
      }),
    )
  })

  test.each([
    'tile/0/0',
    'tile/0/1000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/x000/000',
    'tile/0/001/000',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/../000',
    'tile/0/000/',
    '/tile/0/000',
    'tile/entries/000.p/999',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/000\n',
  ])('%j is no path', (path) => expectRefusal('tlog.path_malformed', () => parseTilePath(path)))

  test.each([
    { level: 64, index: 0, width: 1 },
    { level: 0, index: -1, width: 1 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
  ])('there is no tile %j', (tile) => expectRefusal('tlog.bad_argument', () => tilePath(tile)))
})

describe('the tiles of a tree', () => {
  test('of 70,000 entries are those the specification counts', () => {
    const tiles = [...tilesOf(70_000)]
    const count = (level: number, width: number) =>
      tiles.filter((t) => t.level === level && t.width === width).length
    expect([count(0, 256), count(0, 112), count(1, 256), count(1, 17), count(2, 1)]).toEqual([
      273, 1, 1, 1, 1,
    ])
    expect(tiles).toHaveLength(277)
  })

  test('of 256 entries are a full one and the one above it', () => {
    expect([...tilesOf(256)]).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ])
    expect([...tilesOf(0)]).toEqual([])
    expect(tileWidth(0, 1, 256)).toBe(0)
  })

  test('a tile of another length is refused', async () => {
    expect(parseTile(new Uint8Array(64), 2)).toHaveLength(2)
    await expectRefusal('tlog.tile_malformed', () => parseTile(new Uint8Array(63), 2))
    await expectRefusal('tlog.tile_malformed', () => parseTile(new Uint8Array(96), 2))
  })
})

describe('entry bundles', () => {
  test('read back what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (entries) => {
        expect(parseBundle(formatBundle(entries), entries.length)).toEqual(entries)
      }),
    )
  })

  test('whatever parses is written back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 20 }), fc.nat(5), (numbers, width) => {
        const bytes = Uint8Array.from(numbers)
        try {
          expect(formatBundle(parseBundle(bytes, width))).toEqual(bytes)
        } catch (error) {
          expect(error).toMatchObject({ code: 'tlog.tile_malformed' })
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('an entry above 65,535 bytes is refused', async () => {
    expect(formatBundle([new Uint8Array(65_535)])).toHaveLength(65_537)
    await expectRefusal('tlog.bad_argument', () => formatBundle([new Uint8Array(65_536)]))
  })
})
