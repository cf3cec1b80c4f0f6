-- What a person agreed to, and personal values in the log that have had their time.

create table consents (
  user_id           uuid not null references users (id) on delete cascade,
  id                uuid not null,
  purpose           text not null check (length(purpose) between 1 and 100),
  policy_version_id uuid not null references policy_versions (id),
  given_at          timestamptz not null,
  given_by          text not null check (given_by in ('cookie', 'bearer')),
  withdrawn_at      timestamptz,
  withdrawn_because text check (withdrawn_because in ('withdrawn', 'renewed')),
  primary key (user_id, id),
  check ((withdrawn_at is null) = (withdrawn_because is null))
);
comment on table consents is 'Consents of an account, each with the document it was given to. A withdrawn one stays: that it was given, and until when, is what has to be shown.';
comment on column consents.user_id is 'Whose.';
comment on column consents.id is 'uuid v7; cns_… on the wire.';
comment on column consents.purpose is 'What for, as the policy names it.';
comment on column consents.policy_version_id is 'The policy version in force, with the words that were agreed to.';
comment on column consents.given_at is 'When.';
comment on column consents.given_by is 'How: with the cookie of a page, or with the access token of a program.';
comment on column consents.withdrawn_at is 'From then on it is none.';
comment on column consents.withdrawn_because is 'withdrawn: by the person. renewed: given again, under a later version.';
create unique index consents_one on consents (user_id, purpose) where withdrawn_at is null;
alter table consents enable row level security;
alter table consents force row level security;
create policy own on consents to writ_app, writ_owner using (user_id = (select current_account()));
create policy system on consents to writ_system using (true);
grant select, insert, update (withdrawn_at, withdrawn_because) on consents to writ_app;

-- Clear values in the logs whose time is over. The events, and the hashes in them, stay.
grant select, delete on audit_personal to writ_system;
create policy system on audit_personal to writ_system using (true);
create function expire_audit_personal(p_before timestamptz, p_limit integer) returns table (organization_id uuid, events bigint)
  language sql volatile security definer set search_path = pg_catalog, public
as $$
  with due as (
    select p.ctid from audit_personal p
    join audit_events e on e.organization_id = p.organization_id and e.id = p.event_id
    -- An id begins with the event's time (uuid v7), so old rows are found by the key.
    where verified_scope() = 'deadlines' and e.occurred_at < p_before
      and p.event_id < (lpad(to_hex(floor(extract(epoch from p_before) * 1000)::bigint), 12, '0') || repeat('f', 20))::uuid
    order by p.organization_id, p.event_id limit p_limit
  ), gone as (
    delete from audit_personal p using due where p.ctid = due.ctid returning p.organization_id, p.event_id
  )
  select g.organization_id, count(distinct g.event_id) from gone g group by g.organization_id
$$;
comment on function expire_audit_personal(timestamptz, integer) is 'Exists because one task erases, in the logs of all organizations, what the policy keeps for a time only; answers only a transaction signed for that.';
revoke all on function expire_audit_personal(timestamptz, integer) from public;
alter function expire_audit_personal(timestamptz, integer) owner to writ_system;
set role writ_system;
grant execute on function expire_audit_personal(timestamptz, integer) to writ_app;
reset role;
