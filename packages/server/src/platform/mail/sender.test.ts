import { networkInterfaces } from 'node:os'
import { afterEach, expect, test } from 'vitest'
import { startApp, type TestApp } from '#test/app'
import { type MailServerOptions, startMailServer, type TestMailServer } from '#test/mail-server'
import type { App } from '../../app.ts'
import { createCtx } from '../context.ts'
import { ANYWHERE } from '../http.ts'
import type { Mail } from '../mail.ts'
import { outboxNotice } from '../outbox.ts'

const undo: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function start(
  options: MailServerOptions & { url?: (port: number) => string } = {},
): Promise<{ app: TestApp; server: TestMailServer }> {
  const server = await startMailServer(options)
  undo.push(() => server.stop())
  const app = await startApp({
    environment: {
      WRIT_SMTP_URL: options.url?.(server.port) ?? `smtp://127.0.0.1:${server.port}`,
      WRIT_MAIL_FROM: 'Writ <access@example.com>',
    },
  })
  undo.push(() => app.stop())
  return { app, server }
}

/** Writes a mail in a transaction, as a command would. */
async function write(app: App, change: Partial<Mail> = {}, after?: () => void): Promise<void> {
  const { compiled } = await app.services.ports.policies.current()
  const ctx = createCtx(app.services, {
    requestId: 'test',
    client: { ip: '192.0.2.1', userAgent: 'test' },
    actor: { kind: 'system', name: 'test' },
    organizationId: ANYWHERE,
    policy: compiled,
  })
  await ctx.tx(async (tx) => {
    await ctx.mail(tx, { ...mail, ...change })
    after?.()
  })
}

const mail: Mail = {
  kind: 'test.told',
  to: 'ada@example.com',
  language: 'en',
  subject: 'A subject',
  paragraphs: ['A paragraph.'],
  action: { label: 'Go on', url: 'http://localhost:8484/go?token=secret' },
  footer: 'Why you got this.',
}

interface Row {
  attempts: number
  sent: boolean
  failed: boolean
  content: boolean
  last_error: string | null
}
async function rows(app: TestApp): Promise<Row[]> {
  return app.ownerDb.transaction('mail', async (tx) => {
    const found = await tx.selectFrom('mails').selectAll().orderBy('position').execute()
    return found.map((row) => ({
      attempts: row.attempts,
      sent: row.sentAt !== null,
      failed: row.failedAt !== null,
      content: row.content !== null,
      last_error: row.lastError,
    }))
  })
}

test('a mail is sent once the transaction that tells it has committed, and its content is then emptied', async () => {
  const { app, server } = await start()
  await write(app)
  await server.arrived(1)
  await app.mail.sendDue()
  expect(server.received).toMatchObject([{ from: 'access@example.com', to: ['ada@example.com'] }])
  expect(await rows(app)).toEqual([
    { attempts: 1, sent: true, failed: false, content: false, last_error: null },
  ])
})

test('a mail of a transaction that fails is never sent', async () => {
  const { app, server } = await start()
  const failure = new Error('the change was refused')
  await expect(
    write(app, {}, () => {
      throw failure
    }),
  ).rejects.toBe(failure)
  await app.mail.sendDue()
  expect(server.received).toEqual([])
  expect(await rows(app)).toEqual([])
})

test('names of a mail cannot add a header, a recipient or markup', async () => {
  // Attack: a person calls themselves "Eve\r\nBcc: everybody@…", or "<img src=…>", and is invited by somebody.
  const { app, server } = await start()
  await write(app, {
    subject: 'Hello\r\nBcc: eve@example.com\r\n\r\nbody',
    paragraphs: ['<img src="https://evil.example/x.png"> & more\nBcc: eve@example.com'],
  })
  await server.arrived(1)
  const [got] = server.received
  const headers = got!.raw.slice(0, got!.raw.indexOf('\r\n\r\n'))
  expect(headers).not.toMatch(/^bcc:/im)
  expect(got!.to).toEqual(['ada@example.com'])
  const html = got!.raw.slice(got!.raw.search(/^content-type: text\/html/im))
  expect(html).not.toContain('<img')
  expect(html).toContain('&lt;img')
})

test('an address that could be read as two is mailed to nobody', async () => {
  const { app, server } = await start()
  await write(app, { to: 'ada@example.com, eve@example.com' })
  await write(app, { to: 'ada@example.com>\r\nRCPT TO:<eve@example.com' })
  await app.mail.sendDue()
  expect(server.connections).toBe(0)
  expect((await rows(app)).map(({ failed }) => failed)).toEqual([true, true])
})

