import type { PolicyChange } from '@writ/policy'
import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { changeLines, countEffects } from '../../output/changes.ts'
import { readPolicy } from '../../policy-files.ts'
import { confirmed, type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

interface Options extends OperatorOptions {
  readonly reason: string
  readonly yes?: boolean
}

/** Puts a policy into force, after showing what it changes. */
export const applyPolicy: CommandDefinition<Options> = {
  name: 'apply',
  summary: 'put a policy into force',
  description:
    'Compares the file with the policy in force, shows what changes, asks, and applies it as a new version: from the next request on, on every node. Versions are kept for ever, with who applied them and why. Needs the database, as its owner; a running server may stay up.',
  examples: [
    "writ policy apply shop.policy.yaml --reason 'managers may refund, ticket 812'",
    "writ policy apply shop.policy.yaml --reason 'first version' --yes --json",
  ],
  configure: (command) =>
    withDatabaseOption(
      command
        .argument('<file>', 'the policy')
        .requiredOption('-r, --reason <text>', 'why; kept with the version and in the audit log')
        .option('-y, --yes', 'do not ask'),
    ),
  async run(invocation, [path], options) {
    const { io, output } = invocation
    const { diffPolicies } = await import('@writ/policy')
    const file = await readPolicy(io, path!)
    return withOperator(invocation, options, 'writ policy apply', async (operator) => {
      const before = await operator.policyInForce()
      if (before?.source === file.source) {
        output.result({ applied: false, same: true, version: before.number })
        output.line(`This is the policy in force already, version ${before.number}. Nothing was changed.`)
        return exitCodes.done
      }
      const changes: PolicyChange[] = before ? diffPolicies(before.policy, file.policy) : []
      if (before)
        output.lines([
          `From version ${before.number} to ${path}:`,
          '',
          ...changeLines(changes, output.style, output.width),
          '',
        ])
      else output.line('There is no policy in force yet; this is the first.')
      if (
        !(await confirmed(invocation, before ? `Put ${path} into force?` : `Apply ${path}?`, options.yes))
      ) {
        output.line('Nothing was changed.')
        return exitCodes.interrupted
      }
      const { number } = await operator.applyPolicy({
        source: file.source,
        file: path!,
        reason: options.reason,
      })
      output.result({ applied: true, version: number, ...countEffects(changes), changes })
      output.line(`${output.style.green('✓')} In force as version ${number}.`)
      return exitCodes.done
    })
  },
}
