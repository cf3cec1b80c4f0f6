-- What a decision is made from: the subject's standing and the resource's attributes, for all questions of one tick.

-- The same verification as verified_scope(), of a context that is handed over instead of set: one statement then
-- answers for several organizations without a transaction around each.
create function verify_context(p_context text) returns text
  language plpgsql stable parallel restricted security definer set search_path = pg_catalog, public
as $$
declare
  signed text;
begin
  if p_context is null or length(p_context) < 66 then return null; end if;
  signed := left(p_context, -65);
  if exists (
    select from context_keys
    where encode(sha256(outer_pad || sha256(inner_pad || convert_to(signed, 'UTF8'))), 'hex') = right(p_context, 64)
  ) then return signed; end if;
  return null;
end $$;
comment on function verify_context(text) is 'Exists because the key that signs contexts is readable by writ_system alone. Answers the scope that a context was signed for, else null.';
revoke all on function verify_context(text) from public;
grant execute on function verify_context(text) to writ_system;
alter function verify_context(text) owner to writ_system;

create policy system on resources to writ_system using (true);
grant select on resources to writ_system;

-- One row a question whose organization exists for the asker. p_contexts are signed `org:<id>` scopes; question n is
-- asked under p_contexts[p_context[n]] and about p_organization[n] (uuid or slug; null: the context's own). Only the
-- platform's context reaches another organization than its own. A question may be about a subject (by id or by the
-- key of an address), about a registered resource, about both or only about the organization.
-- A subject's standing comes from their membership in that organization, else from the one in the platform.
-- plpgsql with a generic plan: planning costs five times what running does.
create function decision_facts(
    p_contexts text[], p_context integer[], p_organization text[], p_user uuid[], p_address text[], p_type text[], p_resource text[]
  )
  returns table (
    n bigint, organization_id uuid, organization_slug text, organization_kind text, organization_status text, overrides text,
    user_id uuid, email text, name text, user_status text, must_change_password boolean, last_sign_in_at timestamptz,
    member_organization_id uuid, member_status text, member_organization_status text, assignments json,
    registered boolean, attributes jsonb, state text, policy_version_id uuid
  )
  language plpgsql stable security definer set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query with verified as materialized (
    select c.i, verify_context(c.context) as scope from unnest(p_contexts) with ordinality c (context, i)
  ),
  contexts as materialized (
    select v.i, h.id, h.kind from verified v
    join organizations h on h.id = case when v.scope like 'org:%' then substr(v.scope, 5)::uuid end
  ),
  platform as materialized (select p.id, p.status from organizations p where p.kind = 'platform'),
  applied as materialized (select v.id from policy_versions v order by v.number desc limit 1)
  select q.n, o.id, o.slug, o.kind, o.status, o.overrides::text,
    s.user_id, s.email, s.name, s.user_status, s.must_change_password, s.last_sign_in_at,
    s.organization_id, s.member_status, s.organization_status, s.assignments,
    r.id is not null, r.attributes, r.state, (select a.id from applied a)
  from unnest(p_context, p_organization, p_user, p_address, p_type, p_resource)
    with ordinality q (context, organization, user_id, address, type, resource, n)
  join contexts c on c.i = q.context
  join lateral (
    select t.* from organizations t
    where t.id = case when q.organization is null then c.id
      when q.organization ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then q.organization::uuid end
    union all
    select t.* from organizations t where t.slug = q.organization and q.organization !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  ) o on o.id = c.id or c.kind = 'platform'
  left join lateral (
    select u.id as user_id, u.email, u.name, u.status as user_status, u.must_change_password, u.last_sign_in_at,
      m.organization_id, m.status as member_status, case when m.organization_id = o.id then o.status else p.status end as organization_status,
      (select json_agg(json_build_array(a.id, a.role, a.source, a.expires_at)) from user_roles a where a.member_id = m.id and a.ended_at is null) as assignments
    from platform p
    join members m on m.organization_id in (o.id, p.id)
      and m.user_id = coalesce(q.user_id, (select k.id from users k where k.email_key = q.address))
    join users u on u.id = m.user_id
    order by m.status = 'active' desc, m.organization_id = o.id desc
    limit 1
  ) s on q.user_id is not null or q.address is not null
  left join resources r on r.organization_id = o.id and r.type = q.type and r.id = q.resource;
end $$;
comment on function decision_facts(text[], integer[], text[], uuid[], text[], text[], text[]) is 'Exists because one statement serves the decisions of a tick, of several organizations; each is seen only under a context that the server signed for it or for the platform.';
revoke all on function decision_facts(text[], integer[], text[], uuid[], text[], text[], text[]) from public;
grant execute on function decision_facts(text[], integer[], text[], uuid[], text[], text[], text[]) to writ_app;
alter function decision_facts(text[], integer[], text[], uuid[], text[], text[], text[]) owner to writ_system;

-- Everybody who could be the subject of a decision in an organization: its members and, where the policy lets them
-- act directly, the platform's.
create function decision_subjects(p_context text, p_organization uuid, p_with_platform boolean, p_after uuid, p_limit integer)
  returns table (user_id uuid)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  with verified as materialized (select verify_context(p_context) as scope)
  select distinct m.user_id
  from verified v
  join organizations h on h.id = case when v.scope like 'org:%' then substr(v.scope, 5)::uuid end
  join organizations o on o.id = p_organization and (o.id = h.id or h.kind = 'platform')
  join members m on m.organization_id = o.id
    or (p_with_platform and m.organization_id = (select p.id from organizations p where p.kind = 'platform'))
  where p_after is null or m.user_id > p_after
  order by m.user_id
  limit p_limit
$$;
comment on function decision_subjects(text, uuid, boolean, uuid, integer) is 'Exists because a search for subjects finds the platform''s staff too, who are no members of the organization. Seen only under a context that the server signed for the organization or for the platform.';
revoke all on function decision_subjects(text, uuid, boolean, uuid, integer) from public;
grant execute on function decision_subjects(text, uuid, boolean, uuid, integer) to writ_app;
alter function decision_subjects(text, uuid, boolean, uuid, integer) owner to writ_system;
