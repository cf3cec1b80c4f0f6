/** Published bcrypt vectors against `@node-rs/bcrypt`, the traps whoever calls it must close, and that our own code closes them. */
import { verify } from '@node-rs/bcrypt'
import { createPasswords, needsRehash } from '../../packages/server/src/platform/passwords.ts'
import type { Suite, Vector } from './suite.ts'

interface BcryptVectors {
  readonly vectors: readonly { password: string; hash: string; match: boolean }[]
  readonly raw_byte_vectors: readonly { password_hex: string; hash: string }[]
  readonly pitfalls: readonly Pitfall[]
}

interface Pitfall {
  readonly case: string
  readonly password_a?: string
  readonly password_b?: string
  readonly hash_of_a?: string
  readonly same_with_plain_bcrypt?: boolean
  readonly password_a_json?: string
  readonly password_b_json?: string
  readonly password_c_json?: string
  readonly bcryptjs_hash_a?: string
  readonly hash_ok?: string
  readonly hash_bad_extra?: string
  readonly hash_bad_trunc?: string
  readonly inputs?: readonly string[]
}

export function bcryptSuites({ vectors, raw_byte_vectors, pitfalls }: BcryptVectors): Suite[] {
  return [
    {
      name: 'bcrypt text',
      vectors: vectors.flatMap(({ password, hash, match }) => [
        { name: `${JSON.stringify(password)} ${hash}`, run: () => expectVerdict(password, hash, match) },
        {
          name: `${JSON.stringify(password)} and more, ${hash}`,
          run: () => expectVerdict(`${password}x`, hash, false),
        },
      ]),
    },
    {
      name: 'bcrypt raw bytes',
      vectors: raw_byte_vectors.map(({ password_hex, hash }) => ({
        name: `${password_hex} ${hash}`,
        run: () => expectVerdict(Buffer.from(password_hex, 'hex'), hash, true),
      })),
    },
    { name: 'bcrypt pitfalls', vectors: pitfalls.flatMap(pitfallVectors) },
    { name: 'passwords as the server keeps them', vectors: serverVectors(vectors, pitfalls) },
  ]
}

/** The server reads the hashes of others, and ignores no byte of a password. */
function serverVectors(vectors: BcryptVectors['vectors'], pitfalls: readonly Pitfall[]): Vector[] {
  const pairs = pitfalls.flatMap((pitfall) => {
    const { password_a: a, password_b: b, password_a_json, password_b_json, password_c_json } = pitfall
    const [one, ...others] = [a ?? password_a_json, b ?? password_b_json, password_c_json]
    return one === undefined
      ? []
      : others.flatMap((other) => (other === undefined ? [] : [[one, other] as const]))
  })
  return [
    ...vectors.flatMap(({ password, hash, match }) => [
      { name: `${JSON.stringify(password)} ${hash}`, run: () => expectServerVerdict(password, hash, match) },
      {
        name: `${JSON.stringify(password)} and more, ${hash}`,
        run: () => expectServerVerdict(`${password}x`, hash, false),
      },
    ]),
    ...pairs.flatMap(([one, other]) => [
      { name: `${JSON.stringify(one)}: kept and read`, run: () => expectKept(one, one, true) },
      {
        name: `${JSON.stringify(one)}: not ${JSON.stringify(other)}`,
        run: () => expectKept(one, other, false),
      },
    ]),
  ]
}

function pitfallVectors(pitfall: Pitfall): Vector[] {
  const { password_a, password_b, hash_of_a, same_with_plain_bcrypt, password_a_json, bcryptjs_hash_a } =
    pitfall
  if (hash_of_a !== undefined && password_a !== undefined && password_b !== undefined) {
    return [
      { name: `${pitfall.case}: a`, run: () => expectVerdict(password_a, hash_of_a, true) },
      {
        // The library is expected to share the trap; that it does is why over 72 bytes are refused before it.
        name: `${pitfall.case}: b`,
        run: () => expectVerdict(password_b, hash_of_a, same_with_plain_bcrypt === true),
      },
    ]
  }
  if (bcryptjs_hash_a !== undefined && password_a_json !== undefined) {
    const others = [pitfall.password_b_json, pitfall.password_c_json].filter((text) => text !== undefined)
    return [
      { name: `${pitfall.case}: itself`, run: () => expectVerdict(password_a_json, bcryptjs_hash_a, true) },
      ...others.map((other) => ({
        name: `${pitfall.case}: ${JSON.stringify(other)}`,
        run: () => expectVerdict(other, bcryptjs_hash_a, false),
      })),
    ]
  }
  if (pitfall.hash_ok !== undefined) return damagedHashVectors(pitfall)
  if (pitfall.inputs) {
    return pitfall.inputs.map((hash) => ({
      name: `${pitfall.case}: ${hash}`,
      run: () => expectVerdict('password', hash, false),
    }))
  }
  return [{ name: pitfall.case, skip: 'it is about what callers hash, not about the library', run: () => {} }]
}

function damagedHashVectors({ case: name, hash_bad_extra = '', hash_bad_trunc = '' }: Pitfall): Vector[] {
  // The password belongs to the undamaged hash, so only the damage can make it fail.
  const password = 'Kk4DQuMMfZL9o'
  return [
    { name: `${name}: extra bytes`, run: () => expectVerdict(password, hash_bad_extra, false) },
    { name: `${name}: truncated`, run: () => expectVerdict(password, hash_bad_trunc, false) },
  ]
}

/** An error counts as a refusal: a hash that cannot be read matches nothing. */
async function expectVerdict(password: string | Buffer, hash: string, wanted: boolean): Promise<void> {
  const verdict = await verify(password, hash).catch((error: Error) => error.message)
  if ((verdict === true) !== wanted) throw new Error(`verify gave ${verdict}; wanted ${wanted}`)
}

async function expectServerVerdict(password: string, hash: string, wanted: boolean): Promise<void> {
  const passwords = createPasswords()
  try {
    const verdict = await passwords.verify(password, hash)
    if (verdict !== wanted) throw new Error(`the server gave ${verdict}; wanted ${wanted}`)
  } finally {
    await passwords.stop()
  }
}

/** Keeps one password as the server does, at bcrypt's lowest cost, and offers another. */
async function expectKept(one: string, offered: string, wanted: boolean): Promise<void> {
  const passwords = createPasswords()
  try {
    const stored = await passwords.hash(one, 4)
    if (needsRehash(stored, 4) || !needsRehash(stored, 5)) throw new Error(`kept at another cost: ${stored}`)
    const verdict = await passwords.verify(offered, stored)
    if (verdict !== wanted) throw new Error(`the server gave ${verdict}; wanted ${wanted}`)
  } finally {
    await passwords.stop()
  }
}
