import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { table } from '../../output/table.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

/** Lists the applications of the platform. */
export const listApplications: CommandDefinition<OperatorOptions> = {
  name: 'list-applications',
  summary: 'the applications that may ask about every organization',
  description:
    'Lists every application of the platform, revoked ones too, with when it last asked. Those of one organization are listed in that organization.',
  examples: ['writ admin list-applications', 'writ admin list-applications --json'],
  configure: (command) => withDatabaseOption(command),
  async run(invocation, _arguments, options) {
    const { output } = invocation
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const applications = await operator.applications()
      output.result({ applications })
      if (applications.length === 0) output.line('No application is registered.')
      const rows = applications.map(({ id, name, createdAt, lastUsedAt, revokedAt }) => [
        id,
        name,
        dayOf(createdAt),
        revokedAt ? `revoked ${dayOf(revokedAt)}` : lastUsedAt ? dayOf(lastUsedAt) : 'never',
      ])
      if (rows.length > 0)
        output.lines(
          table(rows, {
            width: output.width,
            head: ['id', 'name', 'registered', 'last asked'],
            styleHead: output.style.dim,
          }),
        )
      return exitCodes.done
    })
  },
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}
