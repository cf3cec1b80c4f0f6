import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  flipBit,
  naiveConsistency,
  naiveInclusion,
  naiveRoot,
  someLeaves,
} from '../test/support/reference.ts'
import { expectRefusal } from '../test/support/refusal.ts'
import { TlogError } from './errors.ts'
import { memoryHashReader } from './hash-readers.ts'
import { emptyRoot } from './hashing.ts'
import {
  type ConsistencyClaim,
  type InclusionClaim,
  proveConsistency,
  proveInclusion,
  readRoot,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts'

const LEAVES = someLeaves(600)
const READ = memoryHashReader(LEAVES)
const root = (size: number) => naiveRoot(LEAVES.slice(0, size))

async function inclusion(index: number, size: number): Promise<InclusionClaim & { root: Uint8Array }> {
  const proof = await proveInclusion(index, size, READ)
  return { index, size, leaf: LEAVES[index]!, root: root(size), proof }
}

async function consistency(from: number, to: number): Promise<ConsistencyClaim> {
  const proof = await proveConsistency(from, to, READ)
  return { from: { size: from, root: root(from) }, to: { size: to, root: root(to) }, proof }
}

describe('inclusion proofs', () => {
  test('every one is the proof of RFC 9162 section 2.1.3.1 and verifies, up to size 40', async () => {
    for (let size = 1; size <= 40; size++) {
      for (let index = 0; index < size; index++) {
        const claim = await inclusion(index, size)
        expect(claim.proof).toEqual(naiveInclusion(index, LEAVES.slice(0, size)))
        verifyInclusion(claim)
      }
    }
  })

  test('[FT-AC-22] any flipped bit in leaf, root or proof is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.nat(), async (size, at, bit) => {
        const claim = await inclusion(at % size, size)
        const parts = [claim.leaf, claim.root, ...claim.proof]
        const which = bit % parts.length
        const [leaf, head, ...proof] = parts.map((part, i) => (i === which ? flipBit(part, bit % 256) : part))
        expect(() => verifyInclusion({ ...claim, leaf: leaf!, root: head!, proof })).toThrow(TlogError)
      }),
      { numRuns: 150 },
    )
  })

  test('a proof is refused at every other index, and at sizes that need another length', async () => {
    const claim = await inclusion(5, 11)
    for (let index = 0; index < 11; index++) {
      if (index !== 5) expect(() => verifyInclusion({ ...claim, index })).toThrow(TlogError)
    }
    for (const size of [6, 8, 17, 600]) expect(() => verifyInclusion({ ...claim, size })).toThrow(TlogError)
  })

  test('a proof with a hash too many, too few or swapped is refused', async () => {
    const claim = await inclusion(5, 11)
    const { proof } = claim
    const wrong = [proof.slice(1), proof.slice(0, -1), [...proof, proof[0]!], proof.toReversed(), []]
    for (const hashes of wrong) {
      await expectRefusal('tlog.proof_invalid', () => verifyInclusion({ ...claim, proof: hashes }))
    }
  })

  test.each([
    [0, 0],
    [5, 5],
    [-1, 5],
    [0.5, 5],
    [Number.NaN, 5],
    [0, 2 ** 53],
  ])('there is no entry %s in a tree of %s', async (index, size) => {
    await expectRefusal('tlog.bad_argument', () => proveInclusion(index, size, READ))
    const claim = { index, size, leaf: LEAVES[0]!, root: LEAVES[0]!, proof: [] }
    await expectRefusal('tlog.bad_argument', () => verifyInclusion(claim))
  })

  test('hashes of another length are refused', async () => {
    const claim = await inclusion(1, 4)
    const short = claim.leaf.subarray(1)
    await expectRefusal('tlog.bad_argument', () => verifyInclusion({ ...claim, leaf: short }))
    await expectRefusal('tlog.bad_argument', () => verifyInclusion({ ...claim, root: short }))
    await expectRefusal('tlog.bad_argument', () =>
      verifyInclusion({ ...claim, proof: [short, claim.proof[1]!] }),
    )
  })
})