test('the Message-ID is the same at every attempt, and the mail says that a machine wrote it', async () => {
  const { app, server } = await start()
  server.on.data = { code: 451 }
  await write(app, { language: 'he', subject: 'שלום' })
  await app.mail.sendDue()
  server.on.data = 'take'
  app.clock.advance(60)
  await app.mail.sendDue()
  expect(server.received).toHaveLength(1)
  expect(server.received[0]!.raw).toMatch(/^message-id: <[0-9a-f-]{36}@example\.com>/im)
  expect(server.received[0]!.raw).toMatch(/^auto-submitted: auto-generated/im)
  expect(server.received[0]!.raw).toMatch(/^content-language: he/im)
})

test('what is refused for now is tried again, later and later', async () => {
  const { app, server } = await start()
  server.on.rcpt = { code: 450, message: 'ada@example.com is busy' }
  await write(app)
  await app.mail.sendDue()
  // The answer's text holds an address: what is kept is the code.
  expect(await rows(app)).toMatchObject([{ attempts: 1, sent: false, failed: false, content: true }])
  expect((await rows(app))[0]!.last_error).toMatch(/^RCPT TO 450/)
  expect((await rows(app))[0]!.last_error).not.toContain('ada')
  await app.mail.sendDue()
  expect((await rows(app))[0]!.attempts).toBe(1)
  app.clock.advance(31)
  await app.mail.sendDue()
  expect((await rows(app))[0]!.attempts).toBe(2)
  app.clock.advance(31)
  await app.mail.sendDue()
  expect((await rows(app))[0]!.attempts).toBe(2)
  server.on.rcpt = 'take'
  app.clock.advance(60)
  await app.mail.sendDue()
  expect(await rows(app)).toMatchObject([{ attempts: 3, sent: true }])
})

test('what is refused for good is given up at once, without its content, and the operator is told', async () => {
  const { app, server } = await start()
  server.on.rcpt = { code: 550 }
  await write(app)
  await app.mail.sendDue()
  expect(await rows(app)).toMatchObject([{ attempts: 1, sent: false, failed: true, content: false }])
  expect(await outboxNotice(app.services)).toMatch(/1 were given up in the last day.*RCPT TO 550/)
  const { body } = await app.request('GET', '/readyz')
  expect(body.notices).toEqual([expect.stringContaining('given up')])
  app.clock.advance(90_000)
  expect(await outboxNotice(app.services)).toBeUndefined()
})

test('a mail server that is away loses no mail for three days, then it is given up', async () => {
  const { app, server } = await start()
  await server.stop()
  await write(app)
  await app.mail.sendDue()
  expect(await rows(app)).toMatchObject([{ attempts: 1, sent: false, failed: false, content: true }])
  app.clock.advance(2 * 86_400)
  await app.mail.sendDue()
  expect(await rows(app)).toMatchObject([{ attempts: 2, failed: false }])
  expect(await outboxNotice(app.services)).toMatch(/1 wait for more than 15 minutes/)
  app.clock.advance(86_400)
  await app.mail.sendDue()
  expect(await rows(app)).toMatchObject([{ attempts: 3, failed: true, content: false }])
})

test('a mail server that is away is not asked for each of a hundred mails', async () => {
  const { app, server } = await start()
  server.on.data = 'hang up'
  for (let i = 0; i < 20; i++) await write(app)
  await app.mail.sendDue()
  const tried = (await rows(app)).filter(({ attempts }) => attempts > 0)
  expect(tried.length).toBeGreaterThan(0)
  server.on.data = 'take'
  app.clock.advance(7200)
  await app.mail.sendDue()
  expect(server.received).toHaveLength(20)
})

test('a connection that drops after the message is tried again', async () => {
  const { app, server } = await start()
  server.on.data = 'hang up'
  await write(app)
  await app.mail.sendDue()
  expect(await rows(app)).toMatchObject([{ sent: false, failed: false, content: true }])
  server.on.data = 'take'
  app.clock.advance(60)
  await app.mail.sendDue()
  expect(server.received).toHaveLength(1)
})

