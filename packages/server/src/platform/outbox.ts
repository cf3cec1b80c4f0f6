/**
 * The outbox: a mail is a row in the transaction of what it tells, and is sent after the commit.
 *
 * @module
 */
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Ctx, Services, Tx } from './context.ts'
import { deriveKey, hmac, seal, unseal } from './crypto.ts'
import { newId, type Uuid } from './ids.ts'
import type { Delivery } from './mail/smtp.ts'
import type { Mail, MailLanguage, MailText } from './mail.ts'

/** A mail of the outbox, opened. */
export interface StoredMail extends MailText {
  readonly id: Uuid
  readonly kind: string
  readonly to: string
  readonly language: MailLanguage
  readonly createdAt: Date
  /** How often sending was tried, this time included: a later attempt has taken over where it is larger. */
  readonly attempts: number
}

/** How long an attempt may take until another node takes over: longer than any attempt. */
const LEASE_SECONDS = 300
/** A mail server may be away over a weekend. */
const GIVE_UP_SECONDS = 3 * 86_400
const FIRST_PAUSE_SECONDS = 30
const LONGEST_PAUSE_SECONDS = 3600
/** What was sent or given up is kept so long, without its content. */
const KEPT_SECONDS = 30 * 86_400
/** Without a mail server nothing is ever sent: what nobody looked at goes. */
const UNSENT_KEPT_SECONDS = 7 * 86_400

const secondsFrom = (now: Date, seconds: number) => new Date(now.getTime() + seconds * 1000)

/**
 * Puts a mail into the outbox, whatever the scope of the transaction.
 *
 * @param wake called at the commit; where the process ends in between, the next look at the clock finds the mail
 */
export async function enqueueMail(ctx: Ctx, tx: Tx, mail: Mail, wake: () => void): Promise<void> {
  const key = sealingKey(ctx.services)
  const now = ctx.now()
  const id = newId(now)
  const { kind, to, ...content } = mail
  await tx
    .insertInto('mails')
    .values({
      id,
      kind,
      recipient: seal(key, Buffer.from(to), `recipient:${id}`),
      content: seal(key, Buffer.from(JSON.stringify(content)), `content:${id}`),
      createdAt: now,
      nextAttemptAt: now,
    })
    .execute()
  ctx.db.afterCommit(tx, wake)
}

export interface Allowance {
  /** What is counted together: `password_reset`. */
  readonly purpose: string
  /** The one spelling of the address. */
  readonly address: string
  readonly most: number
  readonly seconds: number
}

/**
 * Whether one more mail of a purpose may go to an address, counted over all servers, in the transaction that writes
 * it. Whoever knows an address can otherwise fill its mailbox. Works in a transaction of any scope; the count is held
 * until it ends, so of many at once no more than `most` get through.
 */
export async function takeMailAllowance(ctx: Ctx, tx: Tx, allowance: Allowance): Promise<boolean> {
  const { purpose, address, most, seconds } = allowance
  const now = ctx.now()
  const bucket = hmac(deriveKey(ctx.services.masterKey, 'mail-allowance'), `${purpose} ${address}`)
  const passed = secondsFrom(now, -seconds)
  return ctx.db.inScope(tx, 'mail', async () => {
    const { rows } = await sql<{ count: number }>`
      insert into mail_allowances as a (bucket, count, since) values (${bucket}, 1, ${now})
      on conflict (bucket) do update set
        count = case when a.since <= ${passed} then 1 else a.count + 1 end,
        since = case when a.since <= ${passed} then ${now} else a.since end
      returning count`.execute(tx)
    return rows[0]!.count <= most
  })
}

/**
 * Takes the mail that waits longest, for one attempt. Of several nodes each takes another one; one that a crash left in
 * the middle of its attempt is taken again when its lease ends.
 */
export async function claimMail(services: Services): Promise<StoredMail | undefined> {
  for (;;) {
    const claimed = await claimRow(services)
    if (!claimed) return undefined
    const mail = openMail(services, claimed)
    if (mail) return mail
    await settleMail(services, claimed, { result: 'never', because: 'unreadable', isServerDown: false })
  }
}

async function claimRow(services: Services): Promise<SealedRow | undefined> {
  const now = services.now()
  return services.db.transaction('mail', async (tx) => {
    const due = await tx
      .selectFrom('mails')
      .select('id')
      .where('sentAt', 'is', null)
      .where('failedAt', 'is', null)
      .where('nextAttemptAt', '<=', now)
      .orderBy('nextAttemptAt')
      .orderBy('position')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (!due) return undefined
    return tx
      .updateTable('mails')
      .set((eb) => ({
        attempts: eb('attempts', '+', 1),
        nextAttemptAt: secondsFrom(now, LEASE_SECONDS),
      }))
      .where('id', '=', due.id)
      .returning(['id', 'kind', 'recipient', 'content', 'createdAt', 'attempts'])
      .executeTakeFirstOrThrow()
  })
}

