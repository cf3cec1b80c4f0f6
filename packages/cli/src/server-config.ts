/** The server's configuration as the command line gives it: the environment, with options that win over it. @module */
import type { Command } from 'commander'
import type { Io } from './io.ts'

/** Options and the variables they stand for. */
const variables = {
  policy: 'WRIT_POLICY',
  port: 'WRIT_PORT',
  host: 'WRIT_HOST',
  url: 'WRIT_URL',
  data: 'WRIT_DATA',
} as const

export type ServerOptions = { readonly [K in keyof typeof variables]?: string }

export function withServerOptions(command: Command): Command {
  return command
    .option('-p, --policy <file>', 'the policy file (WRIT_POLICY); applied at the first start')
    .option('--port <port>', 'port to listen on (WRIT_PORT); default 8484')
    .option('--host <address>', 'address to listen on (WRIT_HOST); default 127.0.0.1')
    .option('--url <url>', 'the address people use (WRIT_URL); default http://localhost:<port>')
    .option('--data <directory>', 'embedded database and generated secrets (WRIT_DATA); default .writ')
}

/** Credentials of an application and of this command line: often in the same shell, and nothing to the server. */
const notTheServers = ['WRIT_KEY', 'WRIT_TOKEN']

/** The environment of the server. */
export function serverEnvironment(io: Io, options: ServerOptions): Record<string, string | undefined> {
  const env = Object.fromEntries(Object.entries(io.env).filter(([name]) => !notTheServers.includes(name)))
  for (const [option, variable] of Object.entries(variables)) {
    const value = options[option as keyof ServerOptions]
    if (value !== undefined) env[variable] = value
  }
  return env
}

/** Problems of the configuration in the words of who typed them: the option where one was given. */
export function inOptionWords(problems: readonly string[], options: ServerOptions): string[] {
  return problems.map((problem) => {
    const used = Object.entries(variables).find(
      ([option, variable]) =>
        options[option as keyof ServerOptions] !== undefined && problem.startsWith(variable),
    )
    return used ? problem.replace(used[1], `--${used[0]}`) : problem
  })
}
