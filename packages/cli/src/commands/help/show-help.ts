/** `writ help`: the help of any command, and topics that belong to none. @module */
import type { Command } from 'commander'
import { exitCodeMeanings } from '../../exit-codes.ts'
import { usageFailure } from '../../failure.ts'
import type { Io } from '../../io.ts'
import { Output } from '../../output.ts'

const environment: readonly (readonly [name: string, meaning: string])[] = [
  [
    'WRIT_TOKEN',
    'Access token for commands that read from a server (--url). Not an option: arguments show in process lists.',
  ],
  ['WRIT_LOG', "Level of the server's log; debug also shows stack traces of failures of the command line."],
  ['WRIT_DATA, WRIT_POLICY, …', "Configuration of the server: serve, and the operator's commands."],
  ['DATABASE_URL, DATABASE_OWNER_URL', "A PostgreSQL of your own; the operator's commands use the owner's."],
  ['NO_COLOR, FORCE_COLOR', 'No colours; colours also without a terminal.'],
]

const topics: Readonly<Record<string, (output: Output) => void>> = {
  'exit-codes': (output) => {
    output.line('How a command ends:')
    output.line()
    output.table(
      exitCodeMeanings.map(([code, meaning]) => [String(code).padStart(3), meaning]),
      { indent: 2 },
    )
  },
  environment: (output) => {
    output.line('Environment variables:')
    output.line()
    output.table(environment, { indent: 2 })
  },
}

export function addHelp(program: Command, io: Io): void {
  program
    .command('help')
    .summary('help on a command or a topic')
    .description(`Shows the help of a command, or of a topic: ${Object.keys(topics).join(', ')}.`)
    .argument('[command...]', 'a command, such as policy check, or a topic')
    .action((words: string[]) => {
      const topic = topics[words.join(' ')]
      if (topic) topic(new Output(io, { json: false }))
      else find(program, words).outputHelp()
    })
  program.addHelpText('after', '\nTopics: writ help exit-codes, writ help environment')
}

function find(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const next = command.commands.find((candidate) => candidate.name() === word)
    if (next) return next
    throw usageFailure(
      `There is no command or topic "${words.join(' ')}".`,
      `writ --help lists the commands; topics are ${Object.keys(topics).join(', ')}.`,
    )
  }, program)
}
