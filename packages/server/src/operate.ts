/**
 * What the operator's commands do, as one object: the database beside a running server or without one, opened as its
 * owner, and every act recorded as that of `operator:<name>`. The command line is its only user.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import type { Policy } from '@writ/policy'
import { sql } from 'kysely'
import { createPlatformApplication } from '#access/applications'
import { applyPolicy, currentPolicy } from '#access/policy'
import { exportLogAsOperator, type OperatorExport } from '#evidence/audit'
import { type RotatedKeys, rotateKeys } from '#people/sessions'
import { type Config, ConfigError } from '#platform/config'
import { failures, invalidField } from '#platform/errors'
import { toWire, type Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { masterKey } from '#platform/secrets'
import { openOperatorDatabase } from './operator.ts'
import { resolveDatabaseBeside } from './platform/postgres/resolve.ts'

export { readConfig } from '#platform/config'

/** The policy in force, as stored. */
export interface PolicyInForce {
  readonly number: number
  /** The text of the file. */
  readonly source: string
  readonly policy: Policy
}

export interface Operator {
  policyInForce(): Promise<PolicyInForce | undefined>
  /** @throws PolicyRefused */
  applyPolicy(policy: {
    source: string
    file: string
    reason: string
  }): Promise<{ number: number; changed: boolean }>
  /** The credential is in the answer this once; only its hash is stored. */
  createApplication(name: string): Promise<{ id: string; credential: string }>
  rotateKeys(options: { retireOthers: boolean }): Promise<RotatedKeys>
  /** The log of an organization by its slug; `platform` is the platform's own. @throws `audit.no_checkpoint`, `invalid_input` */
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
  const close = async () => {
    await database.db.close()
    await resolved.stop()
  }
  try {
    await requireSchema(database)
  } catch (error) {
    await close()
    throw error
  }
  return { ...actsOf(database, by), close }
}

function actsOf(operator: OperatorDatabase, by: string): Omit<Operator, 'close'> {
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
    async rotateKeys({ retireOthers }) {
      const { organizationId: platform, compiled } = await requirePolicy(operator)
      const { algorithm } = compiled.policy.authentication.tokens
      return rotateKeys(operator, { platform, algorithm, retireOthers, by })
    },
    async exportLog(organization) {
      const organizationId = await organizationBySlug(operator, organization)
      return exportLogAsOperator(operator, { organizationId, by })
    },
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

async function requirePolicy(operator: OperatorDatabase) {
  const applied = await currentPolicy(operator)
  if (!applied) throw failures.unavailable({ reason: 'no_policy_applied' })
  return applied
}

/** The platform sees which organizations exist, so it is asked in its scope. @throws `invalid_input` */
async function organizationBySlug(operator: OperatorDatabase, slug: string): Promise<Uuid> {
  const { organizationId: platform } = await requirePolicy(operator)
  if (slug === 'platform') return platform
  const id = await operator.db.transaction(`org:${platform}`, async (tx) => {
    const { rows } = await sql<{ id: Uuid }>`select id from find_organization(${slug})`.execute(tx)
    return rows[0]?.id
  })
  if (id === undefined) throw invalidField('organization', `there is no organization "${slug}"`)
  return id
}
