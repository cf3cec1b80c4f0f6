import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { secretLines } from '../../output/secret.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

interface RecoverOptions extends OperatorOptions {
  readonly secondFactor?: boolean
}

/** Lets somebody in again who has nobody above them to ask. */
export const recoverAccount: CommandDefinition<RecoverOptions> = {
  name: 'recover-account',
  summary: 'a temporary password for somebody who has nobody to ask',
  description:
    'Gives an account a temporary password, shown once. Everything it holds ends: sessions, tokens, links. With --second-factor its second factors and recovery codes are removed, too. Recorded as the act of operator:<you> in every organization of the account.',
  examples: [
    'writ admin recover-account ada@example.com',
    'writ admin recover-account ada@example.com --second-factor',
  ],
  configure: (command) =>
    withDatabaseOption(
      command
        .argument('<email>', 'of the account')
        .option('--second-factor', 'also remove the second factors and recovery codes'),
    ),
  async run(invocation, [email], { secondFactor = false, ...options }) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const { temporaryPassword } = await operator.recoverAccount({ email: email!, secondFactor })
      output.result({ email, secondFactorRemoved: secondFactor, temporaryPassword })
      output.line(
        `${output.style.green('✓')} ${email} is signed out everywhere${secondFactor ? ' and has no second factor any more' : ''}.`,
      )
      output.lines(
        secretLines('Temporary password', temporaryPassword, 'It has to be changed at the next sign-in.'),
      )
      return exitCodes.done
    })
  },
}
