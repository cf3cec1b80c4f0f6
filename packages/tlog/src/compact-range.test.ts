import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { naiveRoot, someLeaves } from '../test/support/reference.ts'
import { expectRefusal } from '../test/support/refusal.ts'
import { CompactRange, coveringNodes } from './compact-range.ts'

const LEAVES = someLeaves(700)

function rangeOf(begin: number, end: number): CompactRange {
  const range = new CompactRange(begin)
  for (const leaf of LEAVES.slice(begin, end)) range.append(leaf)
  return range
}

describe('compact range', () => {
  test('[FT-AC-22] the incremental root is the recursive one at every size', () => {
    const range = new CompactRange()
    expect(range.root()).toEqual(naiveRoot([]))
    for (const [i, leaf] of LEAVES.slice(0, 300).entries()) {
      range.append(leaf)
      expect(range.root()).toEqual(naiveRoot(LEAVES.slice(0, i + 1)))
    }
  })

  test('a range resumed from its state goes on as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(299), (stop, more) => {
        const resumed = CompactRange.resume(rangeOf(0, stop).serialize())
        for (const leaf of LEAVES.slice(stop, stop + more)) resumed.append(leaf)
        expect(resumed.end).toBe(stop + more)
        expect(resumed.root()).toEqual(naiveRoot(LEAVES.slice(0, stop + more)))
      }),
      { numRuns: 40 },
    )
  })

  test('two neighbouring ranges merge into the range over both', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(700), { minLength: 3, maxLength: 3 }), (cuts) => {
        const [a, b, c] = cuts.sort((x, y) => x - y) as [number, number, number]
        const merged = rangeOf(a, b)
        merged.merge(rangeOf(b, c))
        expect(merged.serialize()).toEqual(rangeOf(a, c).serialize())
      }),
      { numRuns: 60 },
    )
  })

  test('its state stays within two hashes a level', () => {
    expect(rangeOf(0, 511).hashes).toHaveLength(9)
    expect(rangeOf(0, 512).hashes).toHaveLength(1)
    expect(rangeOf(1, 511).hashes).toHaveLength(16)
    expect(coveringNodes(0, 2 ** 53 - 1)).toHaveLength(53)
  })

  test('shows each complete subtree once, when its last entry comes', () => {
    const seen: string[] = []
    const range = new CompactRange()
    for (const leaf of LEAVES.slice(0, 4))
      range.append(leaf, ({ level, index }) => seen.push(`${level}/${index}`))
    expect(seen).toEqual(['0/0', '0/1', '1/0', '0/2', '0/3', '1/1', '2/0'])
  })

  test.each<[string, () => unknown]>([
    ['a root of a range that does not begin at 0', () => rangeOf(1, 3).root()],
    ['a merge over a gap', () => rangeOf(0, 3).merge(rangeOf(4, 5))],
    ['a merge of an overlap', () => rangeOf(0, 3).merge(rangeOf(2, 5))],
    ['a subtree that does not begin at its width', () => rangeOf(0, 3).appendNode(1, LEAVES[0]!)],
    ['a hash of another length', () => rangeOf(0, 3).append(new Uint8Array(31))],
    ['a negative begin', () => new CompactRange(-1)],
    [
      'a state with a hash too few',
      () => CompactRange.resume({ begin: 0, end: 3, hashes: new Uint8Array(32) }),
    ],
    [
      'a state that ends before it begins',
      () => CompactRange.resume({ begin: 3, end: 1, hashes: new Uint8Array(0) }),
    ],
    [
      'a state with a fractional size',
      () => CompactRange.resume({ begin: 0, end: 1.5, hashes: new Uint8Array(32) }),
    ],
  ])('refuses %s', (_, run) => expectRefusal('tlog.bad_argument', run))
})
