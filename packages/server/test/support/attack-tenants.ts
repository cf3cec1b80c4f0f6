/**
 * Two organizations and the platform with a row in every table, put there beside row-level security: what an attacker
 * who can send any SQL as the server must not get at.
 *
 * A table without a row here fails the tests that are generated from the catalog, so a new table joins them by
 * being described once.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import type { Scope } from '#platform/database'
import { newId, type Uuid } from '#platform/ids'

export interface Tenant {
  readonly organization: Uuid
  readonly slug: string
  readonly user: Uuid
  readonly member: Uuid
  readonly session: Uuid
  readonly address: string
  readonly application: Uuid
  readonly event: Uuid
}

type Row = Record<string, unknown>
type Seed = (tenant: Tenant, policy: Uuid) => Row | 'by trigger'

const AT = '2026-03-02T09:00:00Z'
/** An application of the one sign-on. */
const CLIENT = newId(new Date(AT))
const FORWARD_HOST = newId(new Date(AT))
const bytes = (count = 32) => `\\x${randomBytes(count).toString('hex')}`

/** Tables of accounts, whatever organizations they belong to: the scope of the account opens them. */
const accountRows: Readonly<Record<string, Seed>> = {
  totp_factors: (t) => ({
    user_id: t.user,
    id: newId(new Date(AT)),
    secret: bytes(60),
    created_at: AT,
    confirmed_at: AT,
  }),
  recovery_codes: (t) => ({ user_id: t.user, id: newId(new Date(AT)), code_hash: bytes(), created_at: AT }),
  passkeys: (t) => ({
    user_id: t.user,
    id: newId(new Date(AT)),
    credential_id: bytes(),
    public_key: bytes(77),
    sign_count: 0,
    transports: [],
    name: t.slug,
    is_backed_up: false,
    created_at: AT,
  }),
  passkey_challenges: (t) => ({
    id: newId(new Date(AT)),
    user_id: t.user,
    purpose: 'register',
    challenge: bytes(),
    created_at: AT,
    expires_at: AT,
  }),
  factor_attempts: (t) => ({ user_id: t.user, factor: 'totp', failed: 1 }),
  consents: (t, policy) => ({
    user_id: t.user,
    id: newId(new Date(AT)),
    purpose: 'news',
    policy_version_id: policy,
    given_at: AT,
    given_by: 'cookie',
  }),
  account_links: (t) => ({
    user_id: t.user,
    id: newId(new Date(AT)),
    kind: 'password_reset',
    secret_hash: bytes(),
    email: t.address,
    token_version: 1,
    created_at: AT,
    expires_at: AT,
  }),
  devices: (t) => ({
    user_id: t.user,
    id: newId(new Date(AT)),
    secret_hash: bytes(),
    name: t.slug,
    created_at: AT,
    last_used_at: AT,
    failed: 0,
  }),
}