/**
 * Writes down what came of an attempt, unless a later one has taken over. A mail that went, or never will, loses its
 * content: it may hold links that are credentials.
 *
 * @returns what became of the mail: one that is to be tried later may by now be too old
 */
export async function settleMail(
  services: Services,
  mail: Pick<StoredMail, 'id' | 'attempts' | 'createdAt'>,
  delivery: Delivery,
): Promise<'sent' | 'retried' | 'failed'> {
  const now = services.now()
  const pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** (mail.attempts - 1), LONGEST_PAUSE_SECONDS)
  const isOld = secondsFrom(mail.createdAt, GIVE_UP_SECONDS) <= now
  const became =
    delivery.result === 'sent' ? 'sent' : delivery.result === 'never' || isOld ? 'failed' : 'retried'
  const change = {
    sent: { sentAt: now, content: null },
    failed: { failedAt: now, content: null },
    retried: { nextAttemptAt: secondsFrom(now, pause) },
  }[became]
  await services.db.transaction('mail', (tx) =>
    tx
      .updateTable('mails')
      .set({ ...change, lastError: delivery.result === 'sent' ? null : delivery.because.slice(0, 200) })
      .where('id', '=', mail.id)
      .where('attempts', '=', mail.attempts)
      .where('sentAt', 'is', null)
      .execute(),
  )
  return became
}

/** The newest mails that have not gone, in the order in which they were written. */
export async function readMails(services: Services, limit = 500): Promise<StoredMail[]> {
  const rows = await services.db.transaction('mail', (tx) =>
    tx
      .selectFrom('mails')
      .select(['id', 'kind', 'recipient', 'content', 'createdAt', 'attempts'])
      .where('content', 'is not', null)
      .orderBy('position', 'desc')
      .limit(limit)
      .execute(),
  )
  return rows.reverse().flatMap((row) => openMail(services, row) ?? [])
}

/** Removes what nobody needs any more. */
export async function clearOutbox(services: Services, sends: boolean): Promise<void> {
  const now = services.now()
  const kept = secondsFrom(now, -KEPT_SECONDS)
  await services.db.transaction('mail', async (tx) => {
    await tx
      .deleteFrom('mails')
      .where((eb) => {
        const done: Expression<SqlBool>[] = [eb('sentAt', '<', kept), eb('failedAt', '<', kept)]
        if (!sends) done.push(eb('createdAt', '<', secondsFrom(now, -UNSENT_KEPT_SECONDS)))
        return eb.or(done)
      })
      .execute()
    await tx.deleteFrom('mailAllowances').where('since', '<', secondsFrom(now, -86_400)).execute()
  })
}

/** What the operator should know: mails that were given up today, and mails that wait for too long. */
export async function outboxNotice(services: Services): Promise<string | undefined> {
  const now = services.now()
  const row = await services.db.transaction('mail', (tx) =>
    tx
      .selectFrom('mails')
      .select((eb) => [
        eb.fn.countAll<number>().filterWhere('failedAt', '>', secondsFrom(now, -86_400)).as('failed'),
        eb.fn
          .countAll<number>()
          .filterWhere(
            eb.and([
              eb('sentAt', 'is', null),
              eb('failedAt', 'is', null),
              eb('createdAt', '<', secondsFrom(now, -900)),
            ]),
          )
          .as('waiting'),
        eb.fn.max('lastError').filterWhere('sentAt', 'is', null).as('lastError'),
      ])
      .executeTakeFirstOrThrow(),
  )
  if (row.failed === 0 && row.waiting === 0) return undefined
  if (services.config.smtp === undefined)
    return row.waiting === 0
      ? undefined
      : `WRIT_SMTP_URL is not set: ${row.waiting} mails wait in the outbox and are sent to nobody`
  return `mail: ${row.waiting} wait for more than 15 minutes, ${row.failed} were given up in the last day; the mail server last said: ${row.lastError ?? 'nothing'}`
}

interface SealedRow {
  readonly id: Uuid
  readonly kind: string
  readonly recipient: Buffer
  readonly content: Buffer | null
  readonly createdAt: Date
  readonly attempts: number
}

/** Undefined for what was not sealed by this installation: SQL that was injected can write rows, and seal none. */
function openMail(services: Services, { recipient, content, ...row }: SealedRow): StoredMail | undefined {
  const key = sealingKey(services)
  try {
    const to = unseal(key, recipient, `recipient:${row.id}`).toString()
    const text = JSON.parse(unseal(key, content!, `content:${row.id}`).toString()) as MailText & {
      language: MailLanguage
    }
    return { ...row, ...text, to }
  } catch {
    services.log.error({ mail: row.id, kind: row.kind }, 'a mail that this installation did not write')
    return undefined
  }
}

function sealingKey(services: Services): Buffer {
  return deriveKey(services.masterKey, 'mail')
}
