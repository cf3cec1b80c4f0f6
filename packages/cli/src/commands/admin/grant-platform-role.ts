import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { secretLines } from '../../output/secret.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

/** Gives an account a role of the platform. */
export const grantPlatformRole: CommandDefinition<OperatorOptions> = {
  name: 'grant-platform-role',
  summary: 'give an account a role above the organizations',
  description:
    'Gives an account a role of the platform, such as the policy names them. The account is made when there is none; then a temporary password is printed once. Recorded as the act of operator:<you>.',
  examples: ['writ admin grant-platform-role ada@example.com super_admin'],
  configure: (command) =>
    withDatabaseOption(
      command.argument('<email>', 'of the account').argument('<role>', 'a role of scope platform'),
    ),
  async run(invocation, [email, role], options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const { temporaryPassword } = await operator.grantPlatformRole({ email: email!, role: role! })
      output.result({ email, role, ...(temporaryPassword && { temporaryPassword }) })
      output.line(`${output.style.green('✓')} ${email} has the role ${role} on the platform.`)
      if (temporaryPassword)
        output.lines(
          secretLines('Temporary password', temporaryPassword, 'It has to be changed at the first sign-in.'),
        )
      return exitCodes.done
    })
  },
}
