/**
 * What the operator's commands do, as one object: the database beside a running server or without one, opened as its
 * owner, and every act recorded as that of `operator:<name>`. The command line is its only user.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import type { Policy } from '@writ/policy'
import { sql } from 'kysely'
import { z } from 'zod'
import {
  type Application,
  createPlatformApplication,
  listPlatformApplications,
  platformOrganization,
  revokePlatformApplication,
} from '#access/applications'
import { applyPolicy, currentPolicy } from '#access/policy'
import { exportLogAsOperator, type OperatorExport } from '#evidence/audit'
import { recoverAccount } from '#people/factors'
import { type ForwardHost, listHosts, registerHost, removeHost } from '#people/forward-auth'
import { emailField, nameField } from '#people/identity'
import {
  createMemberAsOperator,
  createOrganization,
  grantPlatformRole,
  operatorContext,
  organizationNameField,
  revokePlatformRole,
  slugField,
} from '#people/organizations'
import { type RotatedKeys, rotateKeys } from '#people/sessions'
import { type ClientActs, clientActs, rotateSignOnKeys } from '#people/sign-on'
import { type Config, ConfigError } from '#platform/config'
import type { Services } from '#platform/context'
import { failures, invalidField } from '#platform/errors'
import { fromWire, toWire, type Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { createPasswords } from '#platform/passwords'
import { masterKey } from '#platform/secrets'
import { createLog } from '#platform/telemetry'
import { resolveDatabaseBeside } from './platform/postgres/resolve.ts'
import { joinServices, openOperatorDatabase } from './services.ts'

export { readConfig } from '#platform/config'

/** The policy in force, as stored. */
export interface PolicyInForce {
  readonly number: number
  /** The text of the file. */
  readonly source: string
  readonly policy: Policy
}

/** What was made of an account; the password is in the answer this once, and undefined where the account existed. */
export interface MadeAccount {
  readonly temporaryPassword: string | undefined
}

export interface Operator extends ClientActs {
  policyInForce(): Promise<PolicyInForce | undefined>
  /** @throws PolicyRefused */
  applyPolicy(policy: {
    source: string
    file: string
    reason: string
  }): Promise<{ number: number; changed: boolean }>
  /** @throws `organizations.slug_taken`, `members.account_exists`, `invalid_input` */
  createOrganization(input: {
    slug: string
    name: string
    owner: string
  }): Promise<MadeAccount & { id: string }>
  /** @throws `organizations.not_found`, `roles.unknown`, `members.already_member`, `members.account_exists`, `invalid_input` */
  createUser(input: {
    organization: string
    email: string
    role: string
    name?: string
  }): Promise<MadeAccount & { id: string }>
  /** @throws `roles.unknown`, `members.account_exists`, `invalid_input` */
  grantPlatformRole(input: {
    email: string
    role: string
  }): Promise<MadeAccount & { roles: readonly string[] }>
  /** @throws `members.not_found` */
  revokePlatformRole(input: { email: string; role: string }): Promise<{ roles: readonly string[] }>
  /** A temporary password for who has nobody to ask, in the answer this once; all the account holds ends. @throws `identity.not_found` */
  recoverAccount(input: { email: string; secondFactor: boolean }): Promise<{ temporaryPassword: string }>
  /** The credential is in the answer this once; only its hash is stored. */
  createApplication(name: string): Promise<{ id: string; credential: string }>
  /** Of the platform, revoked ones too. */
  applications(): Promise<readonly (Omit<Application, 'id'> & { id: string })[]>
  /** Dead with its next request, on every server. @throws `applications.not_found`, `applications.already_revoked` */
  revokeApplication(id: string): Promise<{ name: string }>
  /** A host whose reverse proxy may ask who a request is from. @throws `invalid_input`, `forward_auth.already_registered` */
  createForwardHost(origin: string): Promise<ForwardHost>
  /** @throws `forward_auth.not_found` */
  removeForwardHost(origin: string): Promise<void>
  forwardHosts(): Promise<readonly ForwardHost[]>
  /** Of the API's access tokens, and of what applications of the one sign-on verify. */
  rotateKeys(options: { retireOthers: boolean }): Promise<RotatedKeys & { signOnKeyId: Uuid }>
  /** The log of an organization by its slug; `platform` is the platform's own. @throws `audit.no_checkpoint`, `organizations.not_found` */
  exportLog(organization: string): Promise<OperatorExport>
  /** Closes what was opened; a server that runs beside is left alone. */
  close(): Promise<void>
}

/**
 * Opens the database that a server uses, as its owner.
 *
 * @param options.name who does it, such as the account on this machine
 * @throws ConfigError when no server was ever set up there, or the owner's connection is not configured
 * @throws DatabaseError
 */
