-- Leaving: deadlines for leavers and for changed duties, and owners whom an organization cannot count on.

create table offboardings (
  organization_id uuid not null references organizations (id),
  id              uuid not null,
  kind            text not null check (kind in ('leave', 'role_change')),
  member_id       uuid not null,
  user_id         uuid not null,
  occasion        text check (occasion in ('termination', 'roleChange', 'incident', 'leave')),
  effective_on    text not null check (effective_on ~ '^\d{4}-\d{2}-\d{2}$'),
  effective_at    timestamptz not null,
  due_at          timestamptz not null,
  is_automatic    boolean not null,
  roles           text[],
  planned_by      text not null,
  planned_at      timestamptz not null,
  done_at         timestamptz,
  cancelled_at    timestamptz,
  cancelled_by    text,
  raised_at       timestamptz,
  primary key (organization_id, id),
  check ((kind = 'role_change') = (roles is not null))
);
comment on table offboardings is 'Deadlines: until when a leaver is to be deactivated, or a change of duties made. Whether one is met is seen in the member''s real state, not noted by hand; never deleted.';
comment on column offboardings.organization_id is 'The organization.';
comment on column offboardings.id is 'uuid v7; ddl_… on the wire.';
comment on column offboardings.kind is 'leave: the member is to be deactivated. role_change: the roles are to become these.';
comment on column offboardings.member_id is 'The member; no foreign key, since history outlives them.';
comment on column offboardings.user_id is 'The account; no foreign key, for the same reason.';
comment on column offboardings.occasion is 'What it follows from, where the policy is to know: some take effect at once.';
comment on column offboardings.effective_on is 'YYYY-MM-DD: the last day, or the first day of the new duties, in the organization''s time zone.';
comment on column offboardings.effective_at is 'The end of the last day, or the beginning of the first one with new duties.';
comment on column offboardings.due_at is 'Until when it is to be done, by the policy in force when it was planned.';
comment on column offboardings.is_automatic is 'Access ends by itself at the end of the last day, and the deactivation follows.';
comment on column offboardings.roles is 'The roles that the new duties need.';
comment on column offboardings.planned_by is 'Actor.';
comment on column offboardings.planned_at is 'When it was planned.';
comment on column offboardings.done_at is 'When it was found done; what happens to the member afterwards does not open it again.';
comment on column offboardings.cancelled_at is 'When it was taken back, or replaced by a newer one.';
comment on column offboardings.cancelled_by is 'Actor.';
comment on column offboardings.raised_at is 'When it was reported as overdue; that happens once.';
create unique index offboardings_one on offboardings (organization_id, member_id, kind) where done_at is null and cancelled_at is null;
create index offboardings_open on offboardings (effective_at) where done_at is null and cancelled_at is null;
alter table offboardings enable row level security;
alter table offboardings force row level security;
create policy tenant on offboardings to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy system on offboardings to writ_system using (true);
grant select, insert, update (done_at, cancelled_at, cancelled_by, raised_at) on offboardings to writ_app;
grant select on offboardings to writ_system;

-- A leaver is gone when the membership is over, deactivated, or the account is. A change of duties is made when every
-- role of the plan was held since, and none of the others that were held then still is; what changes later does not undo it.
create function offboarding_is_done(p offboardings) returns boolean
  language sql stable set search_path = pg_catalog, public
as $$
  select not exists (
    select from members m join users u on u.id = m.user_id
    where m.organization_id = p.organization_id and m.id = p.member_id and m.status = 'active' and u.status = 'active'
  ) or (p.kind = 'role_change' and not exists (
    select from unnest(p.roles) r (role)
    where not exists (
      select from user_roles a
      where a.organization_id = p.organization_id and a.member_id = p.member_id and a.role = r.role
        and (a.ended_at is null or a.ended_at > p.planned_at)
    )
  ) and not exists (
    select from user_roles a
    where a.organization_id = p.organization_id and a.member_id = p.member_id and a.assigned_at <= p.planned_at
      and a.ended_at is null and a.expires_at is null and a.role <> all (p.roles)
  ))
$$;
comment on function offboarding_is_done(offboardings) is 'Whether what a deadline demands is so. Runs as whoever asks, so it sees no more than they do.';
revoke all on function offboarding_is_done(offboardings) from public;
grant execute on function offboarding_is_done(offboardings) to writ_app, writ_owner, writ_system;

create function offboardings_to_settle(p_now timestamptz, p_limit integer)
  returns table (organization_id uuid, id uuid, overrides text)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select d.organization_id, d.id, o.overrides::text
  from offboardings d join organizations o on o.id = d.organization_id
  where verified_scope() = 'deadlines'
    and d.done_at is null and d.cancelled_at is null and d.effective_at <= p_now
    and (d.is_automatic or (d.due_at <= p_now and d.raised_at is null) or offboarding_is_done(d))
  order by d.effective_at, d.id limit p_limit
$$;
comment on function offboardings_to_settle(timestamptz, integer) is 'Exists because deadlines of all organizations are watched by one task; answers only a transaction signed for that.';
revoke all on function offboardings_to_settle(timestamptz, integer) from public;
alter function offboardings_to_settle(timestamptz, integer) owner to writ_system;
set role writ_system;
grant execute on function offboardings_to_settle(timestamptz, integer) to writ_app;
reset role;

-- An owner whose privileges are suspended, or who has a last day, is none to count on.
drop function organizations_without(text);
create function organizations_without(p_role text) returns bigint
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select count(*) from organizations o
  where o.kind = 'organization'
    and exists (select from organizations p where p.kind = 'platform' and verified_scope() = 'org:' || p.id)
    and not exists (
      select from user_roles r
      join members m on m.organization_id = r.organization_id and m.id = r.member_id
      join users u on u.id = m.user_id
      where r.organization_id = o.id and r.role = p_role and r.ended_at is null and r.expires_at is null
        and r.source in ('assigned', 'setup', 'operator') and m.status = 'active' and u.status = 'active'
        and m.privileges_suspended_at is null and m.access_ends_at is null
    )
$$;
comment on function organizations_without(text) is 'Exists because a policy may not leave an organization without an owner; answers only a transaction signed for the platform itself.';
revoke all on function organizations_without(text) from public;
alter function organizations_without(text) owner to writ_system;
set role writ_system;
grant execute on function organizations_without(text) to writ_owner;
reset role;
