-- What a sign-in needs to know of an account's organizations in one look.

create function account_organizations(p_user uuid)
  returns table (organization_id uuid, slug text, name text, kind text, organization_status text, overrides text, member_id uuid, status text, is_awaited boolean)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select o.id, o.slug, o.name, o.kind, o.status, o.overrides::text, m.id, m.status, m.is_awaited
  from members m join organizations o on o.id = m.organization_id
  where m.user_id = p_user and verified_scope() = 'account:' || p_user
  order by o.name, o.id
$$;
comment on function account_organizations(uuid) is 'Exists because lockout is the strictest of all organizations of an account, and row-level security hides all but one; only a transaction signed for this very account gets the list.';
revoke all on function account_organizations(uuid) from public;
alter function account_organizations(uuid) owner to writ_system;
set role writ_system;
grant execute on function account_organizations(uuid) to writ_app, writ_owner;
reset role;
