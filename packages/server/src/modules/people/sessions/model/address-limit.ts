/**
 * How many sign-ins may fail from one client address. A count in memory, by process: it is there to make guessing
 * over many accounts slow. One account is guarded by its lock, which the database counts. Pure: time is passed in.
 *
 * @module
 */

const WINDOW_MS = 5 * 60_000

/** Once a second for five minutes: an office behind one address makes fewer mistakes. */
const FAILURES = 300

/** More addresses than this at once, and the ones that were quiet longest are forgotten. */
const REMEMBERED = 50_000

export class AddressLimit {
  readonly #windows = new Map<string, { since: number; count: number }>()

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
    if (window.count <= FAILURES) return { refused: false }
    const retryAfterSeconds = Math.max(1, Math.ceil((window.since + WINDOW_MS - at) / 1000))
    return { refused: true, retryAfterSeconds, first: window.count === FAILURES + 1 }
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
