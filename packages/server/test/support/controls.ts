/**
 * Controls under test: one policy with one setting replaced, the real app, and what is then seen over HTTP.
 *
 * @module
 */
import type { PolicySource } from '@writ/policy'
import { applyPolicy } from '#access/policy'
import { openOperatorDatabase } from '../../src/services.ts'
import { startApp, type TestApp, type TestMember, type Tokens } from './app.ts'

/** A setting of a control, and what comes of its values: the same observation, another outcome. */
export interface Flip {
  readonly control: string
  /** As the catalogue names it. */
  readonly setting: string
  /** Present tense; begins with the clauses it proves. */
  readonly rule: string
  /** Where the value stands in the file, if not where the setting's name says. */
  readonly at?: string
  /** Values as the file writes them, each with what is seen under it. */
  readonly values: readonly (readonly [value: unknown, seen: unknown])[]
  /** What else the policy says, by path. */
  readonly given?: Readonly<Record<string, unknown>>
  /** Each value on a database of its own, where one cannot follow the other. */
  readonly apart?: true
  observe(scene: Scene): Promise<unknown>
}

/** A control, or a setting of one, that has nothing to flip: the test elsewhere that proves it. */
export interface Proof {
  readonly control: string
  /** Absent: the control has no settings. */
  readonly setting?: string
  /** Below packages/server. */
  readonly file: string
  /** Of a test in that file, as it is written there, or how it begins. */
  readonly title: string
}

export interface Person extends TestMember {
  readonly tokens: Tokens
}

/** A new organization in the app, with an owner and an administrator. */
export interface Scene {
  readonly app: TestApp
  readonly slug: string
  /** Path of the organization. */
  readonly path: string
  /** A new member, signed in. */
  person(role: string, options?: { password?: string; organization?: string }): Promise<Person>
  /** A new member, not signed in. */
  member(role: string, options?: { password?: string; organization?: string }): Promise<TestMember>
  /** A member of the platform, signed in there. */
  platform(role: string): Promise<Person>
  /** An address that nobody has. */
  address(): string
  /** The reason of the decision whether somebody may do something, asked by themselves. */
  reason(who: Person, action: string, resource: string, properties?: object): Promise<string>
}

const base = {
  writ: 1,
  name: 'shop',
  title: 'Access Control Policy',
  version: '1.0',
  owner: 'Head of Security',
  languages: ['en'],
  organizations: {
    membership: 'many',
    rolesPerMember: 'many',
    ownerRole: 'owner',
    platformAccess: 'direct',
    maySet: ['authentication.session'],
  },
  resources: {
    orders: {
      actions: ['read', 'write', 'refund'],
      attributes: { ownerId: 'string' },
      states: { open: {}, closed: { deny: ['write'] } },
    },
  },
  roles: {
    root: { scope: 'platform', allow: ['*:*'], assign: ['*'], assignedBy: 'console' },
    owner: { inherits: ['admin'], allow: ['*:*'], assign: ['*'] },
    admin: {
      inherits: ['clerk'],
      allow: ['*:members', 'read:roles', 'assign:roles', 'read:settings'],
      assign: ['clerk', 'guest'],
    },
    clerk: { inherits: ['guest'], allow: ['write:orders', 'create:members'], assign: ['guest'] },
    guest: { allow: ['read:orders', 'read:organization', 'read:policy'], default: true },
  },
  authentication: {
    methods: ['password', 'accessToken'],
    password: { minLength: 8, bcrypt: 10 },
    session: { idle: '8h', absolute: '7d' },
    tokens: { algorithm: 'EdDSA', access: '15m', refresh: '7d' },
  },
  provisioning: { by: ['owner', 'admin', 'clerk'] },
  sensitive: { within: '10m', actions: ['delete:members'] },
  audit: { decisions: 'none' },
} satisfies PolicySource

/** The policy as text, with values replaced by their path in the file. */
function policyWith(changes: Readonly<Record<string, unknown>>): string {
  const policy: Record<string, unknown> = structuredClone(base)
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.')
    const last = keys.pop()!
    const parent = keys.reduce<Record<string, unknown>>((node, key) => {
      node[key] ??= {}
      return node[key] as Record<string, unknown>
    }, policy)
    parent[last] = value
  }
  // JSON is YAML.
  return JSON.stringify(policy, null, 2)
}

/** Durations carry their unit in the model, not in the file. */
function pathOf({ at, setting }: Flip): string {
  return at ?? setting.replace(/Seconds$/, '')
}

export interface Bench {
  /** What a flip's observation sees under a value. */
  see(flip: Flip, value: unknown): Promise<unknown>
  stop(): Promise<void>
}

/** One app, on which a new version of the policy is applied for each value; some start one of their own. */
export async function startBench(): Promise<Bench> {
  const app = await startApp({ policy: policyWith({}) })
  const { clock, database, masterKey } = app
  const operator = openOperatorDatabase({ ownerUrl: database.ownerUrl, masterKey, now: clock.now })
  return {
    async see(flip, value) {
      const source = policyWith({ ...flip.given, [pathOf(flip)]: value })
      if (flip.apart) {
        const own = await startApp({ policy: source })
        try {
          return await flip.observe(await setScene(own))
        } finally {
          await own.stop()
        }
      }
      await applyPolicy(operator, { source, author: 'operator:test', reason: flip.rule })
      return flip.observe(await setScene(app))
    },
    async stop() {
      await operator.db.close()
      await app.stop()
    },
  }
}

let count = 0

async function setScene(app: TestApp): Promise<Scene> {
  const slug = `org-${++count}`
  const address = () => `person-${++count}@example.com`
  const member: Scene['member'] = (role, { organization = slug, ...options } = {}) =>
    app.member(organization, { email: address(), roles: [role], ...options })
  const signedIn = async (person: TestMember): Promise<Person> => ({
    ...person,
    tokens: await app.signIn(person.email, { password: person.password, organization: person.organization }),
  })
  // An administrator too: under some policies the role that an organization cannot be without is theirs.
  await member('owner')
  await member('admin')
  return {
    app,
    slug,
    path: `/organizations/${slug}`,
    member,
    address,
    person: async (role, options) => signedIn(await member(role, options)),
    platform: async (role) => signedIn(await app.platformMember({ email: address(), role })),
    async reason(who, action, resource, properties = {}) {
      const [type, id] = resource.split('/')
      const { body } = await app.request('POST', '/access/v1/evaluation', {
        as: who.tokens,
        body: {
          subject: { type: 'user', id: who.wire.user },
          action: { name: action },
          resource: { type, id, properties },
        },
      })
      return body.context.reason
    },
  }
}