/** One row a tenant in each tenant table, in an order in which foreign keys hold. */
export const tenantRows: Readonly<Record<string, Seed>> = {
  organizations: (t) => ({
    id: t.organization,
    kind: t.slug === 'platform' ? 'platform' : 'organization',
    slug: t.slug,
    name: t.slug,
    settings: {},
    status: 'active',
    created_at: AT,
    updated_at: AT,
  }),
  users: (t) => ({
    id: t.user,
    email: t.address,
    email_key: t.address,
    name: t.slug,
    locale: 'en',
    status: 'active',
    password_hash: `hash of ${t.slug}`,
    must_change_password: false,
    token_version: 1,
    failed_sign_ins: 0,
    created_at: AT,
    updated_at: AT,
  }),
  members: (t) => ({
    organization_id: t.organization,
    id: t.member,
    user_id: t.user,
    status: 'active',
    revision: 1,
    created_at: AT,
  }),
  sessions: (t) => ({
    organization_id: t.organization,
    id: t.session,
    user_id: t.user,
    member_id: t.member,
    secret_hash: bytes(),
    token_version: 1,
    created_at: AT,
    authenticated_at: AT,
    last_used_at: AT,
    expires_at: AT,
  }),
  refresh_tokens: (t) => ({
    organization_id: t.organization,
    id: newId(new Date(AT)),
    session_id: t.session,
    token_hash: bytes(),
    issued_at: AT,
    expires_at: AT,
  }),
  sign_in_challenges: (t) => ({
    id: newId(new Date(AT)),
    user_id: t.user,
    secret_hash: bytes(),
    kind: 'password_change',
    token_version: 1,
    created_at: AT,
    expires_at: AT,
  }),
  ...accountRows,
  user_roles: (t, policy) => ({
    organization_id: t.organization,
    id: newId(new Date(AT)),
    member_id: t.member,
    user_id: t.user,
    role: 'admin',
    source: 'assigned',
    policy_version_id: policy,
    assigned_by: 'operator:test',
    assigned_at: AT,
  }),
  forward_codes: (t) => ({
    organization_id: t.organization,
    id: newId(new Date(AT)),
    session_id: t.session,
    host_id: FORWARD_HOST,
    code_hash: bytes(),
    browser_hash: bytes(),
    sign_in_hash: bytes(),
    return_to: `/${t.slug}`,
    expires_at: AT,
  }),
  forward_sessions: (t) => ({
    organization_id: t.organization,
    id: newId(new Date(AT)),
    session_id: t.session,
    host_id: FORWARD_HOST,
    secret_hash: bytes(),
    sign_in_hash: bytes(),
    created_at: AT,
  }),
  offboardings: (t) => ({
    organization_id: t.organization,
    id: newId(new Date(AT)),
    kind: 'leave',
    member_id: t.member,
    user_id: t.user,
    effective_on: '2026-03-31',
    effective_at: AT,
    due_at: AT,
    is_automatic: true,
    planned_by: 'operator:test',
    planned_at: AT,
  }),
  invites: (t) => ({
    organization_id: t.organization,
    id: newId(new Date(AT)),
    email: `invited@${t.slug}.test`,
    email_key: `invited@${t.slug}.test`,
    roles: ['admin'],
    locale: 'en',
    permission: 'create:invites',
    token_hash: bytes(),
    inviter_organization_id: t.organization,
    inviter_member_id: t.member,
    inviter_user_id: t.user,
    created_at: AT,
    sent_at: AT,
    sends: 1,
    expires_at: AT,
  }),
  registrations: (t) => ({
    organization_id: t.organization,
    id: newId(new Date(AT)),
    email: `registered@${t.slug}.test`,
    email_key: `registered@${t.slug}.test`,
    role: 'user',
    name: t.slug,
    locale: 'en',
    token_hash: bytes(),
    created_at: AT,
    expires_at: AT,
  }),
  applications: (t) => ({
    organization_id: t.organization,
    id: t.application,
    name: t.slug,
    secret_hash: bytes(),
    created_by: 'operator:test',
    created_at: AT,
  }),
  resources: (t) => ({
    organization_id: t.organization,
    type: 'lead',
    id: t.slug,
    attributes: {},
    updated_at: AT,
  }),
  audit_events: (t) => ({
    organization_id: t.organization,
    id: t.event,
    type: 'test.happened',
    occurred_at: AT,
    outcome: 'success',
    actor_kind: 'system',
    request_id: 'none',
    leaf: `{"secret of":"${t.slug}"}`,
  }),
  audit_pending: () => 'by trigger',
  audit_personal: (t) => ({
    organization_id: t.organization,
    event_id: t.event,
    about: `user:${t.user}`,
    facts: { ip: { salt: 'AAAA', value: t.slug } },
  }),
  audit_logs: (t) => ({ organization_id: t.organization, size: 1, frontier: bytes(), signed_size: 1 }),
  audit_leaves: (t) => ({ organization_id: t.organization, index: 0, event_id: t.event, hash: bytes() }),
  audit_nodes: (t) => ({ organization_id: t.organization, level: 1, index: 0, hash: bytes() }),
  audit_checkpoints: (t) => ({
    organization_id: t.organization,
    size: 1,
    root: bytes(),
    note: t.slug,
    created_at: AT,
  }),
  audit_keys: (t) => ({
    organization_id: t.organization,
    number: 1,
    origin: t.slug,
    verifier_key: t.slug,
    seed: bytes(),
    created_at: AT,
  }),
}

/**
 * Tables that only a scope of their own opens, which the server signs for one purpose and no request chooses; that of
 * an organization or an account sees nothing of them. `anyScopeAdds`: rows may be added under every scope there is.
 */
export const purposeRows: Readonly<
  Record<string, { readonly scope: Scope; readonly row: Seed; readonly anyScopeAdds?: true }>
