import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { secretLines } from '../../output/secret.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

interface Options extends OperatorOptions {
  readonly organization: string
  readonly email: string
  readonly role: string
  readonly name?: string
}

/** Makes an account in an organization. */
export const createUser: CommandDefinition<Options> = {
  name: 'create-user',
  summary: 'make an account in an organization',
  description:
    'Makes an account with a temporary password that is printed once, a member of the organization with the role. Recorded as the act of operator:<you>.',
  examples: [
    "writ admin create-user --organization acme --email ada@example.com --role manager --name 'Ada Byron'",
  ],
  configure: (command) =>
    withDatabaseOption(
      command
        .requiredOption('--organization <slug>', 'the organization')
        .requiredOption('--email <email>', 'of the account')
        .requiredOption('--role <role>', 'a role of the policy')
        .option('--name <name>', "the person's name"),
    ),
  async run(invocation, _, options) {
    const { output } = invocation
    const { organization, email, role, name } = options
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const created = await operator.createUser({
        organization,
        email,
        role,
        ...(name !== undefined && { name }),
      })
      output.result({ organization, email, role, ...created })
      output.line(`${output.style.green('✓')} ${email} is a member of ${organization} with the role ${role}.`)
      if (created.temporaryPassword)
        output.lines(
          secretLines(
            'Temporary password',
            created.temporaryPassword,
            'It has to be changed at the first sign-in.',
          ),
        )
      return exitCodes.done
    })
  },
}
