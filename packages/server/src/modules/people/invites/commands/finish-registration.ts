import { choosePassword, findAccountByAddress } from '#people/identity'
import { addMember } from '#people/organizations'
import { type Door, enter } from '#platform/address-limit'
import type { Ctx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import { AppError } from '#platform/errors'
import { registrationErrors, registrationEvents } from '../catalog.ts'
import { roleToRegister } from '../model.ts'
import { findRegistrationOfLink, readOpenRegistration, spendRegistration } from '../store.ts'
import type { Accepted } from './accept-invite.ts'
import { contextOfLink } from './open-link.ts'

/** Links that do not work, from one client address. */
const door: Door = {
  name: 'registration_link',
  attempts: 100,
  limited: () => registrationEvents.limited({ outcome: 'denied', reason: 'too_many_dead_links' }),
}

export interface FinishInput {
  readonly token: string
  readonly password: string
  /** Default: the one given when they registered. */
  readonly name?: string | undefined
}

/**
 * Makes the account and the membership of somebody who registered and followed the link: the address is proven by it.
 * Once, also when 20 come at once. What the policy and the organization allow is asked now, not when they registered.
 * Nobody is signed in by it.
 *
 * @throws `registration.link_dead`, `registration.account_exists`, `identity.weak_password`, `too_many_requests`
 */
export async function finishRegistration(ctx: Ctx, { token, ...input }: FinishInput): Promise<Accepted> {
  const attempt = await enter(ctx, door)
  const tokenHash = sha256(token)
  const organizationId = await findRegistrationOfLink(ctx, tokenHash)
  const there =
    organizationId === undefined ? undefined : await contextOfLink(ctx, organizationId, 'registration')
  const registration =
    there &&
    (await ctx.db.transaction(`org:${organizationId!}`, (tx) =>
      readOpenRegistration(tx, tokenHash, ctx.now()),
    ))
  if (!registration) throw registrationErrors.link_dead()
  attempt.giveBack()
  const { email, emailKey, locale, role } = registration
  if (roleToRegister(there.ctx.policy, role) === undefined)
    throw await refuse(there.ctx, email, 'role_not_open', registrationErrors.link_dead())
  if (await findAccountByAddress(ctx, emailKey)) throw registrationErrors.account_exists()
  const person = { email, name: input.name ?? registration.name, locale }
  const password = await choosePassword(there.ctx, input.password, person)
  try {
    const memberId = await there.ctx.tx(async (tx) => {
      if (!(await spendRegistration(tx, tokenHash, ctx.now()))) throw registrationErrors.link_dead()
      const candidate = { person, account: undefined, password, temporaryPassword: undefined }
      const by = { kind: 'system', name: 'self-registration' } as const
      const { id, userId } = await addMember(there.ctx, tx, candidate, [role], {
        decided: true,
        came: { by },
      })
      await there.ctx.record(
        tx,
        registrationEvents.finished({
          target: { type: 'member', id },
          after: { status: 'active', roles: [role] },
          data: { user: userId },
          personal: { email },
        }),
      )
      return id
    })
    return { organization: there.organization, email, memberId }
  } catch (error) {
    // Somebody made the account in between.
    if (error instanceof AppError && error.code === 'identity.address_taken')
      throw registrationErrors.account_exists()
    throw error
  }
}

/** In the log before it is answered. */
async function refuse(ctx: Ctx, email: string, reason: string, error: AppError): Promise<AppError> {
  await ctx.recordNow(registrationEvents.refused({ outcome: 'denied', reason, personal: { email } }))
  return error
}
