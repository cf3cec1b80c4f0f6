import { TlogError } from './errors.ts'

/** The longest line accepted, in UTF-16 units, so that a file without newlines cannot fill memory. */
const MAX_LINE = 4_194_304

/**
 * Splits UTF-8 text at newlines and nothing else, holding one line at a time.
 *
 * Node's `readline` also splits at U+2028 and U+2029, which JSON strings may hold.
 *
 * @throws `tlog.bad_encoding` when the bytes are not UTF-8 or a line is longer than 4 MiB.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let held = ''
  for await (const chunk of chunks) {
    const lines = (held + decode(decoder, chunk)).split('\n')
    held = lines.pop()!
    if (held.length > MAX_LINE)
      throw new TlogError('tlog.bad_encoding', `A line is longer than ${MAX_LINE} characters.`)
    yield* lines
  }
  held += decode(decoder)
  if (held !== '') yield held
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
  } catch (cause) {
    throw new TlogError('tlog.bad_encoding', 'The file is not valid UTF-8.', { cause })
  }
}
