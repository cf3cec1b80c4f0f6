import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { noteSigner, toBase64 } from '../../tlog/src/index.ts'
import { exportOf, ORIGIN, OTHER_SEED, rootOf, sampleLog } from '../../tlog/test/support/sample-export.ts'
import { playTranscript } from './transcript.ts'

const folder = fileURLToPath(new URL('scripts/', import.meta.url))
const scripts = readdirSync(folder).filter((name) => name.endsWith('.txt'))

test.each(scripts)('%s goes as written', async (script) => {
  await playTranscript(join(folder, script), await names())
})

/** What a transcript cannot hold: an export with its proofs, and what was done to it. */
async function names(): Promise<Record<string, string>> {
  const log = await sampleLog(300)
  const lines = await exportOf(log)
  const text = (of: readonly string[]) => of.join('\n')
  const unsigned = JSON.parse(lines[0]!)
  delete unsigned.verifierKey
  return {
    origin: ORIGIN,
    key: log.signer.verifierKey,
    otherKey: (await noteSigner(ORIGIN, OTHER_SEED)).verifierKey,
    root: toBase64(rootOf(log.leaves)),
    export: text(lines),
    part: text(await exportOf(log, 10, 20)),
    keyless: text([JSON.stringify(unsigned), ...lines.slice(1)]),
    altered: text(lines.map((line) => line.replace('evt_280\\"', 'evt_281\\"'))),
    shortened: text(lines.toSpliced(-3, 2)),
    personal: text(lines.map((line) => line.replace('"user9@example.com"', '"eve@example.com"'))),
  }
}
