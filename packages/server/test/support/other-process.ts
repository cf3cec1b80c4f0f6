/**
 * A server in another process, asked like one in this: nothing that a server might keep in its memory is shared.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { InjectOptions } from 'fastify'
import type { App } from '../../src/app.ts'
import { ORIGIN, type TestApp } from './app.ts'
import type { OtherServer } from './other-server.ts'

const program = fileURLToPath(new URL('./other-server.ts', import.meta.url))

/** Only what tests send requests with. Stopped by `stop`. */
export async function otherProcess(app: TestApp): Promise<{ app: App; stop(): Promise<void> }> {
  const other: OtherServer = {
    appUrl: app.database.appUrl,
    masterKey: app.masterKey.toString('base64'),
    publicUrl: ORIGIN,
  }
  const child = fork(program, [JSON.stringify(other)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const { address } = await said<{ address: string }>(child, 'address')
  const inject = async (options: InjectOptions) => {
    await tellTime(child, app.clock.now())
    return ask(address, options)
  }
  return {
    app: { http: { inject } } as unknown as App,
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

async function tellTime(child: ChildProcess, now: Date): Promise<void> {
  const told = said(child, 'now')
  child.send(now.getTime())
  await told
}

function said<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const heard = (message: object) => {
      if (!(what in message)) return
      child.off('message', heard)
      child.off('exit', gone)
      resolve(message as T)
    }
    const gone = () => reject(new Error(`the other server ended before it said ${what}`))
    child.on('message', heard)
    child.once('exit', gone)
  })
}

/** As `inject` answers. */
async function ask(address: string, options: InjectOptions) {
  const { method = 'GET', url, payload, remoteAddress } = options
  // What `inject` says of itself: a refresh token's retry is known by its client.
  const headers = { 'user-agent': 'lightMyRequest', ...(options.headers as Record<string, string>) }
  const outgoing = request(new URL(String(url), address), {
    method,
    headers: { ...headers, ...(remoteAddress === undefined ? {} : { 'x-forwarded-for': remoteAddress }) },
  })
  outgoing.end(payload as string | undefined)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  const body = Buffer.concat(await answer.toArray()).toString()
  return {
    statusCode: answer.statusCode!,
    headers: answer.headers,
    body,
    json: () => JSON.parse(body),
    cookies: (answer.headers['set-cookie'] ?? []).map((cookie) => {
      const [name = '', value = ''] = cookie.split(';')[0]!.split(/=(.*)/s)
      return { name, value }
    }),
  }
}
