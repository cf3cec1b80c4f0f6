/** Mailed links as their reader sees them. @module */
import { issueLink, type LinkKind } from '#people/identity'
import { createCtx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { PASSWORD, send, type TestApp, type TestMember, type Tokens } from './app.ts'

/** The token of the newest mail of a kind to an address. */
export async function mailedToken(app: TestApp, kind: string, to: string): Promise<string> {
  const mail = (await app.mails()).filter((each) => each.kind === kind && each.to === to).at(-1)
  const token = mail?.url === undefined ? null : new URL(mail.url).searchParams.get('token')
  if (token === null) throw new Error(`no mail ${kind} with a link to ${to}`)
  return token
}

/** A link as the person's mailbox has it, made beside the routes. */
export async function linkFor(
  app: TestApp,
  { userId, organizationId }: Pick<TestMember, 'userId' | 'organizationId'>,
  kind: LinkKind,
): Promise<string> {
  const { compiled } = await app.services.ports.policies.current()
  const ctx = createCtx(app.services, {
    requestId: 'seed',
    client: { ip: '', userAgent: '' },
    actor: { kind: 'system', name: 'test' },
    organizationId,
    policy: compiled,
  })
  const { url } = await app.db.transaction(`account:${userId}`, (tx) => issueLink(ctx, tx, { userId, kind }))
  return new URL(url).searchParams.get('token')!
}

/** The address of an account is as if it had never been proven. */
export async function unverify(app: TestApp, userId: Uuid): Promise<void> {
  await app.ownerDb.transaction(`account:${userId}`, (tx) =>
    tx.updateTable('users').set({ emailVerifiedAt: null }).where('id', '=', userId).execute(),
  )
}

/** Asks to move the account to another address; the tokens of both mails. */
export async function askedToMove(
  app: TestApp,
  as: Tokens | string,
  email: string,
  newEmail: string,
): Promise<{ confirm: string; refuse: string }> {
  const answer = await send(app, 'POST', '/me/email', { as, body: { newEmail, password: PASSWORD } })
  if (answer.status !== 202) throw new Error(`/me/email: ${answer.status} ${JSON.stringify(answer.body)}`)
  return {
    confirm: await mailedToken(app, 'recovery.confirm_email', newEmail),
    refuse: await mailedToken(app, 'recovery.email_change_asked', email),
  }
}
