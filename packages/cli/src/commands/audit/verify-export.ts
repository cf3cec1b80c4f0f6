import type { ExportReport } from '@writ/tlog'
import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { Failure, usageFailure } from '../../failure.ts'
import { openFile } from '../../files.ts'
import type { Io } from '../../io.ts'
import { reportLines } from '../../output/audit-report.ts'
import { download, isUrl } from '../../remote.ts'

interface Options {
  readonly key?: string
  readonly origin?: string
}

/** Verifies an export of an audit log without a server or a database. */
export const verifyExport: CommandDefinition<Options> = {
  name: 'verify',
  summary: 'prove that an exported log is whole and unaltered',
  description:
    'Hashes every event anew and proves it to the signed checkpoint: nothing altered, missing, repeated, moved or added. Needs no server and no database. Exit code 1 if anything was altered; then the first bad entry is named.',
  examples: [
    "writ audit verify acme.jsonl --key 'writ.example.com/acme+2f61c1d7+AS…'",
    'writ audit verify https://access.example.com/api/v1/organizations/acme/audit/export',
    'zcat acme.jsonl.gz | writ audit verify -',
  ],
  configure: (command) =>
    command
      .argument('<export>', 'a file, a URL (with WRIT_TOKEN), or - for standard input')
      .option('--key <verifierkey>', 'the key you got from elsewhere: only its holder can have signed')
      .option('--origin <name>', 'the log it must be of, when one key signs several'),
  async run({ io, output }, [source], options) {
    const { splitLines, verifyExport: verify } = await import('@writ/tlog')
    const { name, size, chunks } = await open(io, source!)
    const progress = output.progress('Verifying', 'bytes')
    let report: ExportReport
    try {
      const counted = counting(chunks, (read) => progress.update(read, size))
      report = await verify(splitLines(counted), {
        ...(options.key !== undefined && { pinnedKey: options.key }),
        ...(options.origin !== undefined && { origin: options.origin }),
      })
    } catch (error) {
      throw refusedKey(error, options.key)
    } finally {
      progress.stop()
    }
    output.result({ file: name, ...report })
    output.lines(reportLines(report, name, output.style, output.width))
    return report.ok ? exitCodes.done : exitCodes.no
  },
}

async function open(io: Io, source: string) {
  return isUrl(source) ? download(io, source) : openFile(io, source)
}

async function* counting(
  chunks: AsyncIterable<Uint8Array>,
  seen: (read: number) => void,
): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const chunk of chunks) {
    read += chunk.length
    seen(read)
    yield chunk
  }
}

/** A pinned key that is none is an error of whoever typed it; a file that is no text cannot be judged. */
function refusedKey(error: unknown, key: string | undefined): unknown {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'tlog.key_malformed' && key !== undefined) {
    return usageFailure(
      `--key: ${message}`,
      'A key looks like name+8 hex digits+base64; the server shows it beside every checkpoint.',
    )
  }
  if (code === 'tlog.bad_encoding')
    return new Failure(exitCodes.usage, code, `This is no export: ${message}`, { cause: error })
  return error
}
