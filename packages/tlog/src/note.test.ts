import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectRefusal } from '../test/support/refusal.ts'
import { OTHER_SEED, SEED } from '../test/support/sample-export.ts'
import { toBase64, toUtf8 } from './bytes.ts'
import * as browser from './ed25519.browser.ts'
import * as node from './ed25519.node.ts'
import { formatNote, openNote, parseNote, signNote } from './note.ts'
import { formatVerifierKey, noteKeyId, noteSigner, noteVerifier, parseVerifierKey } from './note-keys.ts'

const TEXT = 'first line\n\nafter an empty line\n'
const signer = await noteSigner('log.example/a', SEED)
const other = await noteSigner('witness.example', OTHER_SEED)
const verifier = await noteVerifier(signer.verifierKey)
const note = await signNote(TEXT, [signer, other])

describe('signed notes', () => {
  test('a note opens with the key that signed it, and other signatures are ignored', async () => {
    const { text, verified, unknown } = await openNote(note, [verifier])
    expect(text).toBe(TEXT)
    expect(verified.map(({ name }) => name)).toEqual(['log.example/a'])
    expect(unknown.map(({ name }) => name)).toEqual(['witness.example'])
  })

  test('both keys known, both signatures are verified', async () => {
    const both = [verifier, await noteVerifier(other.verifierKey)]
    expect((await openNote(note, both)).verified).toHaveLength(2)
  })

  test('the text is signed, as UTF-8 with its last newline', async () => {
    const [signature] = parseNote(note).signatures
    const verify = await node.ed25519Verify(parseVerifierKey(signer.verifierKey).publicKey)
    expect(await verify(toUtf8(TEXT), signature!.signature)).toBe(true)
    expect(await verify(toUtf8(TEXT.slice(0, -1)), signature!.signature)).toBe(false)
  })

  test.each<[string, () => Promise<unknown>]>([
    ['no key is known', () => openNote(note, [])],
    ['the text was changed', () => openNote(note.replace('first', 'other'), [verifier])],
    [
      'the key has the name but not the id',
      async () =>
        openNote(note, [await noteVerifier((await noteSigner(signer.name, OTHER_SEED)).verifierKey)]),
    ],
    [
      'a known signature is wrong though another is right',
      async () => {
        const { text, signatures } = parseNote(note)
        const [first, second] = signatures
        const wrong = formatNote({
          text,
          signatures: [first!, { ...second!, signature: new Uint8Array(64) }],
        })
        return openNote(wrong, [verifier, await noteVerifier(other.verifierKey)])
      },
    ],
    [
      'a known signature has another length',
      () => {
        const { text, signatures } = parseNote(note)
        const short = { ...signatures[0]!, signature: signatures[0]!.signature.subarray(1) }
        return openNote(formatNote({ text, signatures: [short] }), [verifier])
      },
    ],
  ])('is untrusted when %s', (_, run) => expectRefusal('tlog.note_untrusted', run))

  const line = note.split('\n').at(-2)!
  test.each<[string, string]>([
    ['no blank line', `text\n${line}\n`],
    ['no signature', 'text\n\n'],
    ['no newline at its end', note.slice(0, -1)],
    ['a carriage return', note.replace('first line\n', 'first line\r\n')],
    ['a tab', note.replace('first line', 'first\tline')],
    ['a NUL', note.replace('first line', 'first\0line')],
    ['a lone surrogate', note.replace('first line', 'first \ud800')],
    ['a hyphen for the dash', note.replaceAll('\u2014 ', '- ')],
    ['no key name', `text\n\n\u2014  ${line.split(' ')[2]}\n`],
    ['a plus in a key name', note.replace('\u2014 log.example/a', '\u2014 log+a')],
    ['a no-break space in a key name', note.replace('\u2014 log.example/a', '\u2014 log\u00a0a')],
    ['a third field', note.replace(`${line}\n`, `${line} x\n`)],
    ['base64 without padding', note.replaceAll('=', '')],
    ['a signature of no more than a key id', 'text\n\n\u2014 log AAAAAA==\n'],
    ['more than a hundred signatures', `text\n\n${`${line}\n`.repeat(101)}`],
    ['over a million characters', `${'x'.repeat(1_000_001)}\n\n${line}\n`],
  ])('with %s is malformed', (_, text) => expectRefusal('tlog.note_malformed', () => parseNote(text)))

  test('a text without a last newline is not signed', () =>
    expectRefusal('tlog.note_malformed', () => signNote('text', [signer])))

  test('whatever parses is written back as it was', () => {
    const piece = fc.constantFrom(
      '\n',
      '\n\n',
      '\u2014 ',
      'a',
      ' ',
      '+',
      'AAAAAAA=',
      'AAAAAAAA',
      '\u2014 n AAAAAAA=\n',
      '\r',
      '\ud800',
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        (text) => {
          let parsed: ReturnType<typeof parseNote>
          try {
            parsed = parseNote(text)
          } catch (error) {
            expect(error).toMatchObject({ code: 'tlog.note_malformed' })
            return
          }
          expect(formatNote(parsed)).toBe(text)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('no changed character goes unnoticed in the text or the known signature', async () => {
    const signed = await signNote(TEXT, [signer])
    await fc.assert(
      fc.asyncProperty(
        fc.nat(signed.length - 1),
        fc.constantFrom('A', 'b', '\n', ' ', '='),
        async (at, character) => {
          fc.pre(signed[at] !== character)
          const changed = signed.slice(0, at) + character + signed.slice(at + 1)
          await expect(openNote(changed, [verifier])).rejects.toMatchObject({ name: 'TlogError' })
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('note keys', () => {
  test('the text of a key reads back', () => {
    const { name, keyId, publicKey } = parseVerifierKey(signer.verifierKey)
    expect(name).toBe('log.example/a')
    expect(keyId).toBe(noteKeyId(name, publicKey))
    expect(formatVerifierKey(name, publicKey)).toBe(signer.verifierKey)
  })

  // The base64 part may hold a plus itself.
  const [, name = '', id = '', key = ''] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(signer.verifierKey)!
  const ofType2 = toBase64(Uint8Array.from({ length: 33 }, () => 2))
  test.each([
    [''],
    [name],
    [`${name}+${id}`],
    [`${name}+00000000+${key}`],
    [`other+${id}+${key}`],
    [`${name}+${id.toUpperCase()}0+${key}`],
    [`${name}+${id}+${key.slice(0, -4)}`],
    [`${name}+${id}+!!!!`],
    [`${name}+${id}+${ofType2}`],
    [`a b+${id}+${key}`],
    [`${signer.verifierKey}\n`],
  ])('%j is no verifier key', (text) => expectRefusal('tlog.key_malformed', () => parseVerifierKey(text)))

  test('a seed of another length or a name with a plus makes no signer', async () => {
    await expectRefusal('tlog.key_malformed', () => noteSigner('log', SEED.subarray(1)))
    await expectRefusal('tlog.key_malformed', () => noteSigner('a+b', SEED))
  })
})

test('browser and node make the same keys and signatures and verify the same', async () => {
  const message = toUtf8('message')
  const publicKey = await node.ed25519PublicKey(SEED)
  expect(await browser.ed25519PublicKey(SEED)).toEqual(publicKey)
  const signature = await (await node.ed25519Sign(SEED))(message)
  expect(await (await browser.ed25519Sign(SEED))(message)).toEqual(signature)
  for (const verify of [await node.ed25519Verify(publicKey), await browser.ed25519Verify(publicKey)]) {
    expect(await verify(message, signature)).toBe(true)
    expect(await verify(toUtf8('massage'), signature)).toBe(false)
    expect(await verify(message, new Uint8Array(64))).toBe(false)
  }
})
