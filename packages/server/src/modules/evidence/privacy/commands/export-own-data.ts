import { Readable } from 'node:stream'
import { eventView, readEventsAbout } from '#evidence/audit'
import { type AccountOrganization, inOrganization, organizationsOf, userOf } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { failures } from '#platform/errors'
import { toWire, type Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { accountData, membershipData, READS } from '../queries.ts'

/** Events read at once. */
const AT_ONCE = 500

/**
 * Everything that is held about the caller, as one JSON document, streamed: account, what it is signed in to and by,
 * consents, memberships with roles and invites, the events about them in the logs of all their organizations, and who
 * looked. Secrets are not in it, nor clear values about other people. That it was exported is in each of those logs before
 * the first byte. Before each batch the caller's standing is read anew.
 *
 * @throws `privacy.export_off`; `forbidden` (fresh_sign_in_required): whoever found a session open would otherwise leave
 *   with all of it
 */
export async function exportOwnData(ctx: Ctx): Promise<Readable> {
  const { userId } = userOf(ctx)
  if (!ctx.policy.policy.privacy.export) throw errors.export_off()
  const age = ctx.now().getTime() - ctx.principal!.standing!.authenticatedAt.getTime()
  if (!(age <= ctx.policy.freshMilliseconds)) throw failures.forbidden({ reason: 'fresh_sign_in_required' })
  const organizations = await ctx.db.transaction(`account:${userId}`, (tx) => organizationsOf(tx, userId))
  for (const { organizationId } of organizations) {
    const event = events.exported({ target: { type: 'user', id: userId } })
    await inOrganization(ctx, organizationId).recordNow(event)
  }
  return Readable.from(pieces(ctx, userId, organizations), { objectMode: false })
}

async function* pieces(ctx: Ctx, userId: Uuid, organizations: readonly AccountOrganization[]) {
  yield `{"format":"writ-personal-data","version":1,"exportedAt":${JSON.stringify(ctx.now().toISOString())},\n`
  const account = await ctx.db.transaction(`account:${userId}`, (tx) => accountData(tx, userId))
  for (const [name, value] of Object.entries(account)) yield `"${name}":${JSON.stringify(value)},\n`
  const memberships = []
  for (const organization of organizations) {
    const read = (tx: Tx) => membershipData(tx, userId, account.account.email, organization)
    memberships.push(await ctx.db.transaction(`org:${organization.organizationId}`, read))
  }
  yield `"memberships":${JSON.stringify(memberships)},\n`
  for (const [name, only] of [
    ['auditEvents', 'about'],
    ['accessLog', 'reads'],
  ] as const) {
    yield `"${name}":[`
    let separator = '\n'
    for (const organization of organizations) {
      for await (const event of eventsOf(ctx, userId, organization, only)) {
        yield separator + JSON.stringify(event)
        separator = ',\n'
      }
    }
    yield name === 'accessLog' ? ']}\n' : '],\n'
  }
}

async function* eventsOf(
  ctx: Ctx,
  userId: Uuid,
  { organizationId, memberId }: AccountOrganization,
  only: 'about' | 'reads',
) {
  const about = [`user:${userId}`, `member:${memberId}`]
  for (let before: Uuid | undefined; ; ) {
    if (!(await ctx.services.ports.refresh(ctx.principal!, ctx.now()))) throw failures.unauthorized()
    const read = (tx: Tx) =>
      readEventsAbout(tx, organizationId, {
        about,
        before,
        limit: AT_ONCE,
        ...(only === 'about'
          ? { targets: [userId, memberId], actor: userId }
          : { targets: [userId, memberId, organizationId], types: READS, except: userId, since: memberId }),
      })
    const batch = await ctx.db.transaction(`org:${organizationId}`, read)
    for (const event of batch) {
      // Where it stands in the log is for those who read the log.
      const { index: _index, isInCheckpoint: _isInCheckpoint, ...view } = eventView(event)
      yield { organization: toWire('org', organizationId), ...view }
    }
    before = batch.at(-1)?.id
    if (batch.length < AT_ONCE) return
  }
}
