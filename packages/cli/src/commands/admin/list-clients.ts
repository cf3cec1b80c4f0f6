import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

/** Lists the applications of the one sign-on. */
export const listClients: CommandDefinition<OperatorOptions> = {
  name: 'list-clients',
  summary: 'the applications of the one sign-on',
  description: 'Lists every application that was registered for the one sign-on, also revoked ones.',
  examples: ['writ admin list-clients'],
  configure: (command) => withDatabaseOption(command),
  async run(invocation, _arguments, options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const clients = await operator.clients()
      output.result({ clients })
      if (clients.length === 0) output.line('No application is registered.')
      const rows = clients.map(({ id, name, type, isFirstParty, redirectUris, audience, revokedAt }) => [
        id,
        name,
        isFirstParty ? type : `${type}, third party`,
        revokedAt ? 'revoked' : (audience ?? redirectUris.join(' ')),
      ])
      output.table(rows, { head: ['id', 'name', 'type', 'address'] })
      return exitCodes.done
    })
  },
}
