/** The steps of the demo's walk. @module */
import type { Config, RunningServer } from '@writ/server'
import { openOperator } from '@writ/server/operator'
import { splitLines, verifyExport } from '@writ/tlog'
import { mailedToken } from './outbox.ts'
import type { Scenario } from './scenarios.ts'
import { type Answer, send, type Walk, WalkFailed } from './walk.ts'

export interface Person {
  readonly name: string
  readonly email: string
  readonly password: string
}

const PASSWORD = 'Quiet-Harbour-47'
const ACME = 'acme'
const COUNTS: Readonly<Record<number, string>> = { 3: 'Three', 5: 'Five', 10: 'Ten' }

export class Tour {
  readonly owner: Person
  readonly #member: Person
  readonly #walk: Walk
  readonly #scenario: Scenario
  readonly #server: RunningServer
  readonly #config: Config
  #ownerToken = ''
  #memberToken = ''
  #memberId = ''
  readonly #newcomers = new Map<string, string>()

  constructor(walk: Walk, server: RunningServer, config: Config, scenario: Scenario) {
    this.#walk = walk
    this.#server = server
    this.#config = config
    this.#scenario = scenario
    this.owner = person(scenario.owner.name, ACME)
    this.#member = person(scenario.member.name, ACME)
  }

  /** The first organization comes by the set-up link; its owner adds a member. */
  async foundOrganizations(): Promise<void> {
    const walk = this.#walk
    walk.step('The first owner comes by the set-up link that the start printed; it works once')
    const token = new URL(this.#server.setupUrl!).hash.replace('#token=', '')
    const body = { token, organization: { name: 'Acme', slug: ACME }, owner: this.owner }
    await walk.exchange(
      { method: 'POST', url: this.#api('/setup'), body },
      201,
      () => `${this.owner.name} owns the organization ${ACME}`,
    )
    await walk.exchange({ method: 'POST', url: this.#api('/setup'), body }, 401)

    walk.step(`${this.owner.name} signs in and adds ${this.#member.name} as ${this.#scenario.member.from}`)
    this.#ownerToken = await this.#signIn(this.owner)
    const { name, email } = this.#member
    const shown = ({ body }: Answer) =>
      `${body.email} · ${body.roles.join(', ')} · with a temporary password, shown this once`
    const added = await this.#asOwner(
      'POST',
      '/members',
      201,
      { name, email, roles: [this.#scenario.member.from] },
      shown,
    )
    this.#memberId = added.body.id

    walk.step(`${name} comes with the temporary password and must choose another first`)
    this.#memberToken = await this.#firstSignIn(this.#member, added.body.temporaryPassword)
    if (this.#server.policy.provisioning.verifyEmail) await this.#verifyAddress(this.#member)
  }

  /** Nothing else is open before; without a mail server the mail lies in the outbox. */
  async #verifyAddress({ name, email }: Person): Promise<void> {
    this.#walk.step(`${name} proves the address by the link that is mailed; nothing else is open before`)
    const own = { token: this.#memberToken, as: name }
    await this.#walk.exchange({ method: 'GET', url: this.#api(`/organizations/${ACME}`), ...own }, 403)
    await this.#walk.exchange({ method: 'POST', url: this.#api('/me/email/verification'), ...own }, 202)
    const token = await mailedToken(this.#server, email, 'verify-email')
    this.#walk.note(`The mail is at ${this.#server.publicUrl}/outbox, for there is no mail server here.`)
    await this.#walk.exchange(
      { method: 'POST', url: this.#api('/auth/email/verify'), body: { token }, ...own },
      204,
    )
  }

  /** Somebody whom the owner adds, and who takes the account up by the link that is mailed. */
  async newcomer(name: string, role: string): Promise<Person> {
    const newcomer = person(name, ACME)
    const { email, password } = newcomer
    this.#walk.step(`${this.owner.name} adds ${name} as ${role}, who takes the account up by the mailed link`)
    const shown = ({ body }: Answer) => `${body.email} · ${body.roles.join(', ')}`
    const added = await this.#asOwner('POST', '/members', 201, { name, email, roles: [role] }, shown)
    this.#newcomers.set(email, added.body.id)
    const token = await mailedToken(this.#server, email, 'activate')
    const body = { token, password }
    await this.#walk.exchange({ method: 'POST', url: this.#api('/auth/activate'), body }, 204)
    return newcomer
  }

  async deactivate({ email }: Person): Promise<void> {
    const shown = ({ body }: Answer) => `${body.email} · ${body.status}`
    await this.#asOwner('POST', `/members/${this.#newcomers.get(email)}/deactivate`, 200, undefined, shown)
  }

  /** A credential for the example application. */
  async registerApplication(): Promise<string> {
    this.#walk.step(`${this.owner.name} registers the example application, which may then ask for decisions`)
    const shown = ({ body }: Answer) =>
      `${body.name} · credential ${body.credential.slice(0, 14)}… shown this once`
    const answer = await this.#asOwner('POST', '/applications', 201, { name: 'sales application' }, shown)
    return answer.body.credential
  }

  async walk(exampleUrl: string | undefined): Promise<void> {
    await this.#allowedAndDenied(exampleUrl)
    await this.#roleChange(exampleUrl)
    await this.#lock()
    await this.#deactivated()
    await this.#otherOrganization()
    await this.#log()
  }

  async #allowedAndDenied(exampleUrl: string | undefined): Promise<void> {
    const { allowed, denied, member } = this.#scenario
    this.#walk.step(`Allowed: ${member.from} holds ${allowed}`)
    await this.#tryOut(exampleUrl, 'allowed', true)
    this.#walk.step(`Denied, with the reason: ${member.from} does not hold ${denied}`)
    await this.#tryOut(exampleUrl, 'denied', false)
  }

  async #roleChange(exampleUrl: string | undefined): Promise<void> {
    const { member, denied } = this.#scenario
    this.#walk.step(`A role change holds from the next request on, with the token ${member.name} already has`)
    const shown = ({ body }: Answer) => `${body.email} · ${body.roles.join(', ')}`
    await this.#asOwner('PATCH', `/members/${this.#memberId}`, 200, { roles: [member.to] }, shown)
    await this.#tryOut(exampleUrl, 'denied', true)
    this.#walk.note(`${denied} is granted now: standing is read live, tokens only name a session.`)
  }

  async #lock(): Promise<void> {
    const guess = { email: this.#member.email.toUpperCase(), password: 'not the password' }
    const { after } = this.#server.policy.authentication.lockout
    const login = { method: 'POST', url: this.#api('/auth/login') }
    this.#walk.step(
      `${COUNTS[after] ?? after} wrong passwords lock the account, whatever the spelling of its address`,
    )
    for (let i = 1; i <= after; i++)
      await this.#walk.exchange({ ...login, body: guess }, 401, () => `guess ${i}`)
    const right = { email: this.#member.email, password: this.#member.password }
    await this.#walk.exchange({ method: 'POST', url: this.#api('/auth/login'), body: right }, 401)
    this.#walk.note(
      'That was the right password. The answer is the same as for a wrong one: nobody learns which accounts exist or are locked.',
    )
  }

  async #deactivated(): Promise<void> {
    this.#walk.step(
      `${this.#member.name} is deactivated: the token has minutes to live and is refused at once`,
    )
    const shown = ({ body }: Answer) =>
      `${body.user?.email ?? body.email} · ${body.status ?? body.roles.join(', ')}`
    await this.#walk.exchange(
      { method: 'GET', url: this.#api('/me'), token: this.#memberToken, as: this.#member.name },
      200,
      shown,
    )
    await this.#asOwner('POST', `/members/${this.#memberId}/deactivate`, 200, undefined, shown)
    await this.#walk.exchange(
      { method: 'GET', url: this.#api('/me'), token: this.#memberToken, as: this.#member.name },
      401,
    )
  }

  async #otherOrganization(): Promise<void> {
    this.#walk.step("Another organization's ids do not exist")
    const { slug, memberId } = await this.#secondOrganization()
    const about = (path: string) =>
      this.#walk.exchange(
        { method: 'GET', url: this.#api(path), token: this.#ownerToken, as: this.owner.name },
        404,
      )
    await about(`/organizations/${slug}/members`)
    await about(`/organizations/${ACME}/members/${memberId}`)
    this.#walk.note(
      'Both exist. The application answers 404, and the database would not have shown the rows either.',
    )
  }

  async #log(): Promise<void> {
    this.#walk.step('The audit log is exported and verified without the server')
    const url = this.#api(`/organizations/${ACME}/audit/export`)
    const show = ({ text }: Answer) => `${text.split('\n').length - 1} lines of evidence`
    const { text } = await this.#walk.exchange(
      { method: 'GET', url, token: this.#ownerToken, as: this.owner.name },
      200,
      show,
    )
    const intact = await verify(text)
    this.#walk.holds(`all ${intact.entries} entries are under one signed checkpoint`, intact.ok)

    this.#walk.step('One byte is altered, and found')
    const { forged, index } = forge(text)
    const found = await verify(forged)
    this.#walk.holds('the export no longer verifies', !found.ok)
    this.#walk.holds(
      `entry ${index} is named: ${found.problem?.message ?? ''}`,
      found.problem?.entries?.first === index,
    )
  }

