/**
 * Organizations with members and sessions, written by SQL: a hundred thousand members by the API would take a day of
 * password hashing. Secrets follow from numbers, so that nothing has to be read back to use them.
 *
 * @module
 */
import type pg from 'pg'
import { toWire } from '../../packages/server/src/platform/ids.ts'

export interface Seeded {
  readonly organizations: number
  readonly members: number
  /** `usr_…` of the n-th member, from 1; the n-th member belongs to organization ((n - 1) mod organizations) + 1. */
  readonly users: readonly string[]
}

export interface SeedInput {
  readonly organizations: number
  readonly members: number
  /** Members with a session: the first so many. */
  readonly sessions: number
  /** Roles, dealt out in turn. */
  readonly roles?: readonly string[]
  /** The password hash of all. */
  readonly passwordHash?: string
}

/** Credential of organization n's application. */
export const applicationOf = (organization: number) => `writ_app_bench-${organization}`
/** Credential of the platform's application, which asks about every organization. */
export const platformApplication = 'writ_app_bench-platform'
export const slugOf = (organization: number) => `org-${organization}`
export const emailOf = (member: number) => `member-${member}@example.com`
export const cookieOf = (member: number) => `bench-cookie-${member}`
export const refreshTokenOf = (member: number) => `writ_rt_bench-${member}`

/** Seeds a migrated database in which a policy is applied. Run as the superuser. */
export async function seed(superuser: pg.Pool, input: SeedInput): Promise<Seeded> {
  const { organizations, members, sessions, roles = ['user', 'manager'], passwordHash = null } = input
  const client = await superuser.connect()
  try {
    await client.query('begin')
    await client.query(
      'create temporary table seed_orgs on commit drop as select n, uuidv7() as id from generate_series(1, $1::int) n',
      [organizations],
    )
    await client.query(
      `create temporary table seed_users on commit drop as
       select n, uuidv7() as id, uuidv7() as member, uuidv7() as session, ((n - 1) % $2::int) + 1 as organization from generate_series(1, $1::int) n`,
      [members, organizations],
    )
    await client.query(
      `insert into organizations (id, slug, name, created_at, updated_at) select id, 'org-' || n, 'Organization ' || n, now(), now() from seed_orgs`,
    )
    await client.query(
      `insert into users (id, email, email_key, name, password_hash, password_changed_at, email_verified_at, created_at, updated_at)
       select id, 'member-' || n || '@example.com', 'member-' || n || '@example.com', 'Member ' || n, $1, now(), now(), now(), now() from seed_users`,
      [passwordHash],
    )
    await client.query(
      `insert into members (organization_id, id, user_id, created_at) select o.id, u.member, u.id, now() from seed_users u join seed_orgs o on o.n = u.organization`,
    )
    await client.query(
      `insert into user_roles (organization_id, id, member_id, user_id, role, policy_version_id, assigned_by, assigned_at)
       select o.id, uuidv7(), u.member, u.id, ($1::text[])[1 + u.n % cardinality($1::text[])], (select id from policy_versions order by number desc limit 1), 'operator:bench', now()
       from seed_users u join seed_orgs o on o.n = u.organization`,
      [roles],
    )
    await client.query(
      `insert into sessions (organization_id, id, user_id, member_id, secret_hash, token_version, created_at, authenticated_at, last_used_at, expires_at)
       select o.id, u.session, u.id, u.member, sha256(('bench-cookie-' || u.n)::bytea), 1, now(), now(), now(), now() + interval '1 day'
       from seed_users u join seed_orgs o on o.n = u.organization where u.n <= $1`,
      [sessions],
    )
    await client.query(
      `insert into refresh_tokens (organization_id, id, session_id, token_hash, issued_at, expires_at)
       select o.id, uuidv7(), u.session, sha256(('writ_rt_bench-' || u.n)::bytea), now(), now() + interval '1 day'
       from seed_users u join seed_orgs o on o.n = u.organization where u.n <= $1`,
      [sessions],
    )
    await client.query(
      `insert into applications (organization_id, id, name, secret_hash, created_by, created_at)
       select id, uuidv7(), 'Bench', sha256(('writ_app_bench-' || n)::bytea), 'operator:bench', now() from seed_orgs
       union all select id, uuidv7(), 'Bench', sha256('writ_app_bench-platform'::bytea), 'operator:bench', now() from organizations where kind = 'platform'`,
    )
    const { rows } = await client.query<{ id: string }>('select id from seed_users order by n')
    await client.query('commit')
    await client.query('vacuum analyze')
    return { organizations, members, users: rows.map(({ id }) => toWire('usr', id)) }
  } finally {
    client.release()
  }
}
