/**
 * The outbox: a mail is a row in the transaction of what it tells, and is sent after the commit.
 *
 * @module
 */
import type { Ctx, Tx } from './context.ts'
import { deriveKey, seal } from './crypto.ts'
import { newId } from './ids.ts'
import type { Mail } from './mail.ts'

/** Puts a mail into the outbox, whatever the scope of the transaction. */
export async function enqueueMail(ctx: Ctx, tx: Tx, mail: Mail): Promise<void> {
  const key = deriveKey(ctx.services.masterKey, 'mail')
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
}
