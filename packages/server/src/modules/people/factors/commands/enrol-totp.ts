import { randomBytes } from 'node:crypto'
import { textIn } from '@writ/policy'
import { toString as qrCode } from 'qrcode'
import { holdOwnAccount, inEachOrganization, userOf } from '#people/identity'
import type { Ctx } from '#platform/context'
import { newId } from '#platform/ids'
import { languageOf } from '#platform/mail'
import { errors, events, FACTOR_WORDS, mails } from '../catalog.ts'
import { keyUri, matchCode, SECRET_BYTES, spelled } from '../model/totp.ts'
import { factorsOf, findTotp, hasFactor } from '../queries.ts'
import { confirmTotpRow, openSecret, replacePendingTotp, sealSecret } from '../store/codes.ts'
import { type Enrolled, finishEnrolment } from './finish-enrolment.ts'
import { demandFreshSignIn, demandPermitted, demandSecondFactor, refuse } from './guard-change.ts'

/** Time to install an app and type the first code. */
const CONFIRM_SECONDS = 900

export interface BegunTotp {
  /** Base32, for who cannot scan. */
  readonly secret: string
  readonly uri: string
  /** SVG of the address. */
  readonly qr: string
}

/**
 * Makes the secret of an authenticator app, which is shown this once. It proves nothing until {@link confirmTotp};
 * one that was begun before is forgotten.
 *
 * @throws `factors.not_permitted`, `factors.already_enrolled`, `forbidden` without a fresh sign-in
 */
export async function beginTotp(ctx: Ctx): Promise<BegunTotp> {
  demandPermitted(ctx, 'totp')
  await demandFreshSignIn(ctx)
  const { userId } = userOf(ctx)
  const secret = randomBytes(SECRET_BYTES)
  const account = await ctx.db.transaction(`account:${userId}`, async (tx) => {
    const held = await holdOwnAccount(ctx, tx)
    await demandSecondFactor(ctx, tx)
    if ((await factorsOf(tx, userId)).totp) throw errors.already_enrolled()
    const createdAt = ctx.now()
    const row = { userId, id: newId(createdAt), createdAt }
    await replacePendingTotp(tx, { ...row, secret: sealSecret(ctx.services.masterKey, row, secret) })
    const event = events.begun({ target: { type: 'user', id: userId }, data: { factor: 'totp' } })
    await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
    return held
  })
  const uri = keyUri(secret, productName(ctx, account.locale), account.email)
  return { secret: spelled(secret), uri, qr: await qrCode(uri, { type: 'svg', errorCorrectionLevel: 'M' }) }
}

/**
 * Makes the authenticator app a factor, by a first code. Of any number at once, one does.
 *
 * @throws `factors.nothing_to_confirm`, `factors.wrong_code`, `forbidden` without a fresh sign-in
 */
export async function confirmTotp(ctx: Ctx, code: string): Promise<Enrolled> {
  demandPermitted(ctx, 'totp')
  await demandFreshSignIn(ctx)
  const { userId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await holdOwnAccount(ctx, tx)
    await demandSecondFactor(ctx, tx)
    const before = await factorsOf(tx, userId)
    const factor = before.totp ? undefined : await findTotp(tx, userId, 'pending')
    const now = ctx.now()
    if (!factor || factor.createdAt.getTime() + CONFIRM_SECONDS * 1000 <= now.getTime())
      throw errors.nothing_to_confirm()
    const match = matchCode(openSecret(ctx.services.masterKey, factor), code, now, null)
    if (!match) throw await refuse(ctx, 'wrong_code', errors.wrong_code())
    if (!(await confirmTotpRow(tx, factor, match.step, now))) throw errors.nothing_to_confirm()
    return finishEnrolment(ctx, tx, {
      method: 'totp',
      event: events.enrolled({ target: { type: 'user', id: userId }, data: { factor: 'totp' } }),
      mail: mails.enrolled(account, { factor: FACTOR_WORDS.totp }),
      isFirst: !hasFactor(before),
    })
  })
}

/** What an authenticator app and a browser call us. */
export function productName({ policy: { policy } }: Ctx, locale: string): string {
  return textIn(policy.product ?? policy.name, languageOf(locale))
}
