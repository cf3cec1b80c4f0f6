import { factorsOf, hasFactor } from '#people/factors'
import {
  choosePassword,
  confirmProof,
  identityErrors,
  identityEvents,
  inEachOrganization,
  provePassword,
  readAccount,
  savePassword,
  userOf,
} from '#people/identity'
import type { Ctx, TokenInput, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { failures } from '#platform/errors'
import { newId, type Uuid } from '#platform/ids'
import { events } from '../catalog.ts'
import { getSessionProofs, getSessionTimes } from '../queries.ts'
import { insertRefreshToken, renewSession } from '../store.ts'
import { endAccountSessions } from './end-sessions.ts'
import { issueTokens, type Tokens } from './issue-tokens.ts'
import { after, earliest, REFRESH_PREFIX } from './open-session.ts'

/**
 * Changes the caller's own password and ends everything else that was signed in with the old one: all other sessions
 * and every access and refresh token, in every organization, by raising the token version; other devices are forgotten.
 * This session goes on with a new cookie and the tokens that are returned. Its sign-in is a fresh one then, unless the
 * account has a second factor: a password alone is no full proof of such a one (see `stepUp`). Of several at once, one
 * changes it.
 *
 * @throws `identity.wrong_password` also when the account is locked; counts toward the lockout
 * @throws `identity.weak_password`; `unauthorized` when something changed meanwhile
 */
export async function changeOwnPassword(
  ctx: Ctx,
  input: { currentPassword: string; newPassword: string },
): Promise<{ tokens: Tokens; cookie: string; expiresAt: Date }> {
  const { userId } = userOf(ctx)
  const proof = await provePassword(ctx, userId, userId, input.currentPassword)
  if (proof.result !== 'right') {
    const target = { type: 'user', id: userId }
    await ctx.recordNow(
      identityEvents.password_change_failed({ target, outcome: 'failure', reason: proof.reason }),
    )
    throw identityErrors.wrong_password()
  }
  const { account, organizations } = proof
  const { hash } = await choosePassword(ctx, input.newPassword, account, {
    field: 'newPassword',
    current: account.passwordHash,
    organizations,
  })
  const [cookie, refreshToken] = [newSecret(), newSecret(REFRESH_PREFIX)]
  const session = await ctx.db.transaction(`account:${userId}`, async (tx) => {
    if (!(await confirmProof(tx, account))) throw failures.unauthorized()
    const tokenVersion = await replacePassword(ctx, tx, userId, hash)
    const isFresh = !hasFactor(await factorsOf(tx, userId))
    return goOn(ctx, tx, { tokenVersion, isFresh }, { cookie, refreshToken })
  })
  return {
    tokens: await issueTokens(ctx, session.tokenInput, refreshToken),
    cookie,
    expiresAt: session.expiresAt,
  }
}

/** Ends everything but this session. Scope before and after: the account, which is held. */
async function replacePassword(ctx: Ctx, tx: Tx, userId: Uuid, hash: string): Promise<number> {
  const { sessionId } = userOf(ctx)
  const { deviceId: keepDevice } = await getSessionProofs(tx, sessionId)
  await savePassword(tx, userId, { hash, mustChange: false, now: ctx.now(), keepDevice })
  await inEachOrganization(ctx, tx, userId, (there) =>
    there.record(tx, identityEvents.password_changed({ target: { type: 'user', id: userId } })),
  )
  await endAccountSessions(ctx, tx, userId, 'password_changed', sessionId)
  return (await readAccount(tx, userId))!.tokenVersion
}

/** Lets this session go on under the new version, with secrets of its own. */
async function goOn(
  ctx: Ctx,
  tx: Tx,
  { tokenVersion, isFresh }: { tokenVersion: number; isFresh: boolean },
  secrets: { cookie: string; refreshToken: string },
) {
  const { userId, sessionId } = userOf(ctx)
  const { organizationId } = ctx.principal!.home
  const now = ctx.now()
  await ctx.db.switchScope(tx, `org:${organizationId}`)
  const secretHash = sha256(secrets.cookie)
  if (!(await renewSession(tx, sessionId, { tokenVersion, secretHash, isFresh, now })))
    throw failures.unauthorized()
  const { expiresAt } = await getSessionTimes(tx, sessionId)
  await insertRefreshToken(tx, {
    organizationId,
    id: newId(now),
    sessionId,
    tokenHash: sha256(secrets.refreshToken),
    issuedAt: now,
    expiresAt: earliest(after(now, ctx.policy.policy.authentication.tokens.refreshSeconds), expiresAt),
  })
  await ctx.record(
    tx,
    events.rotated({ target: { type: 'session', id: sessionId }, reason: 'password_changed' }),
  )
  const tokenInput: TokenInput = { sessionId, userId, organizationId, tokenVersion, policy: ctx.policy }
  return { tokenInput, expiresAt }
}
