import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectRefusal } from '../test/support/refusal.ts'
import { OTHER_SEED, SEED } from '../test/support/sample-export.ts'
import { toBase64 } from './bytes.ts'
import {
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  peekCheckpoint,
  signCheckpoint,
} from './checkpoint.ts'
import { emptyRoot } from './hashing.ts'
import { noteSigner, noteVerifier } from './note-keys.ts'

const ORIGIN = 'log.example/org-1'
const HEAD = { origin: ORIGIN, size: 42, root: emptyRoot(), extensions: ['one', 'two'] }
const ROOT = toBase64(emptyRoot())
const signer = await noteSigner(ORIGIN, SEED)
const verifiers = [await noteVerifier(signer.verifierKey)]

describe('checkpoints', () => {
  test('are written as origin, size, root and extensions, a line each', () => {
    expect(formatCheckpoint(HEAD)).toBe(`${ORIGIN}\n42\n${ROOT}\none\ntwo\n`)
    expect(parseCheckpoint(formatCheckpoint(HEAD))).toEqual(HEAD)
  })

  test('signed and opened they are what was signed', async () => {
    const note = await signCheckpoint(HEAD, [signer])
    expect(await openCheckpoint(note, verifiers, ORIGIN)).toEqual(HEAD)
    expect(peekCheckpoint(note)).toEqual(HEAD)
  })

  test('of another origin, or signed by another key, are untrusted', async () => {
    const note = await signCheckpoint(HEAD, [signer])
    await expectRefusal('tlog.note_untrusted', () => openCheckpoint(note, verifiers, 'log.example/org-2'))
    const foreign = await signCheckpoint(HEAD, [await noteSigner(ORIGIN, OTHER_SEED)])
    await expectRefusal('tlog.note_untrusted', () => openCheckpoint(foreign, verifiers))
  })

  test.each<[string, string]>([
    ['empty', ''],
    ['two lines', 'log\n42\n'],
    ['no newline at the end', `log\n42\n${ROOT}`],
    ['an empty origin', `\n42\n${ROOT}\n`],
    ['a leading zero', `log\n042\n${ROOT}\n`],
    ['a plus sign', `log\n+42\n${ROOT}\n`],
    ['a negative size', `log\n-1\n${ROOT}\n`],
    ['a size in hex', `log\n0x1\n${ROOT}\n`],
    ['an empty size', `log\n\n${ROOT}\n`],
    ['a size above 2^53-1', `log\n9007199254740992\n${ROOT}\n`],
    ['a short root', `log\n42\nAAAA\n`],
    ['a root without padding', `log\n42\n${ROOT.slice(0, -1)}\n`],
    ['a root with spare bits', `log\n42\n${ROOT.replace('U=', 'V=')}\n`],
    ['an empty extension', `log\n42\n${ROOT}\n\n`],
    ['a carriage return', `log\r\n42\n${ROOT}\n`],
    ['a lone surrogate', `log\udc00\n42\n${ROOT}\n`],
  ])('with %s are malformed', (_, text) =>
    expectRefusal('tlog.checkpoint_malformed', () => parseCheckpoint(text)),
  )

  test.each<[string, object]>([
    ['an origin of two lines', { origin: 'a\nb' }],
    ['an origin that brings its own size', { origin: `a\n1\n${ROOT}` }],
    ['an extension of two lines', { extensions: ['a\nb'] }],
    ['an empty extension', { extensions: [''] }],
    ['a fractional size', { size: 1.5 }],
    ['a root of 31 bytes', { root: new Uint8Array(31) }],
  ])('%s is not written', (_, change) =>
    expectRefusal('tlog.checkpoint_malformed', () => formatCheckpoint({ ...HEAD, ...change })),
  )

  test('whatever parses is written back as it was', () => {
    const piece = fc.constantFrom('log', '\n', '0', '7', ROOT, ' ', '\u00e9', '\t', '=')
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 10 }).map((pieces) => `log\n${pieces.join('')}`),
        (text) => {
          try {
            expect(formatCheckpoint(parseCheckpoint(text))).toBe(text)
          } catch (error) {
            expect(error).toMatchObject({ code: 'tlog.checkpoint_malformed' })
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})
