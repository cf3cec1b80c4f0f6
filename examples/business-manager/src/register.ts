/**
 * Registers the six applications at the Writ of this machine by the operator's commands, and writes what they were given
 * to registration.json: `npx node src/register.ts [--data <directory of Writ>] [--url <address of Writ>]`.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { addressesOf, applications } from './business-manager.ts'
import { writeRegistration } from './registration.ts'

const { values } = parseArgs({
  options: { data: { type: 'string' }, url: { type: 'string', default: 'http://localhost:8484' } },
})
const file = fileURLToPath(new URL('../registration.json', import.meta.url))
const command = fileURLToPath(new URL('../../../packages/cli/bin/writ.js', import.meta.url))

if (existsSync(file)) {
  process.stderr.write(`The six are registered: ${file} is there. Remove it to register them anew.\n`)
  process.exit(1)
}
const { credential: writKey } = operate('create-application', 'business manager')
const registered = Object.fromEntries(
  applications.map(({ name, title, port }) => {
    const url = `http://localhost:${port}`
    const { redirectUris, postLogoutUris, backchannelUri } = addressesOf(url)
    const addresses = [
      ...redirectUris.flatMap((uri) => ['--redirect', uri]),
      ...postLogoutUris.flatMap((uri) => ['--post-logout', uri]),
      ...['--backchannel', backchannelUri, '--home', `${url}/`],
    ]
    const { id, secret } = operate('create-client', title, ...addresses)
    return [name, { url, clientId: id!, clientSecret: secret! }]
  }),
)
writeRegistration(file, { writUrl: values.url.replace(/\/$/, ''), writKey: writKey!, registered })
process.stdout.write(`The six are registered; what they prove themselves by is in ${file}\n`)

/** `writ admin …`, whose refusals are shown as they are. */
function operate(...words: string[]): Record<string, string> {
  const data = values.data === undefined ? [] : ['--data', values.data]
  try {
    const output = execFileSync(process.execPath, [command, 'admin', ...words, ...data, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return JSON.parse(output.toString())
  } catch (error) {
    process.stderr.write(`${(error as { stdout?: Buffer }).stdout ?? (error as Error).message}\n`)
    process.exit(1)
  }
}