export async function openOperator(
  config: Config,
  options: { name: string; now?(): Date },
): Promise<Operator> {
  const { name: by, now = () => new Date() } = options
  if (config.databaseUrl === undefined && !existsSync(config.dataDirectory)) {
    throw new ConfigError([
      `WRIT_DATA names ${config.dataDirectory}, where no server was set up; run this in the directory of the server, or name its data directory`,
    ])
  }
  const resolved = await resolveDatabaseBeside({ ...config, connections: 4 })
  if (resolved.ownerUrl === undefined) {
    await resolved.stop()
    throw new ConfigError([
      'DATABASE_OWNER_URL should name the same database as its owner: the operator acts as the owner',
    ])
  }
  const database = openOperatorDatabase({ ownerUrl: resolved.ownerUrl, masterKey: masterKey(config), now })
  const passwords = createPasswords({ threads: 1 })
  const publicUrl = config.url ?? `http://localhost:${config.port}`
  const joined = joinServices({ config, publicUrl, passwords, log: createLog('silent'), ...database })
  const close = async () => {
    await joined.authenticator.close()
    await joined.audit.stop()
    await passwords.stop()
    await database.db.close()
    await resolved.stop()
  }
  try {
    await requireSchema(database)
  } catch (error) {
    await close()
    throw error
  }
  return { ...actsOnAccounts(joined.services, by), ...actsOnPlatform(database, joined.services, by), close }
}

/** The rules of the routes that do the same. */
const founding = z.strictObject({ slug: slugField, name: organizationNameField, owner: emailField })
const person = z.strictObject({ email: emailField, name: nameField.default('') })

function checked<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw failures.invalid_input({
    errors: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  })
}

type AccountActs = Pick<
  Operator,
  'createOrganization' | 'createUser' | 'grantPlatformRole' | 'revokePlatformRole' | 'recoverAccount'
>

function actsOnAccounts(services: Services, by: string): AccountActs {
  return {
    async createOrganization(input) {
      const { slug, name, owner } = checked(founding, input)
      const ctx = await operatorContext(services, { by })
      const { organization, temporaryPassword } = await createOrganization(
        ctx,
        { slug, name },
        { email: owner, name: '' },
      )
      return { id: toWire('org', organization.id), temporaryPassword }
    },
    async createUser({ organization, role, ...input }) {
      const { email, name } = checked(person, input)
      const ctx = await operatorContext(services, { by, organization })
      const { member, temporaryPassword } = await createMemberAsOperator(ctx, { email, name, roles: [role] })
      return { id: toWire('mem', member.id), temporaryPassword }
    },
    async grantPlatformRole({ role, ...input }) {
      const { email } = checked(person, input)
      return grantPlatformRole(services, { email, role, by })
    },
    recoverAccount: (input) => recoverAccount(services, { ...input, by }),
    revokePlatformRole: (grant) => revokePlatformRole(services, { ...grant, by }),
  }
}

function actsOnPlatform(
  operator: OperatorDatabase,
  services: Services,
  by: string,
): Omit<Operator, keyof AccountActs | 'close'> {
  const organizationOf = async (slug: string) =>
    (await operatorContext(services, slug === 'platform' ? { by } : { by, organization: slug }))
      .organizationId
  return {
    async policyInForce() {
      const applied = await currentPolicy(operator)
      return applied && { number: applied.number, source: applied.source, policy: applied.compiled.policy }
    },
    applyPolicy: ({ source, file, reason }) =>
      applyPolicy(operator, { source, file, reason, author: `operator:${by}` }),
    async createApplication(name) {
      const { application, credential } = await createPlatformApplication(operator, { name, by })
      return { id: toWire('app', application.id), credential }
    },
    async applications() {
      const all = await listPlatformApplications(operator, await platformOrganization(operator))
      return all.map((application) => ({ ...application, id: toWire('app', application.id) }))
    },
    async revokeApplication(id) {
      const uuid = fromWire('app', id)
      if (uuid === undefined) throw invalidField('id', 'should be the id of an application, such as app_01k…')
      return revokePlatformApplication(operator, { id: uuid, by })
    },
    createForwardHost: (origin) => registerHost(operator, { origin, publicUrl: services.publicUrl, by }),
    removeForwardHost: (origin) => removeHost(operator, { origin, by }),
    forwardHosts: () => listHosts(operator),
    async rotateKeys({ retireOthers }) {
      const applied = await currentPolicy(operator)
      if (!applied) throw failures.unavailable({ reason: 'no_policy_applied' })
      const { algorithm } = applied.compiled.policy.authentication.tokens
      const platform = applied.organizationId
      const { keyId: signOnKeyId } = await rotateSignOnKeys(operator, { platform, retireOthers, by })
      const rotated = await rotateKeys(operator, { platform, algorithm, retireOthers, by })
      return { ...rotated, signOnKeyId }
    },
    async exportLog(organization) {
      return exportLogAsOperator(operator, { organizationId: await organizationOf(organization), by })
    },
    ...clientActs(operator, by, organizationOf),
  }
}

/** A database without tables was never started on; say that, and not which table is missing. */
async function requireSchema(operator: OperatorDatabase): Promise<void> {
  const { rows } = await sql<{
    found: boolean
  }>`select to_regclass('policy_versions') is not null as found`.execute(operator.db.kysely)
  if (!rows[0]?.found)
    throw new ConfigError([
      'The database is empty: start the server on it once (writ serve), then run this again',
    ])
}
