/** Reads of one's own data. @module */
import { textIn } from '@writ/policy'
import { sql } from 'kysely'
import { readEventsAbout, type StoredEvent } from '#evidence/audit'
import { type AccountOrganization, addressKey, organizationsOf, userOf } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { toWire, type Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import { errors } from './catalog.ts'

export interface ConsentRow {
  readonly purpose: string
  /** Null: the policy asks for it no more. */
  readonly title: string | null
  readonly required: boolean
  readonly given: boolean
  /** Of the newest one; null where there never was one. */
  readonly policyVersion: string | null
  readonly givenAt: Date | null
  readonly givenBy: string | null
  readonly withdrawnAt: Date | null
}

/** Every purpose of the policy, and those that were consented to under an earlier one. */
export async function listConsents(ctx: Ctx): Promise<ConsentRow[]> {
  const { userId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, (tx) => consentsOf(ctx, tx, userId))
}

/** Scope: the account. @throws `privacy.not_given` */
export async function readConsent(ctx: Ctx, tx: Tx, userId: Uuid, purpose: string): Promise<ConsentRow> {
  const found = (await consentsOf(ctx, tx, userId)).find((row) => row.purpose === purpose)
  if (!found) throw errors.not_given()
  return found
}

/** Scope: the account. */
export async function consentsOf(ctx: Ctx, tx: Tx, userId: Uuid): Promise<ConsentRow[]> {
  const { rows: newest } = await sql<{
    purpose: string
    policyVersionId: Uuid
    givenAt: Date
    givenBy: string
    withdrawnAt: Date | null
  }>`
    select distinct on (purpose) purpose, policy_version_id, given_at, given_by, withdrawn_at
    from consents where user_id = ${userId}
    order by purpose, withdrawn_at is null desc, given_at desc, id desc`.execute(tx)
  const { policy } = ctx.policy
  const language = policy.languages[0]!
  const asked = new Map(policy.privacy.consents.map((consent) => [consent.purpose, consent]))
  const purposes = new Set([...asked.keys(), ...newest.map(({ purpose }) => purpose)])
  return [...purposes].map((purpose) => {
    const consent = asked.get(purpose)
    const row = newest.find((candidate) => candidate.purpose === purpose)
    return {
      purpose,
      title: consent === undefined ? null : textIn(consent.title, language),
      required: consent?.required === true,
      given: row !== undefined && row.withdrawnAt === null,
      policyVersion: row === undefined ? null : toWire('pol', row.policyVersionId),
      givenAt: row?.givenAt ?? null,
      givenBy: row?.givenBy ?? null,
      withdrawnAt: row?.withdrawnAt ?? null,
    }
  })
}

/** Types of events that tell of somebody who looked. */
export const READS = ['privacy.read', 'privacy.listed', 'audit.exported'] as const

/** Who looked at the caller's data, or went through everybody's, in this organization; newest first. */
export async function listReads(
  ctx: Ctx,
  page: Page,
): Promise<{ event: StoredEvent; reader: string | null }[]> {
  const { userId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const own = (await organizationsOf(tx, userId)).find(
      (each) => each.organizationId === ctx.organizationId,
    )!
    await ctx.db.switchScope(tx, `org:${ctx.organizationId}`)
    const events = await readEventsAbout(tx, ctx.organizationId, {
      targets: [userId, own.memberId, ctx.organizationId],
      about: [`user:${userId}`, `member:${own.memberId}`],
      types: READS,
      except: userId,
      // Nothing of before the membership.
      since: own.memberId,
      before: page.after,
      limit: page.limit + 1,
    })
    const readers = events.flatMap(({ leaf }) => (leaf.actor.kind === 'user' ? [leaf.actor.id!] : []))
    const named =
      readers.length === 0
        ? []
        : await tx.selectFrom('users').select(['id', 'name']).where('id', 'in', readers).execute()
    const names = new Map(named.map(({ id, name }) => [id, name]))
    return events.map((event) => ({ event, reader: names.get(event.leaf.actor.id ?? '') ?? null }))
  })
}

