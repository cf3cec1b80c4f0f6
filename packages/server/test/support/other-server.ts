/**
 * A second server as a process of its own, on the database and at the time of a test: it is told both, and listens on a
 * free port until its parent lets go of it.
 */
import { readConfig } from '#platform/config'
import { createPool, Database } from '#platform/database'
import { createPasswords } from '#platform/passwords'
import { createLog } from '#platform/telemetry'
import { createApp } from '../../src/app.ts'

export interface OtherServer {
  readonly appUrl: string
  /** Base64. */
  readonly masterKey: string
  readonly publicUrl: string
}

const { appUrl, masterKey, publicUrl } = JSON.parse(process.argv[2]!) as OtherServer
let time = 0
process.on('message', (now: number) => {
  time = now
  process.send!({ now })
})
process.once('disconnect', () => process.exit(0))

const key = Buffer.from(masterKey, 'base64')
const db = new Database(
  { transactions: createPool(appUrl, { max: 8 }), statements: createPool(appUrl, { max: 4 }) },
  key,
)
const app = await createApp({
  // Whom the test says a request is from, it says as a proxy would.
  config: readConfig({ WRIT_LOG: 'silent', WRIT_URL: publicUrl, WRIT_TRUSTED_PROXIES: '127.0.0.1' }),
  masterKey: key,
  publicUrl,
  db,
  passwords: createPasswords(),
  log: createLog('silent'),
  now: () => new Date(time),
})
process.send!({ address: await app.http.listen({ port: 0, host: '127.0.0.1' }) })
