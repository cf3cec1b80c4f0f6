-- What a decision is made from: the subject's standing and the resource's attributes, for all questions of one tick.

-- The same verification as verified_scope(), of a context that is handed over instead of set: one statement then
-- answers for several organizations without a transaction around each. Not security definer, and with no search_path
-- of its own: so the planner puts it into the definer functions below, which are the only ones that may call it.
create function verify_context(p_context text) returns table (scope text)
  language sql stable parallel restricted
as $$
  select left(p_context, -65) from context_keys k
  where length(p_context) >= 66
    and encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(left(p_context, -65), 'UTF8'))), 'hex') = right(p_context, 64)
$$;
comment on function verify_context(text) is 'The scope that a context was signed for; no row for any other text. Reads the keys, so it answers writ_system alone.';
revoke all on function verify_context(text) from public;
grant execute on function verify_context(text) to writ_system;
alter function verify_context(text) owner to writ_system;

create policy system on resources to writ_system using (true);
grant select on resources to writ_system;

-- One row a question whose organization exists for the asker. p_contexts are signed `org:<id>` scopes; question n is
-- asked under p_contexts[p_context[n]] and about p_organization[n] (uuid or slug; null: the context's own). Only the
-- platform's context reaches another organization than its own; what is said of the organization is said of such a
-- one only. A question may be about a subject (by id or by the key of an address), about a registered resource, about
-- both or only about the organization. An array that is shorter than p_context is null to its end.
-- A subject's standing comes from their membership in that organization, else from the one in the platform.
-- plpgsql with a generic plan: planning costs five times what running does. `offset 0` keeps the look-up of a resource
-- a look-up: planned while the table is small, it would otherwise be a hash of all resources there are.
create function decision_facts(
    p_contexts text[], p_context integer[], p_organization text[], p_user uuid[], p_address text[], p_type text[], p_resource text[]
  )
  returns table (
    n bigint, elsewhere json,
    user_id uuid, email text, name text, account_active boolean, must_change_password boolean, last_sign_in_at timestamptz,
    member_organization_id uuid, membership_active boolean, assignments json,
    registered boolean, attributes jsonb, state text
  )
  language plpgsql stable security definer set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query with contexts as materialized (
    select c.i, h.id, p.id as platform_id, p.status as platform_status
    from unnest(p_contexts) with ordinality c (context, i)
    cross join lateral verify_context(c.context) v
    join organizations h on h.id = case when v.scope like 'org:%' then substr(v.scope, 5)::uuid end
    left join organizations p on p.kind = 'platform'
  )
  select q.n,
    case when o.id <> c.id then json_build_object('id', o.id, 'slug', o.slug, 'kind', o.kind, 'overrides', o.overrides::text,
      'policyVersionId', (select v.id from policy_versions v order by v.number desc limit 1)) end,
    u.id, u.email, u.name, u.status = 'active', u.must_change_password, u.last_sign_in_at,
    m.organization_id, m.status = 'active' and (case when m.organization_id = o.id then o.status else c.platform_status end) = 'active',
    (select json_agg(json_build_array(a.id, a.role, a.source, a.expires_at)) from user_roles a where a.member_id = m.id and a.ended_at is null),
    r.id is not null, r.attributes, r.state
  from unnest(p_context, p_organization, p_user, p_address, p_type, p_resource)
    with ordinality q (context, organization, user_id, address, type, resource, n)
  join contexts c on c.i = q.context
  join lateral (
    select t.* from organizations t
    where t.id = case when q.organization is null then c.id
      when q.organization ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then q.organization::uuid
      else (select s.id from organizations s where s.slug = q.organization) end
  ) o on o.id = c.id or c.id = c.platform_id
  left join lateral (
    select b.id, b.user_id, b.organization_id, b.status from members b
    where b.user_id = coalesce(q.user_id, (select k.id from users k where k.email_key = q.address))
      and b.organization_id in (o.id, c.platform_id)
    order by b.status = 'active' desc, b.organization_id = o.id desc
    limit 1
  ) m on true
  left join users u on u.id = m.user_id
  left join lateral (
    select d.id, d.attributes, d.state from resources d
    where d.organization_id = o.id and d.type = q.type and d.id = q.resource
    offset 0
  ) r on true;
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
  select distinct m.user_id
  from verify_context(p_context) v
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
