import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { secretLines } from '../../output/secret.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

interface Options extends OperatorOptions {
  readonly owner: string
}

/** Makes an organization with its owner. */
export const createOrganization: CommandDefinition<Options> = {
  name: 'create-organization',
  summary: 'make an organization and its owner',
  description:
    "Makes an organization, and a member who holds the policy's owner role. The account is made when there is none; then a temporary password is printed once. Recorded as the act of operator:<you>.",
  examples: ["writ admin create-organization acme 'Acme Ltd' --owner ada@example.com"],
  configure: (command) =>
    withDatabaseOption(
      command
        .argument('<slug>', 'short name in addresses: acme')
        .argument('<name>', 'name for people: Acme Ltd')
        .requiredOption('--owner <email>', 'who owns it'),
    ),
  async run(invocation, [slug, name], options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const created = await operator.createOrganization({ slug: slug!, name: name!, owner: options.owner })
      output.result({ slug, name, owner: options.owner, ...created })
      output.line(`${output.style.green('✓')} ${name} (${slug}) exists, owned by ${options.owner}.`)
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
