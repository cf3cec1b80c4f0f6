import pg from 'pg'
import type { Credentials } from './cluster.ts'
import { DatabaseError } from './errors.ts'

/**
 * The roles of a Writ database.
 *
 * - `owner` owns the tables and runs the migrations.
 * - `app` is what the server is: row-level security holds for it, whatever SQL it sends.
 * - `system` cannot log in: it owns the SECURITY DEFINER functions that look across organizations. Neither
 *   superuser nor BYPASSRLS, so what it may see is written down in policies.
 */
export const roles = { owner: 'writ_owner', app: 'writ_app', system: 'writ_system' } as const

export const databaseName = 'writ'

const powerless = 'nosuperuser nobypassrls nocreatedb nocreaterole noreplication'

/** Creates the roles that are missing; leaves existing ones and their passwords alone. */
export async function ensureRoles(superuser: pg.Client, credentials: Credentials): Promise<void> {
  const { rows } = await superuser.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1)',
    [Object.values(roles)],
  )
  const present = new Set(rows.map(({ rolname }) => rolname))
  const attributes = {
    [roles.owner]: `login password ${pg.escapeLiteral(credentials.owner)}`,
    [roles.app]: `login password ${pg.escapeLiteral(credentials.app)}`,
    [roles.system]: 'nologin',
  }
  const missing = Object.entries(attributes).filter(([name]) => !present.has(name))
  if (missing.length === 0) return
  const statements = missing.map(([name, how]) => `create role ${name} ${powerless} ${how}`)
  // SET lets the owner hand functions to the role; without INHERIT it does not see with its eyes.
  const membership = `grant ${roles.system} to ${roles.owner} with set true, inherit false`
  await superuser.query(['begin', ...statements, membership, 'commit'].join('; '))
}

/** Creates the database if it is missing: owned by `owner`, closed to every role but ours. */
export async function ensureDatabase(superuser: pg.Client, name: string): Promise<void> {
  const { rowCount } = await superuser.query('select from pg_database where datname = $1', [name])
  if (!rowCount) await superuser.query(`create database ${pg.escapeIdentifier(name)} owner ${roles.owner}`)
  await closeDatabase(superuser, name)
}

/** Lets only our roles connect; of them, none but the owner creates anything. */
export async function closeDatabase(superuser: pg.Client, name: string): Promise<void> {
  const database = pg.escapeIdentifier(name)
  await superuser.query(
    `revoke all on database ${database} from public; grant connect on database ${database} to ${roles.app}`,
  )
}

interface Powers {
  readonly name: string
  readonly version: number
  readonly powerful: string[]
  readonly owned: string | null
  readonly creates: boolean
}

/**
 * Refuses a role for which row-level security does not hold, by itself or by a role it may become:
 * superusers, BYPASSRLS, REPLICATION (it reads the log of all changes), CREATEROLE, owners of tables (they may
 * switch it off), and who can create objects in schema public (they may be put in the way of ours).
 *
 * @throws `database.role_too_powerful`
 * @throws `database.configuration` when the server is older than PostgreSQL 15.
 */
export async function refusePowerfulRole(client: pg.Client): Promise<void> {
  const { rows } = await client.query<Powers>(`
    select current_user as name, current_setting('server_version_num')::int as version,
      array(select rolname::text from pg_roles where pg_has_role(current_user, oid, 'MEMBER')
        and (rolsuper or rolbypassrls or rolreplication or rolcreaterole)) as powerful,
      (select format('%I.%I', nspname, relname) from pg_class join pg_namespace n on n.oid = relnamespace
        where relkind in ('r', 'p') and nspname !~ '^pg_' and nspname <> 'information_schema'
        and pg_has_role(current_user, relowner, 'MEMBER') limit 1) as owned,
      has_schema_privilege(current_user, 'public', 'CREATE') as creates`)
  const { name, version, powerful, owned, creates } = rows[0]!
  if (version < 150000)
    throw new DatabaseError(
      'database.configuration',
      `DATABASE_URL leads to PostgreSQL ${Math.floor(version / 10000)}; PostgreSQL 15 or newer is needed.`,
    )
  const reason =
    powerful.length > 0
      ? `it is, or may become, ${powerful.join(', ')}, which is a superuser or has BYPASSRLS, REPLICATION or CREATEROLE`
      : owned !== null
        ? `it owns, or may become the owner of, table ${owned}`
        : creates
          ? 'it may create objects in schema public'
          : undefined
  if (reason === undefined) return
  throw new DatabaseError(
    'database.role_too_powerful',
    `The server does not run as database role ${name}: ${reason}, so row-level security does not hold it. ` +
      `Let DATABASE_URL name ${roles.app}, made as docs/reference/external-postgresql.md shows.`,
  )
}