describe('consistency proofs', () => {
  test('every one is the proof of RFC 9162 section 2.1.4.1 and verifies, up to size 40', async () => {
    for (let to = 1; to <= 40; to++) {
      for (let from = 1; from <= to; from++) {
        const claim = await consistency(from, to)
        expect(claim.proof).toEqual(naiveConsistency(from, LEAVES.slice(0, to)))
        verifyConsistency(claim)
      }
    }
  })

  test('[FT-AC-22] any flipped bit in a root or the proof is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.nat(), async (to, at, bit) => {
        const { from, to: head, proof } = await consistency(1 + (at % to), to)
        const parts = [from.root, head.root, ...proof]
        const which = bit % parts.length
        const [a, b, ...rest] = parts.map((part, i) => (i === which ? flipBit(part, bit % 256) : part))
        const forged = { from: { ...from, root: a! }, to: { ...head, root: b! }, proof: rest }
        expect(() => verifyConsistency(forged)).toThrow(TlogError)
      }),
      { numRuns: 150 },
    )
  })

  test('a log that rewrote an entry is not consistent with its past, whatever proof it makes', async () => {
    const rewritten = LEAVES.with(3, LEAVES[500]!)
    const read = memoryHashReader(rewritten)
    const to = { size: 600, root: naiveRoot(rewritten) }
    for (const size of [4, 8, 100, 512, 599]) {
      const proof = await proveConsistency(size, 600, read)
      const claim = { from: { size, root: root(size) }, to, proof }
      await expectRefusal('tlog.proof_invalid', () => verifyConsistency(claim))
    }
  })

  test('from size 0 nothing is proven, except that the empty tree is itself', async () => {
    const empty = { size: 0, root: emptyRoot() }
    const to = { size: 5, root: root(5) }
    verifyConsistency({ from: empty, to: empty, proof: [] })
    await expectRefusal('tlog.proof_invalid', () => verifyConsistency({ from: empty, to, proof: [] }))
    const none = { size: 0, root: root(1) }
    await expectRefusal('tlog.proof_invalid', () => verifyConsistency({ from: none, to: none, proof: [] }))
  })

  test('two roots of one size must be the same, with an empty proof', async () => {
    const head = { size: 5, root: root(5) }
    verifyConsistency({ from: head, to: head, proof: [] })
    const other = { size: 5, root: root(4) }
    await expectRefusal('tlog.proof_invalid', () => verifyConsistency({ from: other, to: head, proof: [] }))
    await expectRefusal('tlog.proof_invalid', () =>
      verifyConsistency({ from: head, to: head, proof: [root(1)] }),
    )
  })

  test('a larger tree is no prefix of a smaller one', async () => {
    await expectRefusal('tlog.bad_argument', () => proveConsistency(6, 5, READ))
  })
})

describe('reading hashes', () => {
  test('a proof takes one read of O(log n) hashes', async () => {
    const calls: number[] = []
    const size = 1_000_000_007
    const hash = LEAVES[0]!
    const read = async (nodes: readonly unknown[]) => {
      calls.push(nodes.length)
      return nodes.map(() => hash)
    }
    await proveInclusion(123_456_789, size, read)
    await proveConsistency(123_456_789, size, read)
    await readRoot(size, read)
    expect(calls).toHaveLength(3)
    expect(Math.max(...calls)).toBeLessThanOrEqual(60)
  })

  test('a reader that answers too few hashes is refused', async () => {
    await expectRefusal('tlog.bad_argument', () => proveInclusion(1, 5, async () => []))
  })

  test('the root can be read at every size', async () => {
    for (const size of [0, 1, 2, 3, 255, 256, 257, 600])
      expect(await readRoot(size, READ)).toEqual(root(size))
  })
})
