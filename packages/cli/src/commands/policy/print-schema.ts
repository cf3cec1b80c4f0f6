import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { writeText } from '../../files.ts'

/** Prints the JSON Schema of policy files. */
export const printSchema: CommandDefinition<{ out?: string }> = {
  name: 'schema',
  summary: 'print the JSON Schema of policy files, for editors',
  description:
    'Prints the JSON Schema (2020-12) of policy files, by which editors complete and check while you type. It covers the grammar; names, cycles and conditions are checked by `writ policy check`.',
  examples: [
    'writ policy schema --out policy.schema.json',
    'echo "# yaml-language-server: \\$schema=./policy.schema.json" > shop.policy.yaml',
  ],
  configure: (command) => command.option('-o, --out <file>', 'write to a file instead'),
  async run({ io, output }, _, { out }) {
    const { jsonSchema } = await import('@writ/policy')
    const text = `${JSON.stringify(jsonSchema(), null, 2)}\n`
    if (out === undefined) output.raw(text)
    else {
      writeText(io, out, text)
      output.result({ ok: true, file: out })
      output.line(`Written to ${out}.`)
    }
    return exitCodes.done
  },
}
