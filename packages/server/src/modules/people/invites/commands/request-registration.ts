import { addressKey, findAccountByAddress } from '#people/identity'
import { getOrganization } from '#people/organizations'
import { type Door, enter } from '#platform/address-limit'
import { afterAnswer } from '#platform/background'
import type { Ctx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { invalidField } from '#platform/errors'
import { newId } from '#platform/ids'
import { takeMailAllowance } from '#platform/outbox'
import { mails, registrationErrors, registrationEvents } from '../catalog.ts'
import { REGISTRATION_PREFIX, registrationUrl, roleToRegister } from '../model.ts'
import { findOrganizationOfSlug, insertRegistration } from '../store.ts'
import { contextOfLink } from './open-link.ts'

/** From one client address; an office behind one address registers fewer. */
const door: Door = {
  name: 'registration',
  attempts: 30,
  limited: () => registrationEvents.limited({ outcome: 'denied', reason: 'too_many_registrations' }),
}

/** Mails to one address in an hour, whichever organizations they are for. */
const MAILS = 3
const HOUR_SECONDS = 3600

export interface Registration {
  readonly email: string
  /** Slug. */
  readonly organization: string
  readonly role?: string | undefined
  readonly name: string
  readonly locale?: string | undefined
}

/**
 * Takes a registration: mails a link to the address, and makes no account until it is followed. The same writes whether the
 * address has an account or not: the mail tells its owner. Nothing is written where there is no such organization, or the
 * address has had its mails for now.
 *
 * The answer is given before address and organization are looked at, so neither it nor its time tells of them. Should the
 * process end in between, no mail goes, and the person asks again.
 *
 * @throws `registration.closed`, `registration.role_not_open`: the policy's, whoever asks; `too_many_requests`
 */
export async function requestRegistration(ctx: Ctx, person: Registration): Promise<void> {
  const { selfRegister } = ctx.policy.policy.provisioning
  if (selfRegister.length === 0) throw registrationErrors.closed()
  const role = roleToRegister(ctx.policy, person.role)
  if (role === undefined) throw registrationErrors.role_not_open({ roles: selfRegister })
  await enter(ctx, door)
  const emailKey = addressKey(person.email)
  if (emailKey === undefined)
    throw invalidField('email', 'Not an e-mail address: it should look like ada@example.com.')
  afterAnswer(ctx.services, 'registration', async () => {
    const organizationId = await findOrganizationOfSlug(ctx, person.organization)
    const there =
      organizationId === undefined ? undefined : await contextOfLink(ctx, organizationId, 'registration')
    if (!there) return
    const account = await findAccountByAddress(ctx, emailKey)
    await ask(there.ctx, { ...person, role, emailKey }, account !== undefined)
  })
}

async function ask(
  ctx: Ctx,
  { email, emailKey, role, name, locale }: Registration & { role: string; emailKey: string },
  hasAccount: boolean,
): Promise<void> {
  const { publicUrl } = ctx.services
  const now = ctx.now()
  const seconds = ctx.policy.policy.authentication.links.verifySeconds
  const token = newSecret(REGISTRATION_PREFIX)
  await ctx.tx(async (tx) => {
    const allowance = { purpose: 'registration', address: emailKey, most: MAILS, seconds: HOUR_SECONDS }
    if (!(await takeMailAllowance(ctx, tx, allowance))) return
    const { name: organization, settings } = await getOrganization(tx, ctx.organizationId)
    const row = {
      organizationId: ctx.organizationId,
      id: newId(now),
      email: email.trim().normalize('NFC'),
      emailKey,
      role,
      name,
      locale: locale ?? settings.locale ?? 'en',
      createdAt: now,
      expiresAt: new Date(now.getTime() + seconds * 1000),
    }
    await insertRegistration(tx, { ...row, tokenHash: sha256(token) })
    const from = { organization, contact: settings.contacts?.general }
    await ctx.mail(
      tx,
      hasAccount
        ? mails.registered_already(row, { ...from, url: `${publicUrl}/sign-in` })
        : mails.registration(row, {
            ...from,
            url: registrationUrl(publicUrl, token),
            hours: Math.max(1, Math.floor(seconds / HOUR_SECONDS)),
          }),
    )
    const target = { type: 'registration', id: row.id }
    await ctx.record(tx, registrationEvents.asked({ target, data: { role }, personal: { email: row.email } }))
  })
}
