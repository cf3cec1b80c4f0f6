/**
 * Invites and registrations that were mailed an hour ago, put there beside the API.
 *
 * @module
 */
import { addressKey } from '#people/identity'
import { newSecret, sha256 } from '#platform/crypto'
import { newId, toWire } from '#platform/ids'
import type { TestApp, TestMember } from './app.ts'

/** An invite that `inviter` sent from their own organization, with the token of its link. */
export async function seedInvite(
  app: TestApp,
  inviter: TestMember,
  { email, role }: { email: string; role: string },
): Promise<{ wire: string; token: string }> {
  const now = app.clock.now()
  const [id, token] = [newId(now), newSecret('writ_inv_')]
  const sentAt = new Date(now.getTime() - 3_600_000)
  await app.ownerDb.transaction(`org:${inviter.organizationId}`, (tx) =>
    tx
      .insertInto('invites')
      .values({
        organizationId: inviter.organizationId,
        id,
        email,
        emailKey: addressKey(email)!,
        roles: [role],
        locale: 'en',
        permission: 'create:invites',
        tokenHash: sha256(token),
        inviterOrganizationId: inviter.organizationId,
        inviterMemberId: inviter.memberId,
        inviterUserId: inviter.userId,
        createdAt: sentAt,
        sentAt,
        expiresAt: new Date(now.getTime() + 86_400_000),
      })
      .execute(),
  )
  return { wire: toWire('inv', id), token }
}
