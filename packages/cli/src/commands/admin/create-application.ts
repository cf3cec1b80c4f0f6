import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { secretLines } from '../../output/secret.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

/** Registers an application of the platform. */
export const createApplication: CommandDefinition<OperatorOptions> = {
  name: 'create-application',
  summary: 'register an application that may ask about every organization',
  description:
    'Registers an application of the platform and prints its credential once. It may ask for decisions in every organization; an application of one organization is made in that organization. Recorded as the act of operator:<you>.',
  examples: [
    "writ admin create-application 'order service'",
    "writ admin create-application 'order service' --json | jq -r .credential",
  ],
  configure: (command) => withDatabaseOption(command.argument('<name>', 'what it is called')),
  async run(invocation, [name], options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const { id, credential } = await operator.createApplication(name!)
      output.result({ id, name, credential })
      output.line(`${output.style.green('✓')} The application ${name} is registered (${id}).`)
      output.lines(
        secretLines('Credential', credential, 'The application sends it as Authorization: Bearer.'),
      )
      return exitCodes.done
    })
  },
}
