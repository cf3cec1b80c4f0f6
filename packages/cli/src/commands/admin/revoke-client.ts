import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { confirmed, type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

interface Options extends OperatorOptions {
  readonly yes?: boolean
}

/** Revokes an application of the one sign-on. */
export const revokeClient: CommandDefinition<Options> = {
  name: 'revoke-client',
  summary: 'revoke an application of the one sign-on, for good',
  description:
    'Revokes an application: from the next request on nobody signs in to it, and its codes and tokens are worth nothing, on every server. Recorded as the act of operator:<you>.',
  examples: ['writ admin revoke-client cli_01k…', 'writ admin revoke-client cli_01k… --yes'],
  configure: (command) =>
    withDatabaseOption(
      command.argument('<id>', 'as list-clients shows it').option('-y, --yes', 'do not ask'),
    ),
  async run(invocation, [id], options) {
    const { output } = invocation
    if (!(await confirmed(invocation, `Shut ${id} out for good?`, options.yes))) {
      output.line('Nothing was changed.')
      return exitCodes.interrupted
    }
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const { name } = await operator.revokeClient(id!)
      output.result({ id, name })
      output.line(`${output.style.green('✓')} The application ${name} is revoked.`)
      return exitCodes.done
    })
  },
}
