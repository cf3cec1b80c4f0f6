/**
 * The mail server: what WRIT_SMTP_URL says, and one attempt to hand over one mail.
 *
 * @module
 */
import { createTransport, type Transporter } from 'nodemailer'
import type { MailLanguage } from '../mail.ts'

/** Where mail is handed over. Holds a password: never logged, never part of an error. */
export interface Smtp {
  readonly host: string
  readonly port: number
  /** TLS from the first byte (smtps); otherwise STARTTLS. */
  readonly isImplicitTls: boolean
  readonly credentials: { readonly user: string; readonly pass: string } | undefined
  readonly from: { readonly name: string; readonly address: string }
}

/** One mail as it goes over the wire. */
export interface OutgoingMail {
  readonly id: string
  readonly to: string
  readonly language: MailLanguage
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly date: Date
}

/** What came of an attempt. `because` names codes of the mail server and no address, so that it can be kept and shown. */
export type Delivery =
  | { readonly result: 'sent' }
  | { readonly result: 'later' | 'never'; readonly because: string; readonly isServerDown: boolean }

const CONNECT_MS = 10_000
const SILENCE_MS = 20_000
/** Whatever else happens, an attempt ends then: a server that sends a byte now and again keeps nothing open. */
const ATTEMPT_MS = 60_000

const PLAIN_ADDRESS = /^[^\s@<>()[\]\\,;:"\p{Cc}]+@[^\s@<>()[\]\\,;:"\p{Cc}]+$/u

/**
 * @param smtp.host on this machine TLS is taken if it is offered, with whatever certificate: nobody is in between. Any
 *   other host must offer it with a certificate that holds, or nothing is sent, the password least of all.
 */
export function openTransport(smtp: Smtp): Transporter {
  const isLocal = isLoopback(smtp.host)
  return createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.isImplicitTls,
    requireTLS: !smtp.isImplicitTls && !isLocal,
    ...(smtp.credentials ? { auth: smtp.credentials } : {}),
    tls: { rejectUnauthorized: !isLocal, minVersion: 'TLSv1.2' },
    connectionTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    socketCloseTimeout: 500,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
}

/** Hands one mail over. Never throws: what went wrong is the answer. */
export async function deliver(
  transport: Transporter,
  from: Smtp['from'],
  mail: OutgoingMail,
  stop: AbortSignal,
): Promise<Delivery> {
  // An address that could be read as two, or as a command, goes nowhere.
  if (!PLAIN_ADDRESS.test(mail.to)) return { result: 'never', because: 'no address', isServerDown: false }
  try {
    await transport.sendMail({
      from,
      to: { name: '', address: mail.to },
      envelope: { from: from.address, to: [mail.to] },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      date: mail.date,
      // Of the row: a mail that went twice after a crash is known as one.
      messageId: `<${mail.id}@${from.address.split('@').at(-1)}>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': mail.language },
      signal: AbortSignal.any([stop, AbortSignal.timeout(ATTEMPT_MS)]),
    })
    return { result: 'sent' }
  } catch (error) {
    return judge(error as SmtpError)
  }
}

interface SmtpError extends Error {
  readonly code?: string
  readonly command?: string
  readonly responseCode?: number
  readonly response?: string
}

/**
 * What the mail server refuses for good about this recipient or this message is given up (RFC 5321 section 4.2.1: 5yz).
 * Everything else may be otherwise later: also a refused sign-in or sender, which the operator repairs.
 */
function judge(error: SmtpError): Delivery {
  const { code = 'unknown', command, responseCode } = error
  const isAboutThisMail =
    (code === 'EENVELOPE' || code === 'EMESSAGE') && command !== 'MAIL FROM' && command !== undefined
  // Without an answer of the server it is nodemailer that finds the address beyond what the server takes.
  const isForGood = isAboutThisMail && (responseCode === undefined ? command === 'API' : responseCode >= 500)
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(error.response ?? '')?.[1]
  const because = [command, responseCode ?? code, enhanced].filter((part) => part !== undefined).join(' ')
  return { result: isForGood ? 'never' : 'later', because, isServerDown: !isAboutThisMail }
}
