/** RFC 6962's eight-leaf tree against our log, and RFC 7515's HS256 token against what verifies ours. */
import { createHmac } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import {
  CompactRange,
  emptyRoot,
  leafHash,
  memoryHashReader,
  proveConsistency,
  proveInclusion,
  readRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../packages/tlog/src/index.ts'
import { expectSame, type Suite } from './suite.ts'

interface RfcVectors {
  readonly rfc6962_roots: { readonly empty: string; readonly leaves_hex: string[]; readonly roots: string[] }
  readonly rfc7515_A1_HS256: { readonly jwk_k: string; readonly jws: string }
}

export function rfcSuites(vectors: RfcVectors): Suite[] {
  return [treeSuite(vectors.rfc6962_roots), tokenSuite(vectors.rfc7515_A1_HS256)]
}

function treeSuite({ empty, leaves_hex, roots }: RfcVectors['rfc6962_roots']): Suite {
  const leaves = leaves_hex.map((hex) => leafHash(Buffer.from(hex, 'hex')))
  const published = roots.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))
  const read = memoryHashReader(leaves)
  const range = new CompactRange()
  const incremental = leaves.map((leaf) => {
    range.append(leaf)
    return hex(range.root())
  })
  return {
    name: 'RFC 6962 tree of 8 leaves',
    vectors: [
      { name: 'root of no leaves', run: () => expectSame(hex(emptyRoot()), empty) },
      ...roots.map((root, i) => ({
        name: `root of ${i + 1}`,
        run: async () => {
          expectSame(incremental[i], root)
          expectSame(hex(await readRoot(i + 1, read)), root)
        },
      })),
      ...roots.map((_, i) => ({
        name: `every proof to the published root of ${i + 1}`,
        run: async () => {
          const to = { size: i + 1, root: published[i]! }
          for (let index = 0; index <= i; index++) {
            const inclusion = await proveInclusion(index, to.size, read)
            verifyInclusion({ index, ...to, leaf: leaves[index]!, proof: inclusion })
            const from = { size: index + 1, root: published[index]! }
            verifyConsistency({ from, to, proof: await proveConsistency(from.size, to.size, read) })
          }
        },
      })),
    ],
  }
}

function tokenSuite({ jwk_k, jws }: RfcVectors['rfc7515_A1_HS256']): Suite {
  const key = Buffer.from(jwk_k, 'base64url')
  const signingInput = jws.slice(0, jws.lastIndexOf('.'))
  const verify = createVerifier({ key, algorithms: ['HS256'], ignoreExpiration: true })
  // Flips the token's first signature character, so that the same claims carry a wrong signature.
  const at = signingInput.length + 1
  const forged = jws.slice(0, at) + (jws[at] === 'A' ? 'B' : 'A') + jws.slice(at + 1)
  return {
    name: 'RFC 7515 A.1 HS256 (node:crypto, fast-jwt)',
    vectors: [
      {
        name: 'node:crypto makes the published signature',
        run: () =>
          expectSame(createHmac('sha256', key).update(signingInput).digest('base64url'), jws.slice(at)),
      },
      { name: 'fast-jwt accepts it', run: () => expectSame(verify(jws).iss, 'joe') },
      { name: 'fast-jwt refuses a flipped signature', run: () => refuses(() => verify(forged)) },
      {
        name: 'fast-jwt refuses it as expired when time counts',
        run: () => refuses(() => createVerifier({ key, algorithms: ['HS256'] })(jws)),
      },
      {
        name: 'fast-jwt refuses another algorithm',
        run: () => refuses(() => createVerifier({ key, algorithms: ['HS512'], ignoreExpiration: true })(jws)),
      },
    ],
  }
}

function refuses(run: () => unknown): void {
  try {
    run()
  } catch {
    return
  }
  throw new Error('accepted; it must be refused')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
