import { newSecret, sha256 } from '#platform/crypto'
import type { OperatorDatabase } from '#platform/operator'
import { anyOrganization, platformOrganization } from '../queries/organizations.ts'
import { replaceSetupToken } from '../store.ts'

/** Long enough to fetch a colleague, short enough that a start-up log found later opens nothing. */
const LIVES_MS = 24 * 60 * 60 * 1000

/**
 * A new secret for the set-up link, which replaces an older one that was not spent; undefined once there is an
 * organization. Only its SHA-256 is stored.
 */
export async function createSetupToken(
  operator: Pick<OperatorDatabase, 'db' | 'now'>,
): Promise<string | undefined> {
  const now = operator.now()
  return operator.db.transaction('org:00000000-0000-0000-0000-000000000000', async (tx) => {
    const platform = await platformOrganization(tx)
    if (platform === undefined) return undefined
    await operator.db.switchScope(tx, `org:${platform}`)
    if (await anyOrganization(tx)) return undefined
    const secret = newSecret('writ_setup_')
    await replaceSetupToken(tx, sha256(secret), now, new Date(now.getTime() + LIVES_MS))
    return secret
  })
}
