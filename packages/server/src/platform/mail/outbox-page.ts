/**
 * /outbox: what would have been mailed, for who develops without a mail server.
 *
 * It shows links that are credentials of anybody, so it exists only where nobody but this machine's own user can ask:
 * no WRIT_SMTP_URL, a public URL of this machine, a peer on this machine that forwards for nobody, and a Host header
 * that is the public URL's. The last is against DNS rebinding: a web page of an attacker whose name is made to resolve
 * to 127.0.0.1 reaches this server from this machine's browser, and may read the answers as its own, but its requests
 * carry its name.
 *
 * @module
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Services } from '../context.ts'
import { failures } from '../errors.ts'
import { readMails, type StoredMail } from '../outbox.ts'
import { escapeHtml, renderMail } from './render.ts'
import { isLoopback } from './smtp.ts'

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111827}table{border-collapse:collapse;width:100%}th,td{text-align:start;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #e5e7eb}iframe{width:100%;height:32rem;border:1px solid #e5e7eb}pre{white-space:pre-wrap;background:#f3f4f6;padding:1rem}'

/** Where the mails are shown; undefined where they are sent, or people come from other machines. */
export function outboxUrl({ publicUrl, config }: Pick<Services, 'publicUrl' | 'config'>): string | undefined {
  if (config.smtp !== undefined || !isLoopback(new URL(publicUrl).hostname)) return undefined
  return `${publicUrl}/outbox`
}

/** Mounts the page where it may be; elsewhere the address does not exist. */
export function serveOutbox(http: FastifyInstance, services: Services): void {
  if (outboxUrl(services) === undefined) return
  const { host } = new URL(services.publicUrl)
  const admit = (request: FastifyRequest) => {
    const isOfThisMachine = isLoopbackPeer(request.socket.remoteAddress ?? '') && !isForwarded(request)
    if (!isOfThisMachine || request.headers.host !== host) throw failures.not_found()
  }
  const page = { schema: { hide: true } }
  http.get('/outbox', page, async (request, reply) => {
    admit(request)
    const mails = (await readMails(services)).reverse()
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', POLICY)
      .send(listOf(mails))
  })
  http.get<{ Params: { id: string } }>('/outbox/:id', page, async (request, reply) => {
    admit(request)
    const mail = (await readMails(services)).find(({ id }) => id === request.params.id)
    if (!mail) throw failures.not_found()
    return reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY).send(oneOf(mail))
  })
}

function isLoopbackPeer(address: string): boolean {
  return isLoopback(address.replace(/^::ffff:/, ''))
}

/** Set by proxies of all kinds, and by no browser. */
const OF_PROXIES = /^(forwarded|via|x-forwarded-.+|x-real-ip|x-original-.+|.+-connecting-ip)$/

/**
 * A proxy as nginx is without configuration adds no header and sends its upstream's name as the Host; but it speaks
 * HTTP/1.0, which no browser does.
 */
function isForwarded({ headers, raw }: FastifyRequest): boolean {
  return raw.httpVersion === '1.0' || Object.keys(headers).some((name) => OF_PROXIES.test(name))
}

function listOf(mails: readonly StoredMail[]): string {
  const rows = mails.map(
    ({ id, to, subject, kind, createdAt }) =>
      `<tr><td>${createdAt.toISOString().slice(0, 19).replace('T', ' ')}</td><td><bdi>${escapeHtml(to)}</bdi></td><td><a href="/outbox/${id}"><bdi>${escapeHtml(subject)}</bdi></a></td><td>${escapeHtml(kind)}</td></tr>`,
  )
  const table =
    rows.length === 0
      ? '<p>Nothing was mailed yet.</p>'
      : `<table><thead><tr><th>Written (UTC)</th><th>To</th><th>Subject</th><th>Kind</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
  return documentOf(
    'Outbox',
    `<h1>Outbox</h1><p>WRIT_SMTP_URL is not set, so mail stays here and is sent to nobody. It goes after seven days.</p>${table}`,
  )
}

function oneOf(mail: StoredMail): string {
  const { subject, text, html } = renderMail(mail, mail.language)
  // In a frame without scripts and without this page's origin; its links open beside it.
  const framed = html.replace('<head>', '<head><base target="_blank">')
  return documentOf(
    subject,
    `<p><a href="/outbox">Outbox</a></p><h1 dir="auto">${escapeHtml(subject)}</h1><p>To <bdi>${escapeHtml(mail.to)}</bdi></p>
<iframe title="HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${escapeHtml(framed)}"></iframe>
<h2>Plain text</h2><pre dir="auto">${escapeHtml(text)}</pre>`,
  )
}

function documentOf(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>`
}
