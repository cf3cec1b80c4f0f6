/** better-auth on the same PostgreSQL: one server that reads the session on every request, and one with its cookie cache. */
import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import pg from 'pg'

const { DATABASE, COOKIE_CACHE } = process.env
const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: 'a secret of a benchmark, thirty-two characters or more',
  database: new pg.Pool({ connectionString: DATABASE, max: 16 }),
  emailAndPassword: { enabled: true },
  session: { cookieCache: { enabled: COOKIE_CACHE === '1', maxAge: 3600 } },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
})
const { runMigrations } = await getMigrations(auth.options)
await runMigrations()
const server = createServer(toNodeHandler(auth))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('SIGTERM', () => process.exit(0))
