/** Checks of how people prove who they are. @module */
import { sql } from 'kysely'
import type { Measured } from '../model.ts'
import { PERIOD_DAYS, type Proof } from './proof.ts'

const live = (now: Date) => sql`s.ended_at is null and s.expires_at > ${now}`

export const authenticationProofs: readonly Proof[] = [
  {
    control: 'authentication.methods',
    counts: { of: 'live sessions', failing: 'opened in a way that the policy does not permit' },
    measure: ({ policy, now }) => sql<Measured>`
      select count(*) as of, count(*) filter (
        where not case when 'password' = any (s.methods) then 'password' else 'passkey' end = any (${policy.policy.authentication.methods}::text[])
      ) as failing from sessions s where ${live(now)}`,
    events: ['sessions.signed_in', 'sessions.sign_in_failed', 'policy.settings_changed'],
  },
  {
    control: 'authentication.password',
    counts: { of: 'temporary passwords', failing: 'past their time and still with a live session' },
    measure: ({ policy, now }) => sql<Measured>`
      select count(*) as of, count(*) filter (
        where u.password_changed_at + make_interval(secs => ${policy.policy.authentication.password.temporarySeconds}) <= ${now}
          and exists (select from sessions s where s.user_id = u.id and ${live(now)})
      ) as failing
      from members m join users u on u.id = m.user_id where m.status = 'active' and u.must_change_password`,
    events: ['identity.password_changed', 'identity.password_reset', 'recovery.password_reset'],
  },
  {
    control: 'authentication.password-hash',
    counts: { of: 'members with a password', failing: 'hashed below the cost; the next sign-in raises it' },
    measure: ({ policy }) =>
      sql<Measured>`select of, failing from count_weak_hashes(${policy.policy.authentication.password.bcrypt})`,
    events: ['identity.password_changed', 'sessions.signed_in'],
  },
  {
    control: 'authentication.recovery',
    counts: { of: 'open links to a new password', failing: 'good for longer than the policy lets them' },
    measure: ({ policy, now }) =>
      sql<Measured>`select of, failing from count_long_links('password_reset', ${policy.policy.authentication.links.resetSeconds}, ${now})`,
    events: ['recovery.*'],
  },
  {
    control: 'authentication.lockout',
    counts: { of: 'members', failing: 'with more attempts let through than the policy allows' },
    measure: ({ policy }) => sql<Measured>`
      select count(*) as of, count(*) filter (where u.failed_sign_ins > ${policy.policy.authentication.lockout.after}) as failing
      from members m join users u on u.id = m.user_id where m.status = 'active'`,
    events: ['identity.account_locked', 'sessions.sign_in_failed', 'factors.locked', 'sessions.device_known'],
  },
  {
    control: 'authentication.mfa',
    counts: {
      of: 'members in roles that must have a second factor',
      failing: 'who have none, and reach nothing until then',
    },
    measure: ({ policy, now }) => {
      const roles = [...policy.roles.values()]
        .filter((role) => role.demandsSecondFactor)
        .map(({ name }) => name)
      return sql<Measured>`
        select count(*) as of, count(*) filter (where not m.second_factor) as failing
        from list_members(null, null, 'active', null, 10000000, ${now}) m
        where exists (select from json_array_elements(m.roles) r where r ->> 'role' = any (${roles}::text[]))`
    },
    events: ['factors.*', 'sessions.second_factor_asked'],
  },
  {
    control: 'authentication.session',
    counts: { of: 'live sessions', failing: 'that would outlive the absolute limit' },
    measure: ({ policy, now }) => sql<Measured>`
      select count(*) as of, count(*) filter (
        where s.expires_at > s.created_at + make_interval(secs => ${policy.policy.authentication.session.absoluteSeconds + 1})
      ) as failing from sessions s where ${live(now)}`,
    events: ['sessions.signed_in', 'sessions.rotated', 'sessions.ended', 'sessions.stepped_up'],
  },
  {
    control: 'authentication.tokens',
    counts: {
      of: 'refresh tokens that were not spent',
      failing: 'good for longer than the policy lets them',
    },
    measure: ({ policy, now }) => sql<Measured>`
      select count(*) as of, count(*) filter (
        where t.expires_at > t.issued_at + make_interval(secs => ${policy.policy.authentication.tokens.refreshSeconds + 1})
      ) as failing
      from refresh_tokens t join sessions s on s.organization_id = t.organization_id and s.id = t.session_id
      where t.spent_at is null and t.expires_at > ${now} and ${live(now)}`,
    events: [
      'sessions.refreshed',
      'sessions.refresh_refused',
      'sessions.refresh_reused',
      'sessions.keys_rotated',
    ],
  },
  {
    control: 'authentication.single-sign-on',
    counts: {
      of: `ends of sessions that applications were told in ${PERIOD_DAYS} days`,
      failing: 'that did not reach the application',
    },
    measure: ({ now }) => sql<Measured>`
      select count(*) as of, count(*) filter (where e.type = 'sign_on.logout_failed') as failing from audit_events e
      where e.type in ('sign_on.logout_delivered', 'sign_on.logout_failed')
        and e.occurred_at > ${now}::timestamptz - make_interval(days => ${PERIOD_DAYS})`,
    events: ['sign_on.*', 'forward_auth.*'],
  },
]
