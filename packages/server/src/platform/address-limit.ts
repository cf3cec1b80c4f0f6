/**
 * How often one client address may try what anybody can reach: signing in, asking for a mail, registering. A count in
 * memory, by process: it is there to make guessing over many accounts slow. One account is guarded by its own
 * counters, which the database keeps.
 *
 * @module
 */
import type { AuditEvent, Ctx, Services } from './context.ts'
import { failures } from './errors.ts'
import type { Metrics } from './telemetry.ts'

const WINDOW_MS = 5 * 60_000

/** More addresses than this at once, and the ones that were quiet longest are forgotten. */
const REMEMBERED = 50_000

/** What is counted together. Declare one for each purpose, as a constant. */
export interface Door {
  /** Of all doors, unique: `sign_in`. */
  readonly name: string
  /** In five minutes from one address. */
  readonly attempts: number
  /** What the log says at the first refusal of a window. */
  limited(): AuditEvent
  /** Counts each refusal in the metrics, where there is a series for it. */
  count?(metrics: Metrics): void
}

const limits = new WeakMap<Services, Map<string, AddressLimit>>()

/**
 * Counts an attempt at a door from this request's address. `giveBack` undoes it: for one that turned out to be no
 * guess. Refusals are recorded once a window: a log that anyone can fill is no log.
 *
 * @throws `too_many_requests` with the seconds to wait
 */
export async function enter(ctx: Ctx, door: Door): Promise<{ giveBack(): void }> {
  const limit = addressLimitOf(ctx.services, door)
  const taken = limit.take(ctx.client.ip, ctx.now())
  if (!taken.refused) return { giveBack: () => limit.giveBack(ctx.client.ip) }
  door.count?.(ctx.services.metrics)
  if (taken.first) await ctx.recordNow(door.limited())
  throw failures.too_many_requests({ retryAfterSeconds: taken.retryAfterSeconds })
}

/** The count of a door at one server. */
export function addressLimitOf(services: Services, { name, attempts }: Door): AddressLimit {
  const doors = limits.get(services) ?? new Map<string, AddressLimit>()
  limits.set(services, doors)
  const limit = doors.get(name) ?? new AddressLimit(attempts)
  doors.set(name, limit)
  return limit
}

/** The counting alone. Pure: time is passed in. */
export class AddressLimit {
  readonly #attempts: number
  readonly #windows = new Map<string, { since: number; count: number }>()

  constructor(attempts: number) {
    this.#attempts = attempts
  }

  /**
   * Counts an attempt, which {@link giveBack} undoes if it succeeds. `refused` gives the seconds until the next may
   * come; `first` says that this is the first refusal of the window.
   */
  take(
    ip: string,
    now: Date,
  ): { refused: false } | { refused: true; retryAfterSeconds: number; first: boolean } {
    const key = clientNetwork(ip)
    const at = now.getTime()
    let window = this.#windows.get(key)
    if (!window || at - window.since >= WINDOW_MS) window = { since: at, count: 0 }
    // Moves to the end: the map's order is the order of last use.
    this.#windows.delete(key)
    this.#windows.set(key, window)
    if (this.#windows.size > REMEMBERED) this.#windows.delete(this.#windows.keys().next().value!)
    window.count++
    if (window.count <= this.#attempts) return { refused: false }
    const retryAfterSeconds = Math.max(1, Math.ceil((window.since + WINDOW_MS - at) / 1000))
    return { refused: true, retryAfterSeconds, first: window.count === this.#attempts + 1 }
  }

  giveBack(ip: string): void {
    const window = this.#windows.get(clientNetwork(ip))
    if (window && window.count > 0) window.count--
  }
}

/**
 * Who is counted as one client: an IPv4 address; of IPv6 the first 64 bits, since a subscriber is given at least
 * that many addresses (RFC 6177) and would otherwise take a new one for every guess.
 */
export function clientNetwork(ip: string): string {
  const text = ip.split('%')[0]!.toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (mapped) return mapped[1]!
  if (!text.includes(':')) return text
  const [head = '', tail] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const all =
    tail === undefined
      ? left
      : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${all
    .slice(0, 4)
    .map((group) => (Number.parseInt(group, 16) || 0).toString(16))
    .join(':')}::/64`
}
