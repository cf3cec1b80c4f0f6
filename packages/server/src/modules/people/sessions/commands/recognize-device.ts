import { type Account, inEachOrganization } from '#people/identity'
import { clientNetwork } from '#platform/address-limit'
import type { Ctx, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { events, mails } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { deviceOf } from '../model/device.ts'
import { placesOf } from '../queries.ts'
import { insertDevice, noteDevice, type SeenDevice } from '../store/devices.ts'

/** A place in which the account was signed in so long ago is a new one again. */
const REMEMBERED_MS = 90 * 86_400_000

export interface Recognized {
  readonly deviceId: Uuid | null
  /** What the browser is to keep; undefined for a program. */
  readonly secret: string | undefined
  /** The device was known before this sign-in. */
  readonly isKnown: boolean
  /** Nobody has signed in to this account from here. */
  readonly isNewPlace: boolean
}

/**
 * Knows the browser of a whole sign-in again. A secret that was planted, or is another account's, is not taken over: the
 * browser gets one of its own. Before the session is made; scope before and after: the account, which is held.
 */
export async function recognizeDevice(
  ctx: Ctx,
  tx: Tx,
  { id: userId }: Account,
  browser: Browser | undefined,
): Promise<Recognized> {
  const now = ctx.now()
  const presented = browser?.device
  const known =
    presented === undefined ? undefined : await noteDevice(tx, userId, sha256(presented), seenIn(ctx), now)
  if (known !== undefined) return { deviceId: known, secret: presented, isKnown: true, isNewPlace: false }
  const isNewPlace = await isNew(ctx, tx, userId)
  if (browser === undefined) return { deviceId: null, secret: undefined, isKnown: false, isNewPlace }
  return { deviceId: newId(now), secret: newSecret(), isKnown: false, isNewPlace }
}

/**
 * Makes a browser known, and tells the person of a sign-in from a new place: with the session or not at all. Scope: the
 * account.
 */
export async function rememberDevice(ctx: Ctx, tx: Tx, account: Account, device: Recognized): Promise<void> {
  if (device.isNewPlace) await tellOfNewPlace(ctx, tx, account)
  const { deviceId: id, secret, isKnown } = device
  if (isKnown || id === null || secret === undefined) return
  const [userId, now] = [account.id, ctx.now()]
  await insertDevice(tx, { id, userId, secretHash: sha256(secret), seen: seenIn(ctx), now })
  const event = events.device_known({ target: { type: 'device', id }, data: { user: userId } })
  await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
}

function seenIn({ client }: Ctx): SeenDevice {
  return { name: deviceOf(client.userAgent), ip: client.ip }
}

async function tellOfNewPlace(ctx: Ctx, tx: Tx, account: Account): Promise<void> {
  const { name: device, ip } = seenIn(ctx)
  const url = `${ctx.services.publicUrl}/account`
  await ctx.mail(tx, mails.new_device(account, { device, ip, at: ctx.now(), url }))
}

/** By words of the user agent and network of the client; an account that was never signed in to has no new places. */
async function isNew(ctx: Ctx, tx: Tx, userId: Uuid): Promise<boolean> {
  const places = await placesOf(tx, userId, new Date(ctx.now().getTime() - REMEMBERED_MS))
  if (places === undefined) return false
  const [device, network] = [deviceOf(ctx.client.userAgent), clientNetwork(ctx.client.ip)]
  return !places.some(
    ({ userAgent, ip }) => deviceOf(userAgent ?? '') === device && clientNetwork(ip ?? '') === network,
  )
}
