import type { PolicyChange } from '@writ/policy'
import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { changeLines, countEffects } from '../../output/changes.ts'
import { readPolicy } from '../../policy-files.ts'

/** Says what changes from one policy to another, by what they do and not by how they are written. */
export const diffPolicies: CommandDefinition<{ exitCode?: boolean }> = {
  name: 'diff',
  summary: 'what each role gains or loses between two policies',
  description:
    'Compares two policies by what they do: a permission that moved to an inherited role is no difference, a wildcard that now reaches further is one. + widens what somebody may do, - narrows it, ~ neither is plain.',
  examples: [
    'writ policy diff old.policy.yaml new.policy.yaml',
    'git show HEAD:shop.policy.yaml | writ policy diff - shop.policy.yaml --exit-code',
  ],
  configure: (command) =>
    command
      .argument('<old>', 'the policy before; - is standard input')
      .argument('<new>', 'the policy after')
      .option('--exit-code', 'exit with 1 if they differ'),
  async run({ io, output }, [before, after], options) {
    const { diffPolicies: diff } = await import('@writ/policy')
    const [old, now] = [await readPolicy(io, before!), await readPolicy(io, after!)]
    const changes: PolicyChange[] = diff(old.policy, now.policy)
    output.result({ same: changes.length === 0, ...countEffects(changes), changes })
    output.lines(changeLines(changes, output.style, output.width))
    return changes.length > 0 && options.exitCode ? exitCodes.no : exitCodes.done
  },
}
