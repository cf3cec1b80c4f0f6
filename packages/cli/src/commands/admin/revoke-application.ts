import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { confirmed, type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

interface Options extends OperatorOptions {
  readonly yes?: boolean
}

/** Revokes an application of the platform. */
export const revokeApplication: CommandDefinition<Options> = {
  name: 'revoke-application',
  summary: 'revoke an application that may ask about every organization, for good',
  description:
    'Revokes an application of the platform: its credential is refused from the next request on, on every server. It is not brought back; register another. Recorded as the act of operator:<you>.',
  examples: ['writ admin revoke-application app_01k…', 'writ admin revoke-application app_01k… --yes'],
  configure: (command) =>
    withDatabaseOption(
      command.argument('<id>', 'as list-applications shows it').option('-y, --yes', 'do not ask'),
    ),
  async run(invocation, [id], options) {
    const { output } = invocation
    if (!(await confirmed(invocation, `Shut ${id} out for good?`, options.yes))) {
      output.line('Nothing was changed.')
      return exitCodes.interrupted
    }
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const { name } = await operator.revokeApplication(id!)
      output.result({ id, name })
      output.line(`${output.style.green('✓')} The application ${name} is revoked.`)
      return exitCodes.done
    })
  },
}
