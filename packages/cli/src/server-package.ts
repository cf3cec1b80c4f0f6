/**
 * The server's package, where it is installed. It is not part of the packed command line, which reads policies and
 * verifies logs on any machine; whatever needs it says so.
 *
 * @module
 */
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'

export type ServerPackage = typeof import('@writ/server')
export type OperatorPackage = typeof import('@writ/server/operator')

export function loadServer(what: string): Promise<ServerPackage> {
  return load(() => import('@writ/server'), what)
}

export function loadOperator(what: string): Promise<OperatorPackage> {
  return load(() => import('@writ/server/operator'), what)
}

async function load<T>(load: () => Promise<T>, what: string): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes("'@writ/server'")) throw error
    throw new Failure(
      exitCodes.unavailable,
      'server_not_installed',
      `${what} needs the server, which is not part of this package.`,
      {
        hint: 'Run it where the server is: in a checkout of Writ, or on the machine that runs it.',
      },
    )
  }
}