test('a wrong password of the mail server loses no mail', async () => {
  const credentials = { user: 'writ', pass: 'p@ss/word' }
  const { app, server } = await start({ credentials, url: (port) => `smtp://writ:wrong@127.0.0.1:${port}` })
  await write(app)
  await app.mail.sendDue()
  expect(server.received).toEqual([])
  expect(await rows(app)).toMatchObject([{ sent: false, failed: false, content: true }])
  expect((await rows(app))[0]!.last_error).toMatch(/^AUTH PLAIN 535/)
})

test('credentials are percent-decoded', async () => {
  const credentials = { user: 'writ@example.com', pass: 'p@ss/wo:rd' }
  const { app, server } = await start({
    credentials,
    url: (port) => `smtp://writ%40example.com:p%40ss%2Fwo%3Ard@127.0.0.1:${port}`,
  })
  await write(app)
  await server.arrived(1)
  expect(server.received[0]!.user).toBe('writ@example.com')
})

test('STARTTLS is taken where it is offered', async () => {
  const { app, server } = await start({ startTls: true })
  await write(app)
  await server.arrived(1)
  expect(server.received[0]!.isSecure).toBe(true)
})

const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address

test.skipIf(elsewhere === undefined)(
  'a mail server on another machine gets neither mail nor password without TLS',
  async () => {
    // Attack: whoever sits between takes the offer of STARTTLS out of the greeting.
    const credentials = { user: 'writ', pass: 'secret' }
    for (const startTls of [false, true]) {
      const { app, server } = await start({
        credentials,
        startTls,
        host: '0.0.0.0',
        url: (port) => `smtp://writ:secret@${elsewhere}:${port}`,
      })
      await write(app)
      await app.mail.sendDue()
      expect(server.connections).toBeGreaterThan(0)
      expect(server.received).toEqual([])
      expect(await rows(app)).toMatchObject([{ sent: false, failed: false, content: true }])
    }
  },
)

test('two nodes send each mail once', async () => {
  const { app, server } = await start()
  const other = await app.sibling()
  server.on.rcpt = { code: 450 }
  await Promise.all(Array.from({ length: 20 }, (_, i) => write(app, { subject: `Mail ${i}` })))
  await Promise.all([app.mail.sendDue(), other.mail.sendDue()])
  server.on.rcpt = 'take'
  app.clock.advance(3600)
  await Promise.all([app.mail.sendDue(), other.mail.sendDue()])
  const subjects = server.received.map(({ raw }) => /^subject: (.*)$/im.exec(raw)![1])
  expect(subjects).toHaveLength(20)
  expect(new Set(subjects).size).toBe(20)
})

test('what a node had in hand when it ended is sent by another', async () => {
  const { app, server } = await start()
  const other = await app.sibling()
  server.on.data = 'hang'
  await write(other)
  await server.connected(1)
  // The lease of the attempt under way: nobody else touches it.
  await app.mail.sendDue()
  expect((await rows(app))[0]!.attempts).toBe(1)
  server.on.data = 'take'
  app.clock.advance(301)
  await app.mail.sendDue()
  expect(server.received).toHaveLength(1)
  expect(await rows(app)).toMatchObject([{ attempts: 2, sent: true }])
})

test('a mail server that hangs delays neither requests nor a stop', async () => {
  const { app, server } = await start()
  server.on.data = 'hang'
  await write(app)
  await server.connected(1)
  expect((await app.request('GET', '/healthz')).status).toBe(200)
  const from = performance.now()
  await app.mail.stop()
  expect(performance.now() - from).toBeLessThan(6_000)
  expect(await rows(app)).toMatchObject([{ sent: false, failed: false, content: true }])
})

test('a row that this installation did not write is never sent, and holds nothing up', async () => {
  // Attack: SQL that is injected writes mails of its own; or moves the sealed content of one to another recipient.
  const { app, server } = await start()
  server.on.rcpt = { code: 450 }
  await write(app, { subject: 'moved' })
  await write(app, { to: 'eve@example.com', subject: 'to eve' })
  await app.mail.sendDue()
  await app.ownerDb.transaction('mail', async (tx) => {
    const [first, second] = await tx.selectFrom('mails').selectAll().orderBy('position').execute()
    await tx.updateTable('mails').set({ content: first!.content }).where('id', '=', second!.id).execute()
  })
  server.on.rcpt = 'take'
  app.clock.advance(3600)
  await app.mail.sendDue()
  expect(server.received.map(({ to }) => to)).toEqual([['ada@example.com']])
  expect((await rows(app)).map(({ sent, failed }) => [sent, failed])).toEqual([
    [true, false],
    [false, true],
  ])
})