  /** By the example's own routes where there is one, else by the decision API, as an application would ask. */
  async #tryOut(
    exampleUrl: string | undefined,
    which: 'allowed' | 'denied',
    isAllowed: boolean,
  ): Promise<void> {
    const token = this.#memberToken
    const as = this.#member.name
    const example = this.#scenario.example
    if (exampleUrl && example) {
      const [method, path, body] = example[which]
      const expected = isAllowed ? (method === 'POST' ? 201 : 200) : 403
      await this.#walk.exchange(
        { method, url: exampleUrl + path, token, as, ...(body ? { body } : {}) },
        expected,
      )
      return
    }
    const [action, type] = this.#scenario[which].split(':')
    const me = await send({ method: 'GET', url: this.#api('/me'), token })
    const body = {
      subject: { type: 'user', id: me.body.user.id },
      action: { name: action },
      resource: { type, id: '*' },
    }
    const answer = await this.#walk.exchange(
      { method: 'POST', url: `${this.#server.address}/access/v1/evaluation`, token, as, body },
      200,
    )
    this.#walk.holds(
      `${action}:${type} is ${isAllowed ? 'allowed' : 'denied'} (${answer.body.context.reason})`,
      answer.body.decision === isAllowed,
    )
  }

  /** Made by the operator's command beside the server; its owner signs in once, to learn their own id. */
  async #secondOrganization(): Promise<{ slug: string; memberId: string }> {
    const owner = person('Gil', 'globex')
    const operator = await openOperator(this.#config, { name: 'demo' })
    const { temporaryPassword } = await operator
      .createOrganization({ slug: 'globex', name: 'Globex', owner: owner.email })
      .finally(() => operator.close())
    const signIn = { email: owner.email, password: temporaryPassword }
    const { challenge } = (await send({ method: 'POST', url: this.#api('/auth/login'), body: signIn })).body
    const changed = await send({
      method: 'POST',
      url: this.#api('/auth/password/change'),
      body: { challenge, newPassword: owner.password },
    })
    const me = await send({ method: 'GET', url: this.#api('/me'), token: changed.body.accessToken })
    return { slug: 'globex', memberId: me.body.member.id }
  }

  async #signIn({ name, email, password }: Person): Promise<string> {
    const exchange = { method: 'POST', url: this.#api('/auth/login'), body: { email, password }, as: name }
    return this.#tokenOf(await this.#walk.exchange(exchange, 200, signInShown))
  }

  async #firstSignIn({ name, email, password }: Person, temporaryPassword: string): Promise<string> {
    const signIn = { email, password: temporaryPassword }
    const first = await this.#walk.exchange(
      { method: 'POST', url: this.#api('/auth/login'), body: signIn, as: name },
      200,
      signInShown,
    )
    const body = { challenge: first.body.challenge, newPassword: password }
    return this.#tokenOf(
      await this.#walk.exchange(
        { method: 'POST', url: this.#api('/auth/password/change'), body, as: name },
        200,
        signInShown,
      ),
    )
  }

  #tokenOf({ body }: Answer): string {
    if (body.status !== 'signed_in')
      throw new WalkFailed(`the answer should be signed_in, not ${body.status}`)
    return body.accessToken
  }

  #asOwner(
    method: string,
    path: string,
    expected: number,
    body?: unknown,
    show?: (answer: Answer) => string,
  ): Promise<Answer> {
    const url = this.#api(`/organizations/${ACME}${path}`)
    const exchange = {
      method,
      url,
      token: this.#ownerToken,
      as: this.owner.name,
      ...(body === undefined ? {} : { body }),
    }
    return this.#walk.exchange(exchange, expected, show)
  }

  #api(path: string): string {
    return `${this.#server.address}/api/v1${path}`
  }
}

function signInShown({ body }: Answer): string {
  return body.status === 'signed_in' ? `signed_in · access token for ${body.expiresIn} s` : body.status
}

function person(name: string, organization: string): Person {
  return { name, email: `${name.toLowerCase()}@${organization}.example`, password: PASSWORD }
}

async function verify(text: string) {
  return verifyExport(splitLines(bytes(text)))
}

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text)
}

/** Changes one character of the third event: who did it. */
function forge(text: string): { forged: string; index: number } {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => /^\{.*"index":2\b/.test(line))
  const line = lines[at]!
  const position = line.indexOf('user:') >= 0 ? line.indexOf('user:') + 6 : line.indexOf('\\"at\\"') + 10
  const replaced = line[position] === '0' ? '1' : '0'
  lines[at] = line.slice(0, position) + replaced + line.slice(position + 1)
  return { forged: lines.join('\n'), index: 2 }
}
