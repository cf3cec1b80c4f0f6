import { inEachOrganization, userOf } from '#people/identity'
import type { AuditEvent, Ctx, RenewedSession, Tx } from '#platform/context'
import { newId, type Uuid } from '#platform/ids'
import type { Mail } from '#platform/mail'
import { events } from '../catalog.ts'
import { hashOf, newRecoveryCode } from '../model/recovery-codes.ts'
import { replaceRecoveryCodes } from '../store/codes.ts'

export interface Enrolled {
  /** Shown this once; null where the account had factors before, and so has codes. */
  readonly recoveryCodes: readonly string[] | null
  readonly session: RenewedSession
}

/**
 * What follows from a new factor: recovery codes with the first one, the end of the account's other sessions (who else
 * was signed in proved no more than a password), a new cookie for this one, an event in each organization, a mail.
 * The account is held. Scope before and after: the account.
 */
export async function finishEnrolment(
  ctx: Ctx,
  tx: Tx,
  enrolled: { method: 'totp' | 'passkey'; event: AuditEvent; mail: Mail; isFirst: boolean },
): Promise<Enrolled> {
  const { userId, sessionId } = userOf(ctx)
  const { ports } = ctx.services
  const recoveryCodes = enrolled.isFirst ? await makeRecoveryCodes(ctx, tx, userId) : null
  await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, enrolled.event))
  await ctx.mail(tx, enrolled.mail)
  await ports.endAccountSessions(ctx, tx, userId, 'second_factor_enrolled', sessionId)
  const session = await ports.renewSession(ctx, tx, {
    because: 'second_factor_enrolled',
    method: enrolled.method,
    secondFactorAt: ctx.now(),
  })
  return { recoveryCodes, session }
}

/** As many as the policy says; of the account's organizations, the caller's. The former set is worth nothing. Scope: the account. */
export async function makeRecoveryCodes(ctx: Ctx, tx: Tx, userId: Uuid): Promise<readonly string[]> {
  const createdAt = ctx.now()
  const count = ctx.policy.policy.authentication.mfa.recoveryCodes
  const codes = Array.from({ length: count }, newRecoveryCode)
  await replaceRecoveryCodes(
    tx,
    userId,
    codes.map((code) => ({ id: newId(createdAt), codeHash: hashOf(code), createdAt })),
  )
  if (count === 0) return codes
  const made = events.recovery_codes_made({ target: { type: 'user', id: userId }, data: { count } })
  await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, made))
  return codes
}
