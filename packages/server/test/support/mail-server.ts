/**
 * A real mail server on this machine that can be told to refuse, to wait and to hang up.
 *
 * @module
 */
import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** As it came, headers and bodies. */
  readonly raw: string
  readonly isSecure: boolean
  readonly user: string | undefined
}

/** What to do with a mail at a step: take it, refuse it with a code, hang up, or never answer. */
export type Behaviour = 'take' | 'hang up' | 'hang' | { readonly code: number; readonly message?: string }

export interface TestMailServer {
  readonly port: number
  readonly received: ReceivedMail[]
  /** Connections that were opened. */
  readonly connections: number
  /** Of the recipient, and of the message after its last line. */
  on: { rcpt: Behaviour; data: Behaviour }
  /** Resolves when as many mails have come in all. */
  arrived(count: number): Promise<void>
  /** Resolves when as many connections were opened in all. */
  connected(count: number): Promise<void>
  stop(): Promise<void>
}

export interface MailServerOptions {
  readonly credentials?: { readonly user: string; readonly pass: string }
  /** Offers STARTTLS, with a certificate that nobody knows. */
  readonly startTls?: boolean
  readonly port?: number
  readonly host?: string
}

export async function startMailServer(options: MailServerOptions = {}): Promise<TestMailServer> {
  const received: ReceivedMail[] = []
  const waiting: (() => void)[] = []
  let connections = 0
  const changed = () => {
    for (const look of [...waiting]) look()
  }
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return
        waiting.splice(waiting.indexOf(look), 1)
        resolve()
      }
      waiting.push(look)
      look()
    })
  const sockets = new Set<Socket>()
  const behaviour: TestMailServer['on'] = { rcpt: 'take', data: 'take' }
  const act = (how: Behaviour, session: SMTPServerSession, answer: (error?: Error | null) => void) => {
    if (how === 'take') return answer()
    if (how === 'hang') return
    if (how === 'hang up') {
      for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy()
      return
    }
    answer(Object.assign(new Error(how.message ?? 'refused'), { responseCode: how.code }))
  }
  const { credentials } = options
  const settings: SMTPServerOptions = {
    authOptional: credentials === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    disabledCommands: options.startTls ? [] : ['STARTTLS'],
    closeTimeout: 50,
    onConnect(_session, done) {
      connections++
      changed()
      done()
    },
    onAuth(given, _session, done) {
      const isRight = given.username === credentials?.user && given.password === credentials?.pass
      if (isRight) done(null, { user: given.username })
      else done(Object.assign(new Error('who are you'), { responseCode: 535 }))
    },
    onRcptTo: (_address, session, done) => act(behaviour.rcpt, session, done),
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () =>
        act(behaviour.data, session, (error) => {
          if (!error) {
            const { mailFrom, rcptTo } = session.envelope
            received.push({
              from: mailFrom === false ? '' : mailFrom.address,
              to: rcptTo.map(({ address }) => address),
              raw: Buffer.concat(chunks).toString(),
              isSecure: session.secure,
              user: session.user,
            })
          }
          done(error ?? null)
          changed()
        }),
      )
    },
  }
  const server = new SMTPServer(settings)
  // A client that goes in the middle is what some tests are about.
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) =>
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => resolve()),
  )
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    get connections() {
      return connections
    },
    on: behaviour,
    arrived: (count) => until(() => received.length >= count),
    connected: (count) => until(() => connections >= count),
    stop: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
