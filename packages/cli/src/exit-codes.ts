/**
 * How a command ends. Scripts switch on these: a number never changes its meaning.
 *
 * @module
 */
export const exitCodes = {
  done: 0,
  no: 1,
  usage: 2,
  refused: 3,
  unavailable: 4,
  bug: 70,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** For `writ help exit-codes`, in order. */
export const exitCodeMeanings: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [exitCodes.done, 'Done; where a question was asked, the answer is yes.'],
  [
    exitCodes.no,
    'The answer is no: the policy has problems, a test failed, an export was altered; with --exit-code also: the policies differ, the decision is a deny.',
  ],
  [exitCodes.usage, 'Used wrongly, or something given cannot be read: an unknown option, a missing file.'],
  [exitCodes.refused, 'Refused by a rule of the product or of the policy. Nothing was changed.'],
  [
    exitCodes.unavailable,
    'Not possible here: the configuration is wrong, or the database or a server is out of reach.',
  ],
  [exitCodes.bug, 'A bug in writ.'],
  [exitCodes.interrupted, 'Interrupted: at a question, or by a second signal.'],
]
