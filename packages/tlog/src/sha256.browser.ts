/**
 * SHA-256 (FIPS 180-4) in plain JavaScript, for runtimes without `node:crypto`.
 *
 * WebCrypto only hashes asynchronously; a tree of a million nodes cannot await each one.
 * Inputs here are public (leaves and hashes), so constant time is not a concern.
 */
const K = new Uint32Array(64)
const INITIAL = new Uint32Array(8)
const schedule = new Int32Array(64)
const state = new Int32Array(8)
const tail = new Uint8Array(128)

fillConstants()

/** The SHA-256 digest of `data`, as a new array of 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32)
  sha256Into(data, digest, 0)
  return digest
}

/** Writes the digest of `data` to `target` at `offset`; `data` and `target` may overlap. */
export function sha256Into(data: Uint8Array, target: Uint8Array, offset: number): void {
  for (let i = 0; i < 8; i++) state[i] = INITIAL[i]!
  const whole = data.length - (data.length % 64)
  for (let at = 0; at < whole; at += 64) compress(data, at)
  const rest = data.length - whole
  tail.fill(0)
  tail.set(data.subarray(whole), 0)
  tail[rest] = 0x80
  // The length in bits is 64 wide; above 2^32 bits its upper half is not zero.
  const end = rest < 56 ? 64 : 128
  writeWord(tail, end - 8, Math.floor(data.length / 0x2000_0000))
  writeWord(tail, end - 4, data.length << 3)
  for (let at = 0; at < end; at += 64) compress(tail, at)
  for (let i = 0; i < 8; i++) writeWord(target, offset + i * 4, state[i]!)
}

function compress(block: Uint8Array, offset: number): void {
  const w = schedule
  for (let i = 0; i < 16; i++) {
    const at = offset + i * 4
    w[i] = (block[at]! << 24) | (block[at + 1]! << 16) | (block[at + 2]! << 8) | block[at + 3]!
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!
    const y = w[i - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
  state[4] = state[4]! + e
  state[5] = state[5]! + f
  state[6] = state[6]! + g
  state[7] = state[7]! + h
}

function writeWord(target: Uint8Array, at: number, word: number): void {
  target[at] = word >>> 24
  target[at + 1] = word >>> 16
  target[at + 2] = word >>> 8
  target[at + 3] = word
}

/** FIPS 180-4 sections 4.2.2 and 5.3.3: the first 32 fraction bits of roots of the first primes. */
function fillConstants(): void {
  let found = 0
  for (let n = 2; found < 64; n++) {
    let prime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false
    if (!prime) continue
    if (found < 8) INITIAL[found] = (Math.sqrt(n) % 1) * 0x1_0000_0000
    K[found++] = (Math.cbrt(n) % 1) * 0x1_0000_0000
  }
}
