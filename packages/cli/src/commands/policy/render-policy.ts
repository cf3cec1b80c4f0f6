import { Option } from 'commander'
import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { usageFailure } from '../../failure.ts'
import { writeText } from '../../files.ts'
import { readPolicy } from '../../policy-files.ts'

interface Options {
  readonly language?: string
  readonly format?: 'md' | 'html'
  readonly out?: string
}

/** Prints a policy as the document that people read and sign. */
export const renderPolicy: CommandDefinition<Options> = {
  name: 'render',
  summary: 'print a policy as the document that people read and sign',
  description:
    'Makes the human document out of the policy file: document control, roles, the access matrix, every rule, the mapping to frameworks. The same file gives the same text, byte for byte.',
  examples: [
    'writ policy render shop.policy.yaml',
    'writ policy render shop.policy.yaml --language he --out policy.html',
  ],
  configure: (command) =>
    command
      .argument('<file>', 'the policy; - is standard input')
      .option('--language <language>', 'one that the policy lists; default: its first')
      .addOption(
        new Option('--format <format>', 'default: by the name of --out, else md').choices(['md', 'html']),
      )
      .option('-o, --out <file>', 'write to a file instead'),
  async run({ io, output }, [path], { out, ...options }) {
    const { renderHtml, renderMarkdown } = await import('@writ/policy')
    const { policy } = await readPolicy(io, path!)
    const language = options.language ?? policy.languages[0]!
    if (!policy.languages.includes(language)) {
      throw usageFailure(
        `The policy is not written in "${language}". Its languages: ${policy.languages.join(', ')}.`,
        'A language is added to the policy under `languages`.',
      )
    }
    const format = options.format ?? (/\.html?$/i.test(out ?? '') ? 'html' : 'md')
    const text = (format === 'html' ? renderHtml : renderMarkdown)(policy, { language })
    if (out !== undefined) writeText(io, out, text)
    output.result({
      policy: policy.name,
      language,
      format,
      ...(out === undefined ? { text } : { file: out }),
    })
    if (out !== undefined) output.line(`Written to ${out}.`)
    else if (!output.json) output.raw(text)
    return exitCodes.done
  },
}
