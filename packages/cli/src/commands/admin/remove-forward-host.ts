import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

/** Removes a host that a reverse proxy guards. */
export const removeForwardHost: CommandDefinition<OperatorOptions> = {
  name: 'remove-forward-host',
  summary: 'remove such a host: its cookies are worth nothing at once',
  description:
    'Removes a host. Its proxy is refused from the next request on, and everybody who is signed in there is out; their session at Writ goes on. Recorded as the act of operator:<you>.',
  examples: ['writ admin remove-forward-host https://wiki.example.com'],
  configure: (command) => withDatabaseOption(command.argument('<origin>', 'as it was registered')),
  async run(invocation, [origin], options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      await operator.removeForwardHost(origin!)
      output.result({ origin })
      output.line(`${output.style.green('✓')} The host ${origin} is removed.`)
      return exitCodes.done
    })
  },
}