/** What belongs to the account, whatever the organization; without secrets. Scope: the account. */
export async function accountData(tx: Tx, userId: Uuid) {
  const user = await tx
    .selectFrom('users')
    .select([
      'id',
      'email',
      'name',
      'locale',
      'status',
      'emailVerifiedAt',
      'passwordChangedAt',
      'lastSignInAt',
      'createdAt',
    ])
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  const sessions = await tx
    .selectFrom('sessions')
    .select([
      'id',
      'organizationId',
      'methods',
      'ip',
      'userAgent',
      'createdAt',
      'lastUsedAt',
      'expiresAt',
      'endedAt',
      'endedBecause',
    ])
    .where('userId', '=', userId)
    .orderBy('id')
    .execute()
  const authenticators = await tx
    .selectFrom('totpFactors')
    .select(['id', 'createdAt', 'confirmedAt', 'lastUsedAt'])
    .where('userId', '=', userId)
    .execute()
  const passkeys = await tx
    .selectFrom('passkeys')
    .select(['id', 'name', 'isBackedUp', 'createdAt', 'lastUsedAt'])
    .where('userId', '=', userId)
    .execute()
  const recoveryCodes = await tx
    .selectFrom('recoveryCodes')
    .select(['createdAt', 'spentAt'])
    .where('userId', '=', userId)
    .execute()
  const devices = await tx
    .selectFrom('devices')
    .select(['id', 'name', 'ip', 'createdAt', 'lastUsedAt', 'forgottenAt'])
    .where('userId', '=', userId)
    .execute()
  const consents = await tx
    .selectFrom('consents')
    .select(['id', 'purpose', 'policyVersionId', 'givenAt', 'givenBy', 'withdrawnAt', 'withdrawnBecause'])
    .where('userId', '=', userId)
    .orderBy('id')
    .execute()
  return {
    account: { ...user, id: toWire('usr', user.id) },
    sessions: sessions.map(({ organizationId, ...session }) => ({
      ...session,
      id: toWire('ses', session.id),
      organization: toWire('org', organizationId),
    })),
    secondFactors: {
      authenticators: authenticators.map((factor) => ({ ...factor, id: toWire('fac', factor.id) })),
      passkeys: passkeys.map((passkey) => ({ ...passkey, id: toWire('pky', passkey.id) })),
      recoveryCodes,
    },
    devices: devices.map((device) => ({ ...device, id: toWire('dev', device.id) })),
    consents: consents.map(({ policyVersionId, ...consent }) => ({
      ...consent,
      id: toWire('cns', consent.id),
      policyVersion: toWire('pol', policyVersionId),
    })),
  }
}

/** What an organization holds of one of its members beside the log. Scope: the organization. */
export async function membershipData(
  tx: Tx,
  userId: Uuid,
  email: string,
  { organizationId, memberId, name, slug }: AccountOrganization,
) {
  const member = await tx
    .selectFrom('members')
    .select(['status', 'createdAt', 'deactivatedAt', 'lastActiveAt', 'privilegesSuspendedAt', 'accessEndsAt'])
    .where('id', '=', memberId)
    .executeTakeFirst()
  const roles = await tx
    .selectFrom('userRoles')
    .select(['role', 'source', 'assignedAt', 'expiresAt', 'endedAt'])
    .where('userId', '=', userId)
    .orderBy('id')
    .execute()
  const invites = await tx
    .selectFrom('invites')
    .select(['id', 'email', 'roles', 'createdAt', 'expiresAt', 'acceptedAt', 'revokedAt'])
    .where((eb) => eb.or([eb('emailKey', '=', addressKey(email) ?? ''), eb('memberId', '=', memberId)]))
    .orderBy('id')
    .execute()
  return {
    organization: { id: toWire('org', organizationId), slug, name },
    member: { id: toWire('mem', memberId), ...member },
    roles,
    invites: invites.map((invite) => ({ ...invite, id: toWire('inv', invite.id) })),
  }
}