> = {
  mails: {
    scope: 'mail',
    row: () => ({
      id: newId(new Date(AT)),
      kind: 'test',
      recipient: bytes(60),
      content: bytes(60),
      created_at: AT,
      attempts: 0,
      next_attempt_at: AT,
    }),
    anyScopeAdds: true,
  },
  mail_allowances: { scope: 'mail', row: () => ({ bucket: bytes(), count: 1, since: AT }) },
  sign_on_grants: {
    scope: 'sign-on',
    row: (t) => ({
      organization_id: t.organization,
      id_hash: bytes(),
      session_id: t.session,
      user_id: t.user,
      client_id: CLIENT,
      created_at: AT,
      session_expires_at: AT,
    }),
  },
  sign_on_artifacts: {
    scope: 'sign-on',
    row: (t) => ({
      model: 'Session',
      id_hash: bytes(),
      session_id: t.session,
      payload: bytes(60),
      is_in_flight: false,
      created_at: AT,
      expires_at: AT,
    }),
  },
  sign_on_consents: {
    scope: 'sign-on',
    row: (t) => ({
      user_id: t.user,
      organization_id: t.organization,
      client_id: CLIENT,
      scopes: ['email'],
      given_at: AT,
    }),
  },
  sign_on_logouts: {
    scope: 'sign-on',
    row: (t) => ({
      organization_id: t.organization,
      id: newId(new Date(AT)),
      session_id: t.session,
      user_id: t.user,
      client_id: CLIENT,
      sid: t.slug,
      created_at: AT,
      session_expires_at: AT,
      attempts: 0,
    }),
  },
}

/** Tables without row-level security, and why that is right. The server's role must not be able to write them. */
export const sharedTables: Readonly<Record<string, string>> = {
  policy_versions: 'the policy is the installation’s',
  roles: 'the policy is the installation’s',
  permissions: 'the policy is the installation’s',
  role_permissions: 'the policy is the installation’s',
  forward_hosts: 'hosts are the installation’s; the operator registers them',
  sign_on_clients: 'applications are the installation’s; the operator registers them',
  sign_on_keys: 'one set of keys signs what applications verify; sealed under the master key',
  signing_keys: 'one set of keys signs the tokens of all; sealed under the master key',
  context_keys: 'the server’s role cannot read it',
  setup_tokens: 'the server’s role cannot read it',
  writ_migrations: 'names and hashes of migrations; the server reads whether all are applied',
}

const ofAccounts: ReadonlySet<string> = new Set(['sign_in_challenges', ...Object.keys(accountRows)])

/** The condition under which a row of a tenant table is that tenant's. */
export function belongsTo(table: string, tenant: Tenant): string {
  if (table === 'organizations') return `id = '${tenant.organization}'`
  if (table === 'users') return `id = '${tenant.user}'`
  if (ofAccounts.has(table)) return `user_id = '${tenant.user}'`
  return `organization_id = '${tenant.organization}'`
}

/** The scope that opens a tenant's row of a table. */
export function scopeOf(table: string, tenant: Tenant): `org:${Uuid}` | `account:${Uuid}` {
  return ofAccounts.has(table) ? `account:${tenant.user}` : `org:${tenant.organization}`
}

/** Seeds every table for `acme`, `globex` and the platform. @param superuser not bound by row-level security */
export async function seedTenants(
  superuser: pg.Client,
): Promise<{ acme: Tenant; globex: Tenant; platform: Tenant }> {
  const policy = newId(new Date(AT))
  await insert(superuser, 'policy_versions', {
    id: policy,
    number: 1,
    sha256: '',
    name: 'test',
    version: '1',
    source: '',
    author: 'operator:test',
    reason: 'test',
    changes: [],
    applied_at: AT,
  })
  await insert(superuser, 'forward_hosts', {
    id: FORWARD_HOST,
    origin: 'https://wiki.example.com',
    created_by: 'operator:test',
    created_at: AT,
  })
  await insert(superuser, 'sign_on_clients', {
    id: CLIENT,
    name: 'Till',
    type: 'spa',
    authentication: 'none',
    redirect_uris: ['https://app.example/callback'],
    post_logout_uris: [],
    resources: [],
    audience_scopes: [],
    is_first_party: true,
    requires_par: false,
    requires_dpop: false,
    created_by: 'operator:test',
    created_at: AT,
  })
  const tenants = { acme: newTenant('acme'), globex: newTenant('globex'), platform: newTenant('platform') }
  for (const tenant of Object.values(tenants)) {
    const purposes = Object.entries(purposeRows).map(([table, { row }]) => [table, row] as const)
    for (const [table, seed] of [...Object.entries(tenantRows), ...purposes]) {
      const row = seed(tenant, policy)
      if (row !== 'by trigger') await insert(superuser, table, row)
    }
  }
  return tenants
}

function newTenant(slug: string): Tenant {
  const id = () => newId(new Date(AT))
  return {
    organization: id(),
    slug,
    user: id(),
    member: id(),
    session: id(),
    address: `ada@${slug}.test`,
    application: id(),
    event: id(),
  }
}

async function insert(superuser: pg.Client, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row)
    .map((name) => `"${name}"`)
    .join(', ')
  await superuser.query(
    `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $1)`,
    [JSON.stringify(row)],
  )
}
