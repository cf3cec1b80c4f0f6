/** Checks of how people come in, what they hold, and how they leave. @module */
import { sql } from 'kysely'
import type { Measured } from '../model.ts'
import { PERIOD_DAYS, type Place, type Proof } from './proof.ts'

const rolesOf = ({ policy }: Place, scope: 'platform' | 'organization') =>
  policy.policy.roles.filter((role) => role.scope === scope).map(({ name }) => name)

const assignments = (now: Date) => sql`a.ended_at is null and (a.expires_at is null or a.expires_at > ${now})`

export const membershipProofs: readonly Proof[] = [
  {
    control: 'provisioning',
    counts: { of: 'members with a temporary password', failing: 'who never took it up in its time' },
    measure: ({ policy, now }) => sql<Measured>`
      select count(*) as of, count(*) filter (
        where u.password_changed_at + make_interval(secs => ${policy.policy.authentication.password.temporarySeconds}) <= ${now}
      ) as failing
      from members m join users u on u.id = m.user_id where m.status = 'active' and u.must_change_password`,
    events: ['members.added', 'identity.account_created', 'recovery.activated'],
  },
  {
    control: 'provisioning.activation',
    counts: { of: 'members', failing: 'whose address was not verified in time; nothing is open to them' },
    measure: ({ policy, now }) => sql<Measured>`
      select count(*) as of, count(*) filter (
        where ${policy.policy.provisioning.verifyEmail} and not m.email_verified
          and m.created_at + make_interval(secs => ${policy.policy.authentication.links.verifySeconds}) <= ${now}
      ) as failing from list_members(null, null, 'active', null, 10000000, ${now}) m`,
    events: ['recovery.verification_sent', 'identity.email_verified', 'recovery.activated'],
  },
  {
    control: 'provisioning.self-registration',
    counts: { of: 'registrations under way', failing: 'for a role that nobody may take by registering' },
    measure: ({ policy, now }) => sql<Measured>`
      select count(*) as of, count(*) filter (where not r.role = any (${policy.policy.provisioning.selfRegister}::text[])) as failing
      from registrations r where r.spent_at is null and r.expires_at > ${now}`,
    events: ['registration.*'],
  },
  {
    control: 'invites',
    counts: { of: 'pending invites', failing: 'open for longer than the policy lets them' },
    measure: ({ policy, now }) => sql<Measured>`
      select count(*) as of, count(*) filter (
        where i.expires_at > i.sent_at + make_interval(secs => ${policy.policy.provisioning.invites.expireSeconds + 1})
      ) as failing from invites i
      where i.accepted_at is null and i.revoked_at is null and i.replaced_at is null and i.expires_at > ${now}`,
    events: ['invites.*'],
  },
  {
    control: 'role-changes',
    counts: {
      of: 'assignments',
      failing: 'of a role that the policy does not know, so that it grants nothing',
    },
    measure: (place) => sql<Measured>`
      select count(*) as of, count(*) filter (where not a.role = any (${[...place.policy.roles.keys()]}::text[])) as failing
      from user_roles a where ${assignments(place.now)}`,
    events: ['roles.changed', 'roles.ended', 'roles.assignment_refused'],
  },
  {
    control: 'platform-roles',
    counts: { of: 'assignments', failing: 'of a role of the platform inside an organization' },
    measure: (place) => sql<Measured>`
      select count(*) as of, count(*) filter (
        where a.role = any (${rolesOf(place, 'platform')}::text[])
          and exists (select from organizations o where o.id = a.organization_id and o.kind = 'organization')
      ) as failing from user_roles a where ${assignments(place.now)}`,
    events: ['roles.changed', 'roles.assignment_refused'],
  },
  {
    control: 'member-moves',
    counts: {
      of: `moves in ${PERIOD_DAYS} days`,
      failing: 'without a reference to where they are documented, or without a reason',
    },
    measure: ({ policy, now }) => {
      const { requires } = policy.policy.organizations.moves
      return sql<Measured>`
        select count(*) as of, count(*) filter (
          where (${requires.includes('reference')} and e.leaf::jsonb #> '{data,reference}' is null)
            or (${requires.includes('reason')} and e.leaf::jsonb #> '{personal,statement}' is null)
        ) as failing from audit_events e
        where e.type = 'members.moved' and e.occurred_at > ${now}::timestamptz - make_interval(days => ${PERIOD_DAYS})`
    },
    events: ['members.moved'],
  },
  {
    control: 'deactivation',
    counts: { of: 'deactivated members', failing: 'who still have a live session' },
    measure: ({ now }) => sql<Measured>`
      select count(*) as of, count(*) filter (where exists (
        select from sessions s where s.organization_id = m.organization_id and s.member_id = m.id and s.ended_at is null and s.expires_at > ${now}
      )) as failing from members m where m.status = 'deactivated'`,
    events: ['members.deactivated', 'members.reactivated', 'identity.account_deactivated', 'sessions.ended'],
  },
  {
    control: 'account-deletion',
    counts: { of: 'assignments', failing: 'that outlived their member' },
    measure: ({ now }) => sql<Measured>`
      select count(*) as of, count(*) filter (where not exists (
        select from members m where m.organization_id = a.organization_id and m.id = a.member_id
      )) as failing from user_roles a where ${assignments(now)}`,
    events: ['members.deleted', 'identity.account_deleted'],
  },
  {
    control: 'account-deletion.self',
    counts: { of: `people who deleted themselves in ${PERIOD_DAYS} days`, failing: 'who still hold a role' },
    measure: ({ now }) => sql<Measured>`
      select count(*) as of, count(*) filter (where exists (
        select from user_roles a where a.user_id::text = e.actor_id and ${assignments(now)}
      )) as failing from audit_events e
      where e.type = 'members.deleted' and e.leaf::jsonb ->> 'reason' = 'own_account'
        and e.occurred_at > ${now}::timestamptz - make_interval(days => ${PERIOD_DAYS})`,
    events: ['members.deleted', 'members.self_deletion_failed'],
  },
  {
    control: 'offboarding',
    counts: { of: 'last days and changes of duties that are open', failing: 'overdue' },
    measure: ({ now }) => sql<Measured>`
      select count(*) as of, count(*) filter (where o.due_at < ${now}) as failing
      from offboardings o where o.done_at is null and o.cancelled_at is null`,
    events: ['offboarding.*', 'members.deactivated'],
  },
  {
    control: 'sanctions',
    counts: {
      of: 'members whose privileges are suspended',
      failing: 'without an entry in the log that says by whom',
    },
    measure: () => sql<Measured>`
      select count(*) as of, count(*) filter (where not exists (
        select from audit_events e where e.organization_id = m.organization_id and e.type = 'members.privileges_suspended' and e.target_id = m.id::text
      )) as failing from members m where m.privileges_suspended_at is not null`,
    events: ['members.privileges_suspended', 'members.privileges_restored', 'members.account_ended'],
  },
  {
    control: 'privacy',
    counts: {
      of: 'entries of the log with personal values in clear',
      failing: 'kept for longer than the policy lets them',
    },
    measure: ({ policy, now }) => {
      const { personalSeconds } = policy.policy.audit
      return sql<Measured>`
        select count(*) as of, count(*) filter (
          where ${personalSeconds !== undefined} and e.occurred_at + make_interval(secs => ${personalSeconds ?? 0}) + interval '1 day' < ${now}
        ) as failing
        from audit_personal p join audit_events e on e.organization_id = p.organization_id and e.id = p.event_id`
    },
    events: ['privacy.*', 'audit.personal_erased'],
  },
]
