/** The inclusion and consistency vectors of transparency-dev/merkle (testdata, merged into one file). */
import { fromBase64, TlogError, verifyConsistency, verifyInclusion } from '../../packages/tlog/src/index.ts'
import type { Suite, Vector } from './suite.ts'

interface Named {
  readonly desc: string
  readonly wantErr: boolean
  readonly _file: string
}

interface InclusionVector extends Named {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
  readonly proof: readonly string[] | null
}

interface ConsistencyVector extends Named {
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
  readonly proof: readonly string[] | null
}

interface MerkleVectors {
  readonly inclusion: readonly InclusionVector[]
  readonly consistency: readonly ConsistencyVector[]
  readonly subtreeinclusion?: readonly Named[]
  readonly subtreeconsistency?: readonly Named[]
}

export function merkleSuites(vectors: MerkleVectors): Suite[] {
  return [
    { name: 'merkle inclusion', vectors: vectors.inclusion.map((one) => judge(one, () => inclusion(one))) },
    {
      name: 'merkle consistency',
      vectors: vectors.consistency.map((one) => judge(one, () => consistency(one))),
    },
    ...[vectors.subtreeinclusion, vectors.subtreeconsistency].flatMap((list, i) => ({
      name: ['merkle subtree inclusion', 'merkle subtree consistency'][i]!,
      vectors: (list ?? []).map((one) => ({
        name: one._file,
        skip: 'subtree proofs are not RFC 9162; the library has none',
        run: () => {},
      })),
    })),
  ]
}

function inclusion({ leafIdx, treeSize, root, leafHash, proof }: InclusionVector): void {
  verifyInclusion({
    index: leafIdx,
    size: treeSize,
    root: fromBase64(root),
    leaf: fromBase64(leafHash),
    proof: (proof ?? []).map(fromBase64),
  })
}

function consistency({ size1, size2, root1, root2, proof }: ConsistencyVector): void {
  verifyConsistency({
    from: { size: size1, root: fromBase64(root1) },
    to: { size: size2, root: fromBase64(root2) },
    proof: (proof ?? []).map(fromBase64),
  })
}

/** A refusal counts only when it is one of ours: a crash on hostile input is no refusal. */
function judge({ desc, wantErr, _file }: Named, verify: () => void): Vector {
  return {
    name: `${_file} (${desc})`,
    run: () => {
      let refusal: unknown
      try {
        verify()
      } catch (error) {
        if (!(error instanceof TlogError)) throw error
        refusal = error
      }
      if (wantErr && !refusal) throw new Error('accepted; it must be refused')
      if (!wantErr && refusal) throw refusal
    },
  }
}
