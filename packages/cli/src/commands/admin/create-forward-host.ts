import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

/** Registers a host that a reverse proxy guards. */
export const createForwardHost: CommandDefinition<OperatorOptions> = {
  name: 'create-forward-host',
  summary: 'register a host whose reverse proxy asks who a request is from',
  description:
    'Registers a host by its exact origin, so that nginx, Traefik or Caddy in front of it may ask /forward-auth about each request and people may be sent there from the sign-on. docs/guides/forward-auth.md has the configurations. Recorded as the act of operator:<you>.',
  examples: ['writ admin create-forward-host https://wiki.example.com'],
  configure: (command) =>
    withDatabaseOption(
      command.argument('<origin>', 'scheme, host and port, such as https://wiki.example.com'),
    ),
  async run(invocation, [given], options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const { origin } = await operator.createForwardHost(given!)
      output.result({ origin })
      output.line(`${output.style.green('✓')} The host ${origin} is registered.`)
      return exitCodes.done
    })
  },
}
