-- What the operator must know of all organizations before a policy changes, and lists of members that stay quick.

create function roles_in_use(p_now timestamptz) returns table (kind text, role text, holders bigint)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select o.kind, r.role, count(distinct r.member_id)
  from user_roles r join organizations o on o.id = r.organization_id
  where r.ended_at is null and (r.expires_at is null or r.expires_at > p_now)
    and exists (select from organizations p where p.kind = 'platform' and verified_scope() = 'org:' || p.id)
  group by o.kind, r.role order by o.kind, r.role
$$;
comment on function roles_in_use(timestamptz) is 'Exists because a policy may not drop a role that somebody holds in any organization; answers only a transaction signed for the platform itself.';

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
    )
$$;
comment on function organizations_without(text) is 'Exists because a policy may not leave an organization without an owner; answers only a transaction signed for the platform itself.';

-- Members as a list shows them ---------------------------------------------------------------------------------------
-- Under row-level security each account is looked up among the members once more, and a search for part of a name
-- among 100,000 takes a second. These look in the organization of the transaction and nowhere else.

create type member_row as (
  id uuid, user_id uuid, email text, name text, status text, account_status text, must_change_password boolean,
  roles json, last_active_at timestamptz, last_sign_in_at timestamptz, created_at timestamptz, deactivated_at timestamptz
);
comment on type member_row is 'A member with their account and the roles that live. When an account of other organizations, too, signed in to them is not this one''s to know: of it the last request here is shown.';

-- The page is found first; roles are read for its rows only.
create function list_members(p_q text, p_role text, p_status text, p_after uuid, p_limit integer, p_now timestamptz)
  returns setof member_row
  language plpgsql stable security definer set search_path = pg_catalog, public
as $$
declare
  organization constant uuid := current_organization();
  part         constant text := '%' || replace(replace(replace(lower(p_q), '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
  return query
  with page as (
    select m.id, m.user_id, u.email, u.name, m.status, u.status as account_status, u.must_change_password,
      m.last_active_at, u.last_sign_in_at, m.created_at, m.deactivated_at
    from members m join users u on u.id = m.user_id
    where m.organization_id = organization
      and (p_after is null or m.id > p_after)
      and (p_status is null or m.status = p_status)
      and (p_q is null or u.email_key like part or lower(u.email) like part or lower(u.name) like part)
      and (p_role is null or m.id in (
        select r.member_id from user_roles r
        where r.organization_id = organization and r.role = p_role and r.ended_at is null
          and (r.expires_at is null or r.expires_at > p_now)
      ))
    order by m.organization_id, m.id limit p_limit
  )
  select p.id, p.user_id, p.email, p.name, p.status, p.account_status, p.must_change_password,
    coalesce((
      select json_agg(json_build_object('role', r.role, 'source', r.source, 'expiresAt', r.expires_at) order by r.id)
      from user_roles r
      where r.member_id = p.id and r.ended_at is null and (r.expires_at is null or r.expires_at > p_now)
    ), '[]'::json),
    p.last_active_at, case when belongs_elsewhere(p.user_id) then p.last_active_at else p.last_sign_in_at end,
    p.created_at, p.deactivated_at
  from page p order by p.id;
end $$;
comment on function list_members(text, text, text, uuid, integer, timestamptz) is 'Exists because row-level security checks every account of a search on its own; sees the transaction''s organization only.';

create function get_member(p_member uuid, p_now timestamptz) returns setof member_row
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select m.id, m.user_id, u.email, u.name, m.status, u.status, u.must_change_password,
    coalesce((
      select json_agg(json_build_object('role', r.role, 'source', r.source, 'expiresAt', r.expires_at) order by r.id)
      from user_roles r
      where r.member_id = m.id and r.ended_at is null and (r.expires_at is null or r.expires_at > p_now)
    ), '[]'::json),
    m.last_active_at, case when belongs_elsewhere(m.user_id) then m.last_active_at else u.last_sign_in_at end,
    m.created_at, m.deactivated_at
  from members m join users u on u.id = m.user_id
  where m.organization_id = current_organization() and m.id = p_member
$$;
comment on function get_member(uuid, timestamptz) is 'The row of list_members for one member.';

revoke all on function
  roles_in_use(timestamptz), organizations_without(text),
  list_members(text, text, text, uuid, integer, timestamptz), get_member(uuid, timestamptz) from public;
alter function roles_in_use(timestamptz) owner to writ_system;
alter function organizations_without(text) owner to writ_system;
alter function list_members(text, text, text, uuid, integer, timestamptz) owner to writ_system;
alter function get_member(uuid, timestamptz) owner to writ_system;
-- After the change of owner: what was granted to the former owner goes to the new one.
set role writ_system;
grant execute on function roles_in_use(timestamptz), organizations_without(text) to writ_owner;
grant execute on function list_members(text, text, text, uuid, integer, timestamptz), get_member(uuid, timestamptz) to writ_app, writ_owner;
reset role;
