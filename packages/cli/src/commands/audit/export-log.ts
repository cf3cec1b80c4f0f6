import { splitLines } from '@writ/tlog'
import type { CommandDefinition, Invocation } from '../../command.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { usageFailure } from '../../failure.ts'
import { writeLines } from '../../files.ts'
import type { Progress } from '../../output/progress.ts'
import { plural } from '../../output.ts'
import { download, isUrl } from '../../remote.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

interface Options extends OperatorOptions {
  readonly organization: string
  readonly out?: string
  readonly url?: string
}

/** Takes an organization's audit log out, with everything needed to verify it offline. */
export const exportLog: CommandDefinition<Options> = {
  name: 'export',
  summary: "write an organization's audit log to a file, with its proofs",
  description:
    "Writes the log as JSON lines with the signed checkpoint and the proof of every event, for `writ audit verify`. From the database, as the operator; or from a server with --url and WRIT_TOKEN, as somebody who may export. The platform's own log is the organization `platform`. Exports are recorded in the log.",
  examples: [
    'writ audit export --organization acme --out acme.jsonl',
    'WRIT_TOKEN=… writ audit export --organization acme --url https://access.example.com | gzip > acme.jsonl.gz',
  ],
  configure: (command) =>
    withDatabaseOption(
      command
        .requiredOption('--organization <slug>', 'whose log')
        .option('-o, --out <file>', 'write to a file; it has its name once it is complete')
        .option('--url <server>', 'read from a server instead of the database'),
    ),
  async run(invocation, _, options) {
    const { output } = invocation
    if (output.json && options.out === undefined)
      throw usageFailure('--json needs --out: without a file, stdout is the export itself.')
    if (options.url !== undefined) return fromServer(invocation, options, options.url)
    return withOperator(invocation, options, 'writ audit export without --url', async (operator) => {
      const log = await operator.exportLog(options.organization)
      return save(invocation, options, log.lines, log.size)
    })
  },
}

async function fromServer(invocation: Invocation, options: Options, url: string): Promise<ExitCode> {
  if (!isUrl(url)) throw usageFailure(`--url ${url} should begin with https:// or http://.`)
  const address = `${url.replace(/\/+$/, '')}/api/v1/organizations/${encodeURIComponent(options.organization)}/audit/export`
  const { chunks } = await download(invocation.io, address)
  return save(invocation, options, splitLines(chunks), undefined)
}

async function save(
  invocation: Invocation,
  { out, organization }: Options,
  lines: AsyncIterable<string>,
  size: number | undefined,
): Promise<ExitCode> {
  const { io, output } = invocation
  const progress = output.progress(`Exporting ${organization}`, 'events')
  const counted = new CountedEntries(lines, progress, size)
  try {
    if (out !== undefined) await writeLines(io, out, counted)
    else for await (const line of counted) output.raw(line)
  } finally {
    progress.stop()
  }
  output.result({ ok: true, organization, file: out, events: counted.entries })
  output.note(
    `${output.noteStyle.green('✓')} ${plural(counted.entries, 'event')} of ${organization}${out === undefined ? '' : `, written to ${out}`}.`,
  )
  if (out !== undefined) output.note(output.noteStyle.dim(`  writ audit verify ${out} proves it.`))
  return exitCodes.done
}

/** Passes lines on and counts the events among them: every line that is not the header, a group or the end. */
class CountedEntries implements AsyncIterable<string> {
  entries = 0
  readonly #lines: AsyncIterable<string>
  readonly #progress: Progress
  readonly #size: number | undefined

  constructor(lines: AsyncIterable<string>, progress: Progress, size: number | undefined) {
    this.#lines = lines
    this.#progress = progress
    this.#size = size
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for await (const line of this.#lines) {
      if (line.startsWith('{"index":')) this.#progress.update(++this.entries, this.#size)
      yield line
    }
  }
}
