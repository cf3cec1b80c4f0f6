import { type Account, inEachOrganization } from '#people/identity'
import { clientNetwork } from '#platform/address-limit'
import type { Ctx, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { events, mails } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { deviceOf } from '../model/device.ts'
import { placesOf } from '../queries.ts'
import { insertDevice, noteDevice } from '../store/devices.ts'

/** A place in which the account was signed in so long ago is a new one again. */
const REMEMBERED_MS = 90 * 86_400_000

export interface Recognized {
  readonly deviceId: Uuid | null
  /** What the browser is to keep; undefined for a program. */
  readonly secret: string | undefined
  /** Nobody has signed in to this account from here. */
  readonly isNew: boolean
}

/**
 * Knows the browser of a whole sign-in again, or makes it known. A secret that was planted, or is another account's, is
 * not taken over. Before the session is made; scope before and after: the account, which is held.
 */
export async function recognizeDevice(
  ctx: Ctx,
  tx: Tx,
  account: Account,
  browser: Browser | undefined,
): Promise<Recognized> {
  const now = ctx.now()
  const seen = { name: deviceOf(ctx.client.userAgent), ip: ctx.client.ip }
  const presented = browser?.device
  const known =
    presented === undefined ? undefined : await noteDevice(tx, account.id, sha256(presented), seen, now)
  if (known !== undefined) return { deviceId: known, secret: presented, isNew: false }
  const isNew = await isNewPlace(ctx, tx, account.id)
  if (browser === undefined) return { deviceId: null, secret: undefined, isNew }
  const [deviceId, secret] = [newId(now), newSecret()]
  await insertDevice(tx, { id: deviceId, userId: account.id, secretHash: sha256(secret), seen, now })
  const event = events.device_known({
    target: { type: 'device', id: deviceId },
    data: { user: account.id },
  })
  await inEachOrganization(ctx, tx, account.id, (there) => there.record(tx, event))
  return { deviceId, secret, isNew }
}

/** Tells the person of a sign-in from a new place, in its transaction: it goes out if the session is there. Scope: the account. */
export async function tellOfNewDevice(ctx: Ctx, tx: Tx, account: Account): Promise<void> {
  const { ip, userAgent } = ctx.client
  await ctx.mail(
    tx,
    mails.new_device(account, {
      device: deviceOf(userAgent),
      ip,
      at: ctx.now(),
      url: `${ctx.services.publicUrl}/account`,
    }),
  )
}

/** By words of the user agent and network of the client; an account that was never signed in to has no new places. */
async function isNewPlace(ctx: Ctx, tx: Tx, userId: Uuid): Promise<boolean> {
  const places = await placesOf(tx, userId, new Date(ctx.now().getTime() - REMEMBERED_MS))
  if (places === undefined) return false
  const [device, network] = [deviceOf(ctx.client.userAgent), clientNetwork(ctx.client.ip)]
  return !places.some(
    ({ userAgent, ip }) => deviceOf(userAgent ?? '') === device && clientNetwork(ip ?? '') === network,
  )
}
