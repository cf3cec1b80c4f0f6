import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { plural } from '../../output.ts'
import { confirmed, type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

interface Options extends OperatorOptions {
  readonly now?: boolean
  readonly yes?: boolean
}

/** Makes new keys for access tokens and for what applications of the one sign-on verify. */
export const rotateKeys: CommandDefinition<Options> = {
  name: 'rotate-keys',
  summary: 'make new keys for access tokens and for the one sign-on',
  description:
    'Makes a new signing key for access tokens and one for the ID tokens of the one sign-on; tokens issued from now on are signed by them, tokens issued before stay valid until they expire. With --now the other keys are retired at once and their tokens refused from the next request on: for a key that may be known to others. Sessions go on; clients refresh. Recorded as the act of operator:<you>.',
  examples: ['writ admin rotate-keys', 'writ admin rotate-keys --now --yes'],
  configure: (command) =>
    withDatabaseOption(
      command.option('--now', 'retire the other keys at once').option('-y, --yes', 'do not ask'),
    ),
  async run(invocation, _, options) {
    const { output } = invocation
    const retire = options.now === true
    if (
      retire &&
      !(await confirmed(invocation, 'Refuse every access token that was issued so far?', options.yes))
    ) {
      output.line('Nothing was changed.')
      return exitCodes.interrupted
    }
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const { keyId, algorithm, retired, signOnKeyId } = await operator.rotateKeys({ retireOthers: retire })
      output.result({ keyId, algorithm, retired, signOnKeyId })
      const others = retire
        ? `${plural(retired, 'other key')} retired; tokens they signed are refused.`
        : 'Tokens signed before stay valid until they expire.'
      output.paragraph(
        `${output.style.green('✓')} New ${algorithm} key ${keyId}, and ES256 key ${signOnKeyId} for the one sign-on. ${others}`,
      )
      return exitCodes.done
    })
  },
}
