import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { ORIGIN, startApp, type TestApp } from '#test/app'
import { createCtx } from '../context.ts'
import { ANYWHERE } from '../http.ts'
import { clearOutbox, outboxNotice, readMails } from '../outbox.ts'

const open: TestApp[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.stop()))
})

async function start(environment: Record<string, string> = {}): Promise<TestApp> {
  const app = await startApp({ environment })
  open.push(app)
  const { compiled } = await app.services.ports.policies.current()
  const ctx = createCtx(app.services, {
    requestId: 'test',
    client: { ip: '', userAgent: '' },
    actor: { kind: 'system', name: 'test' },
    organizationId: ANYWHERE,
    policy: compiled,
  })
  await ctx.tx((tx) =>
    ctx.mail(tx, {
      kind: 'test.told',
      to: 'ada@example.com',
      language: 'he',
      subject: '<script>alert(1)</script>',
      paragraphs: ['</iframe><img src=x onerror=alert(1)>'],
      action: { label: 'Go', url: `${ORIGIN}/reset-password?token=secret` },
      footer: 'Why',
    }),
  )
  return app
}

interface Asking {
  readonly host?: string
  readonly peer?: string
  readonly headers?: Record<string, string>
}

async function ask(
  app: TestApp,
  path: string,
  { host = 'localhost:8484', peer = '127.0.0.1', headers = {} }: Asking = {},
) {
  return app.inject({ method: 'GET', url: path, headers: { host, ...headers }, remoteAddress: peer })
}

describe('/outbox', () => {
  test('shows what would have been mailed, without running anything of it', async () => {
    const app = await start()
    const list = await ask(app, '/outbox')
    expect(list.statusCode).toBe(200)
    expect(list.body).toContain('ada@example.com')
    expect(list.body).not.toContain('<script>alert')
    const [mail] = await readMails(app.services)
    const one = await ask(app, `/outbox/${mail!.id}`)
    expect(one.statusCode).toBe(200)
    expect(one.headers['content-security-policy']).toContain("default-src 'none'")
    expect(one.body).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"')
    expect(one.body).not.toMatch(/<img|<script/)
    expect(one.body).toContain('/reset-password?token=secret')
  })

  test('has no mail that is not there', async () => {
    const app = await start()
    expect((await ask(app, '/outbox/none')).statusCode).toBe(404)
  })

  test.each<[string, Asking]>([
    // Attack: a page of evil.example, whose name resolves to 127.0.0.1 by now, reads the outbox in the developer's browser.
    ['another Host (DNS rebinding)', { host: 'evil.example:8484' }],
    ['a Host that only begins like ours', { host: 'localhost:8484.evil.example' }],
    ['a peer on another machine', { peer: '192.0.2.7' }],
    [
      'a peer on another machine that names itself local',
      { peer: '192.0.2.7', headers: { 'x-forwarded-for': '127.0.0.1' } },
    ],
    ['a proxy on this machine that forwards for somebody', { headers: { 'x-forwarded-for': '192.0.2.7' } }],
    ['a proxy that says so in the standard way', { headers: { forwarded: 'for=192.0.2.7' } }],
    ['a proxy that names itself', { headers: { via: '1.1 gateway' } }],
    ['a proxy that passes the address on in its own way', { headers: { 'x-real-ip': '192.0.2.7' } }],
    ['a tunnel', { headers: { 'cf-connecting-ip': '192.0.2.7' } }],
  ])('is not there for %s', async (_, asking) => {
    const app = await start()
    const [mail] = await readMails(app.services)
    expect((await ask(app, '/outbox', asking)).statusCode).toBe(404)
    expect((await ask(app, `/outbox/${mail!.id}`, asking)).statusCode).toBe(404)
  })

  // nginx without further configuration: the Host is the upstream's, and no header tells of the client.
  test('is not there for a proxy that only speaks an older HTTP', async () => {
    const app = await start()
    await app.http.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.http.server.address() as AddressInfo
    const asked = async (version: string) => {
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET /outbox HTTP/${version}\r\nHost: localhost:8484\r\nConnection: close\r\n\r\n`)
      return (await text(socket)).split(' ')[1]
    }
    expect(await asked('1.1')).toBe('200')
    expect(await asked('1.0')).toBe('404')
  })

  test('is not there with a mail server', async () => {
    const app = await start({ WRIT_SMTP_URL: 'smtp://127.0.0.1:1', WRIT_MAIL_FROM: 'a@example.com' })
    expect((await ask(app, '/outbox')).statusCode).toBe(404)
  })
})

describe('without a mail server', () => {
  test('mail is kept for seven days, and the operator is told that nobody gets it', async () => {
    const app = await start()
    expect(await outboxNotice(app.services)).toBeUndefined()
    app.clock.advance(901)
    expect(await outboxNotice(app.services)).toMatch(/WRIT_SMTP_URL is not set: 1 mails/)
    app.clock.advance(6 * 86_400)
    await clearOutbox(app.services, false)
    expect(await readMails(app.services)).toHaveLength(1)
    app.clock.advance(86_400)
    await clearOutbox(app.services, true)
    expect(await readMails(app.services), 'with one it waits until it is sent').toHaveLength(1)
    await clearOutbox(app.services, false)
    expect(await readMails(app.services)).toEqual([])
  })
})
