/**
 * A write load that remembers what it was told: which change was acknowledged, which was refused, and of which the
 * answer was lost.
 *
 * @module
 */

export interface Attempt {
  readonly kind: 'resource' | 'application' | 'name' | 'roles'
  /** What is changed: a resource's or a member's id; an application's name. */
  readonly key: string
  readonly value: string
  /** done: 2xx. refused: 503. unknown: no answer came. */
  readonly outcome: 'done' | 'refused' | 'unknown'
  /** Under which the event of an acknowledged change stands. */
  readonly requestId: string | undefined
}

/** An answer that no fault excuses, such as a 500 or a 401. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer'
}

export interface Client {
  /** Where the server is now, and with what its owner is signed in. */
  address: string
  accessToken: string
}

export async function request(
  client: Client,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: string; headers: Headers }> {
  const answer = await fetch(`${client.address}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${client.accessToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  })
  return { status: answer.status, body: await answer.text(), headers: answer.headers }
}

const organization = '/organizations/acme'

/** Writers that go on until they are stopped, each on things of its own, so that the order of changes to each is known. */
export class Load {
  readonly attempts: Attempt[] = []
  readonly #client: Client
  readonly #members: readonly string[]
  #count = 0
  #running = false
  #writers: Promise<void>[] = []

  constructor(client: Client, members: readonly string[]) {
    this.#client = client
    this.#members = members
  }

  /** Starts two writers of new things, and one a member that changes name and roles in turn. */
  start(): void {
    this.#running = true
    const news = ['resource', 'application'] as const
    this.#writers = [
      ...news.map((kind) => this.#write(() => this.#create(kind))),
      ...this.#members.map((member) => this.#write((turn) => this.#change(member, turn))),
    ]
  }

  /** Resolves when every request has its outcome. @throws UnexpectedAnswer */
  async stop(): Promise<void> {
    this.#running = false
    await Promise.all(this.#writers)
  }

  async #write(work: (turn: number) => Promise<void>): Promise<void> {
    for (let turn = 0; this.#running; turn++) await work(turn)
  }

  #create(kind: 'resource' | 'application'): Promise<void> {
    const key = `${kind}-${++this.#count}`
    return kind === 'resource'
      ? this.#attempt({ kind, key, value: key }, 'PUT', `${organization}/resources/leads/${key}`, {
          attributes: {},
        })
      : this.#attempt({ kind, key, value: key }, 'POST', `${organization}/applications`, { name: key })
  }

  #change(member: string, turn: number): Promise<void> {
    const path = `${organization}/members/${member}`
    if (turn % 2 === 0) {
      const value = `name-${++this.#count}`
      return this.#attempt({ kind: 'name', key: member, value }, 'PATCH', path, { name: value })
    }
    const value = this.#roleOf(member) === 'user' ? 'manager' : 'user'
    return this.#attempt({ kind: 'roles', key: member, value }, 'PATCH', path, { roles: [value] })
  }

  /** As far as the server has said. */
  #roleOf(member: string): string {
    const isOf = ({ kind, key, outcome }: Attempt) => kind === 'roles' && key === member && outcome === 'done'
    return this.attempts.findLast(isOf)?.value ?? 'user'
  }

  async #attempt(
    change: Pick<Attempt, 'kind' | 'key' | 'value'>,
    method: string,
    path: string,
    body: unknown,
  ): Promise<void> {
    const answer = await request(this.#client, method, path, body).catch(() => undefined)
    if (answer === undefined) {
      this.attempts.push({ ...change, outcome: 'unknown', requestId: undefined })
      return pause()
    }
    const requestId = answer.headers.get('x-request-id') ?? undefined
    if (answer.status < 300) this.attempts.push({ ...change, outcome: 'done', requestId })
    else if (isOrderlyRefusal(answer)) {
      this.attempts.push({ ...change, outcome: 'refused', requestId })
      await pause()
    } else throw new UnexpectedAnswer(`${method} ${path}: ${answer.status} ${answer.body}`)
  }
}

/** Whoever is refused comes back a little later, as a client would. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10))
}

/** While the database is away: 503, with when to come again. */
function isOrderlyRefusal({ status, headers }: { status: number; headers: Headers }): boolean {
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') ?? false
  return status === 503 && isProblem && Number(headers.get('retry-after')) > 0
}
