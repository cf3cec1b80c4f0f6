/**
 * Sends what is in the outbox: at each commit that adds to it, and by the clock. Any number of nodes send side by side.
 *
 * A mail is sent at least once: a node that ends in the middle of an attempt leaves a lease, after which another tries
 * again, under the same Message-ID. Nothing here is waited for by a request, and stopping waits a bounded time.
 *
 * @module
 */
import type { Services } from '../context.ts'
import { claimMail, clearOutbox, settleMail } from '../outbox.ts'
import { renderMail } from './render.ts'
import { type Delivery, deliver, openTransport } from './smtp.ts'

export interface MailSender {
  /** Looks at the outbox by the clock from now on. */
  start(): void
  /** There is something in the outbox; returns at once. */
  wake(): void
  /** Sends all that is due; resolves when nothing is left to try. */
  sendDue(): Promise<void>
  /** Gives what is under way a moment, then breaks it off: it is tried again later, here or elsewhere. */
  stop(): Promise<void>
}

const LOOK_MS = 10_000
const TIDY_MS = 3_600_000
/** Mails under way at once, by node. */
const LANES = 4
/** A stop waits so long for what is under way. */
const GRACE_MS = 3_000

/** Without WRIT_SMTP_URL it sends nothing, and only keeps the outbox from growing for ever. */
export function createMailSender(services: Services): MailSender {
  return new OutboxSender(services)
}

class OutboxSender implements MailSender {
  readonly #services: Services
  readonly #transport: ReturnType<typeof openTransport> | undefined
  readonly #stopped = new AbortController()
  #round: Promise<void> | undefined
  #isAskedAgain = false
  #look: NodeJS.Timeout | undefined
  #tidy: NodeJS.Timeout | undefined

  constructor(services: Services) {
    this.#services = services
    const { smtp } = services.config
    this.#transport = smtp && openTransport(smtp)
  }

  start(): void {
    this.#look = setInterval(() => this.wake(), LOOK_MS).unref()
    this.#tidy = setInterval(() => void this.#clear(), TIDY_MS).unref()
    this.wake()
    void this.#clear()
  }

  wake(): void {
    void this.sendDue()
  }

  sendDue(): Promise<void> {
    if (!this.#transport || this.#stopped.signal.aborted) return Promise.resolve()
    // What is added while the lanes find nothing more would wait for the clock.
    this.#isAskedAgain = true
    this.#round ??= this.#send().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  async stop(): Promise<void> {
    clearInterval(this.#look)
    clearInterval(this.#tidy)
    this.#isAskedAgain = false
    const grace = setTimeout(() => this.#stopped.abort(), GRACE_MS)
    await this.#round
    clearTimeout(grace)
    this.#stopped.abort()
    this.#transport?.close()
  }

  async #send(): Promise<void> {
    while (this.#isAskedAgain && !this.#stopped.signal.aborted) {
      this.#isAskedAgain = false
      await Promise.all(Array.from({ length: LANES }, () => this.#lane()))
    }
  }

  /** Ends when nothing is due, and when the mail server is away: then the others would only wait for it too. */
  async #lane(): Promise<void> {
    try {
      let delivery: Delivery | undefined
      do delivery = await this.#sendOne()
      while (delivery && !(delivery.result === 'later' && delivery.isServerDown))
    } catch (error) {
      this.#services.log.warn({ err: error }, 'the outbox cannot be read; mail waits')
    }
  }

  async #sendOne(): Promise<Delivery | undefined> {
    if (this.#stopped.signal.aborted) return undefined
    const mail = await claimMail(this.#services)
    if (!mail) return undefined
    const { from } = this.#services.config.smtp!
    const rendered = renderMail(mail, mail.language)
    const outgoing = { id: mail.id, to: mail.to, language: mail.language, date: mail.createdAt, ...rendered }
    const delivery = await deliver(this.#transport!, from, outgoing, this.#stopped.signal)
    const result = await settleMail(this.#services, mail, delivery)
    this.#services.metrics.mails.inc({ result })
    if (delivery.result !== 'sent')
      this.#services.log.warn(
        { mail: mail.id, kind: mail.kind, attempts: mail.attempts, because: delivery.because, result },
        'a mail did not go',
      )
    return delivery
  }

  async #clear(): Promise<void> {
    await clearOutbox(this.#services, this.#transport !== undefined).catch((error: unknown) =>
      this.#services.log.warn({ err: error }, 'the outbox could not be cleared'),
    )
  }
}
