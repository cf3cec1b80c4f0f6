/**
 * Hashes many leaves into a tree and prints what that took, to show that memory does not grow with the log.
 *
 *   node packages/tlog/test/stream-leaves.ts 10000000
 *
 * The leaves are bytes in one reused array. Making each of them as a text would measure V8 instead: a
 * loop that only makes ten million short texts and hashes nothing lets V8 widen its young generation
 * by some 130 MiB, unless it is started with `--max-semi-space-size=8`.
 */
import { CompactRange, leafHash, toBase64 } from '../src/index.ts'

const MEBIBYTE = 1_048_576
const count = Number(process.argv[2] ?? 10_000_000)
const leaf = new TextEncoder().encode(
  '{"actor":"user:ada","id":"evt_........","organization":"org_1","type":"requests.approved"}',
)
const counter = new DataView(leaf.buffer, 30, 8)
const before = process.memoryUsage.rss()
const began = performance.now()
let highest = before
const range = new CompactRange()
for (let i = 0; i < count; i++) {
  counter.setUint32(0, i)
  range.append(leafHash(leaf))
  if (i % 10_000 === 0) highest = Math.max(highest, process.memoryUsage.rss())
}
const seconds = (performance.now() - began) / 1000
console.log(
  JSON.stringify({
    leaves: count,
    root: toBase64(range.root()),
    leavesPerSecond: Math.round(count / seconds),
    rssBeforeMiB: Math.round(before / MEBIBYTE),
    rssHighestMiB: Math.round(highest / MEBIBYTE),
    grewMiB: Math.round((highest - before) / MEBIBYTE),
  }),
)
