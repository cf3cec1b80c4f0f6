/**
 * How an attacker would call each function that looks across organizations, to learn of `victim` or to change it.
 *
 * A function without an entry here fails the tests that are generated from the catalog.
 *
 * @module
 */
import type { Tenant } from './attack-tenants.ts'

export interface Attack {
  /** The call, with the attacker's context as a literal for the functions that take one as an argument. */
  call(victim: Tenant, context: string): string
  /** Why this one answers without a scope: what it tells nobody could use to reach an organization. */
  readonly open?: string
}

const guess = `sha256('a guess')`
const at = `timestamptz '2026-03-02T09:00:00Z'`

export const attacks: Readonly<Record<string, Attack>> = {
  verified_scope: { call: () => 'select verified_scope()', open: 'it tells the transaction its own scope' },
  spend_setup_token: { call: () => `select spend_setup_token(${guess}, ${at})` },
  belongs_elsewhere: {
    call: (victim) => `select belongs_elsewhere('${victim.user}')`,
    open: 'one bit about an account whose id the asker must already have; row-level security asks it',
  },
  account_credentials: { call: (victim) => `select * from account_credentials('${victim.user}')` },
  account_by_address: { call: (victim) => `select account_by_address('${victim.address}')` },
  account_organizations: { call: (victim) => `select * from account_organizations('${victim.user}')` },
  reserve_sign_in: {
    call: (victim) => `select reserve_sign_in('${victim.user}', ${at}, 5, interval '1 hour')`,
  },
  settle_sign_in: { call: (victim) => `select settle_sign_in('${victim.user}', ${at})` },
  end_account_sessions: {
    call: (victim) => `select * from end_account_sessions('${victim.user}', ${at}, 'attack', null)`,
  },
  touch_sessions: {
    call: (victim) => `select touch_sessions(array['${victim.session}']::uuid[], ${at} + interval '1 day')`,
  },
  session_of_refresh_token: { call: () => `select * from session_of_refresh_token(${guess})` },
  account_of_challenge: { call: () => `select account_of_challenge(${guess})` },
  account_of_passkey: { call: () => `select account_of_passkey(${guess})` },
  invite_of_link: { call: () => `select * from invite_of_link(${guess})` },
  registration_of_link: { call: () => `select * from registration_of_link(${guess})` },
  organization_of_slug: { call: (victim) => `select organization_of_slug('${victim.slug}')` },
  account_of_link: { call: () => `select account_of_link(${guess})` },
  organization_of_forward_code: { call: () => `select organization_of_forward_code(${guess})` },
  forward_session: { call: () => `select * from forward_session(${guess})` },
  announce_session_end: { call: () => 'select announce_session_end()' },
  announce_lost_sessions: { call: () => `select announce_lost_sessions(${at} + interval '1 day')` },
  session_times: { call: (victim) => `select * from session_times('${victim.session}')` },
  has_second_factor: {
    call: (victim) => `select has_second_factor('${victim.user}')`,
  },
  count_weak_hashes: {
    call: () => 'select * from count_weak_hashes(31)',
    open: "it counts the asker's own organization, and says no more than how many",
  },
  count_long_links: {
    call: () => `select * from count_long_links('activation', 0, ${at})`,
    open: "it counts the asker's own organization, and says no more than how many",
  },
  standing: {
    call: (victim) =>
      `select * from standing(array['${victim.organization}', '${victim.user}', '${victim.member}']::uuid[], array[${guess}], array[${guess}])`,
  },
  decision_facts: {
    call: (victim, context) =>
      `select * from decision_facts(array[${context}], array[1, 1], array['${victim.organization}', '${victim.slug}'],
        array['${victim.user}', null]::uuid[], array[null, '${victim.address}'], array['lead', 'lead'], array['${victim.slug}', '${victim.slug}'])`,
  },
  decision_subjects: {
    call: (victim, context) =>
      `select * from decision_subjects(${context}, '${victim.organization}', true, null, 10)`,
  },
  list_organizations: { call: () => 'select * from list_organizations(null, 10)' },
  find_organization: { call: (victim) => `select * from find_organization('${victim.slug}')` },
  roles_in_use: { call: () => `select * from roles_in_use(${at})` },
  organizations_without: { call: () => `select organizations_without('admin')` },
  list_members: {
    call: (victim) => `select * from list_members('${victim.address}', null, null, null, 10, ${at})`,
  },
  get_member: { call: (victim) => `select * from get_member('${victim.member}', ${at})` },
  expire_audit_personal: { call: () => `select * from expire_audit_personal(${at} + interval '1 day', 10)` },
  offboardings_to_settle: { call: () => `select * from offboardings_to_settle(${at}, 10)` },
  platform_organization: {
    call: () => 'select platform_organization()',
    open: 'the id of the platform, which opens nothing without a signature',
  },
  enqueue_audit: { call: () => 'select enqueue_audit()' },
  sequence_audit: { call: () => 'select * from sequence_audit(10, false)' },
  pending_audit_logs: { call: () => "select pending_audit_logs('{}')" },
  save_audit_tree: {
    call: (victim) =>
      `select save_audit_tree(array['${victim.organization}']::uuid[], array[1]::bigint[], array[9]::bigint[], array[''::bytea],
        array[]::uuid[], array[]::smallint[], array[]::bigint[], array[]::bytea[])`,
  },
  unsigned_audit_logs: { call: () => 'select * from unsigned_audit_logs(10)' },
  add_audit_keys: {
    call: (victim) =>
      `select add_audit_keys(array['${victim.organization}']::uuid[], array['forged'], array['forged'], array['forged'::bytea], ${at})`,
  },
  save_audit_checkpoints: {
    call: (victim) =>
      `select save_audit_checkpoints(array['${victim.organization}']::uuid[], array[9]::bigint[], array[${guess}], array['forged'], ${at})`,
  },
}
