import { createServer } from 'node:net'
import { join } from 'node:path'

/** Where a database listens: on a Unix socket in a directory, or on a loopback port. */
export type Endpoint = { readonly socketDirectory: string } | { readonly port: number }

/** The port names the socket too (`.s.PGSQL.5432`), so it is set even when nothing listens on TCP. */
export const socketPort = 5432

/** sockaddr_un holds 104 bytes on macOS and the BSDs, 108 on Linux, the last of them zero. */
const longestSocketPath = 103

/** Can a server of this platform listen on a Unix socket in this directory? */
export function socketFits(directory: string): boolean {
  const path = join(directory, `.s.PGSQL.${socketPort}`)
  return process.platform !== 'win32' && Buffer.byteLength(path) <= longestSocketPath
}

/**
 * A connection URL that `pg`, libpq and `new URL` all read.
 *
 * `localhost` stands there for the sake of `new URL`, which refuses credentials without a host; for a
 * socket both `pg` and libpq let the `host` parameter win.
 */
export function connectionUrl(endpoint: Endpoint, user: string, password: string, database: string): string {
  const url = new URL('postgresql://localhost')
  url.username = user
  url.password = password
  url.pathname = database
  if ('port' in endpoint) {
    url.hostname = '127.0.0.1'
    url.port = String(endpoint.port)
  } else {
    url.searchParams.set('host', endpoint.socketDirectory)
    url.searchParams.set('port', String(socketPort))
  }
  return url.href
}

/** The same server and user, another database. */
export function withDatabase(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = database
  return other.href
}

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
