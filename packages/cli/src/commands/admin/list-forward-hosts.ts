import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

/** Lists the hosts that reverse proxies guard. */
export const listForwardHosts: CommandDefinition<OperatorOptions> = {
  name: 'list-forward-hosts',
  summary: 'the hosts that are registered, and by whom',
  description:
    'Lists the hosts whose reverse proxies may ask /forward-auth, in the order they were registered.',
  examples: ['writ admin list-forward-hosts'],
  configure: (command) => withDatabaseOption(command),
  async run(invocation, _arguments, options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const hosts = await operator.forwardHosts()
      output.result({
        hosts: hosts.map(({ origin, createdBy, createdAt }) => ({ origin, createdBy, createdAt })),
      })
      if (hosts.length === 0) output.line('No host is registered.')
      for (const { origin, createdBy, createdAt } of hosts)
        output.line(
          `${origin}   ${output.style.dim(`${createdAt.toISOString().slice(0, 10)} by ${createdBy}`)}`,
        )
      return exitCodes.done
    })
  },
}
