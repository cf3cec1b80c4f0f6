import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

/** Takes a role of the platform from an account. */
export const revokePlatformRole: CommandDefinition<OperatorOptions> = {
  name: 'revoke-platform-role',
  summary: 'take a role above the organizations from an account',
  description:
    'Takes a role of the platform from an account. It grants nothing from the next request on. Recorded as the act of operator:<you>.',
  examples: ['writ admin revoke-platform-role ada@example.com super_admin'],
  configure: (command) =>
    withDatabaseOption(
      command.argument('<email>', 'of the account').argument('<role>', 'a role of scope platform'),
    ),
  async run(invocation, [email, role], options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      await operator.revokePlatformRole({ email: email!, role: role! })
      output.result({ email, role })
      output.line(`${output.style.green('✓')} ${email} has no longer the role ${role} on the platform.`)
      return exitCodes.done
    })
  },
}
