-- What a check of a control counts that row-level security hides from an organization: never whose, only how many.

create function count_weak_hashes(p_cost integer) returns table (of bigint, failing bigint)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select count(*), count(*) filter (where substring(u.password_hash from '\$2[aby]\$(\d\d)\$')::integer < p_cost)
  from members m join users u on u.id = m.user_id
  where m.organization_id = current_organization() and m.status = 'active' and u.password_hash is not null
$$;
comment on function count_weak_hashes(integer) is 'Exists because writ_app cannot read password_hash; tells an organization how many of its members'' hashes are below a cost, and nothing else.';

create function count_long_links(p_kind text, p_seconds integer, p_now timestamptz) returns table (of bigint, failing bigint)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select count(*), count(*) filter (where l.expires_at > l.created_at + make_interval(secs => p_seconds + 1))
  from account_links l
  where l.kind = p_kind and l.spent_at is null and l.expires_at > p_now
    and l.user_id in (select m.user_id from members m where m.organization_id = current_organization())
$$;
comment on function count_long_links(text, integer, timestamptz) is 'Exists because a link is its account''s; tells an organization how many open ones of its members live longer than the policy lets them.';

revoke all on function count_weak_hashes(integer), count_long_links(text, integer, timestamptz) from public;
alter function count_weak_hashes(integer) owner to writ_system;
alter function count_long_links(text, integer, timestamptz) owner to writ_system;
set role writ_system;
grant execute on function count_weak_hashes(integer), count_long_links(text, integer, timestamptz) to writ_app;
reset role;
