-- The applied policy, who holds which role, who may ask, and what is known of the application's resources.

create table policy_versions (
  id         uuid primary key,
  number     integer not null unique,
  sha256     text not null,
  name       text not null,
  version    text not null,
  source     text not null,
  author     text not null,
  reason     text not null,
  changes    jsonb not null,
  applied_at timestamptz not null
);
comment on table policy_versions is 'Every policy that was ever in force, whole and immutable. Written by the operator''s commands, read by the server.';
comment on column policy_versions.id is 'uuid v7; pol_… on the wire.';
comment on column policy_versions.number is '1, 2, 3 … in order of application.';
comment on column policy_versions.sha256 is 'SHA-256 of the source, hex.';
comment on column policy_versions.name is 'The policy''s name.';
comment on column policy_versions.version is 'The document''s own version.';
comment on column policy_versions.source is 'The file, as it was.';
comment on column policy_versions.author is 'Who applied it.';
comment on column policy_versions.reason is 'Why.';
comment on column policy_versions.changes is 'Differences to the version before, as packages/policy diff gives them.';
comment on column policy_versions.applied_at is 'From then on it holds; the newest is in force.';

create table roles (
  policy_version_id uuid not null references policy_versions (id),
  name              text not null,
  title             text not null,
  scope             text not null check (scope in ('platform', 'organization')),
  rank              integer not null,
  primary key (policy_version_id, name)
);
comment on table roles is 'The roles of each policy version, for people and tools that read with SQL.';
comment on column roles.policy_version_id is 'The version that defines it.';
comment on column roles.name is 'Its name in the policy.';
comment on column roles.title is 'Its title in the document.';
comment on column roles.scope is 'Above organizations, or within one.';
comment on column roles.rank is '0 is the most privileged.';

create table permissions (
  policy_version_id uuid not null references policy_versions (id),
  name              text not null,
  action            text not null,
  resource          text not null,
  primary key (policy_version_id, name)
);
comment on table permissions is 'The permissions of each policy version (action:resource).';
comment on column permissions.policy_version_id is 'The version that knows it.';
comment on column permissions.name is 'action:resource.';
comment on column permissions.action is 'The action.';
comment on column permissions.resource is 'The resource type.';

create table role_permissions (
  policy_version_id uuid not null,
  role              text not null,
  permission        text not null,
  effect            text not null check (effect in ('allow', 'deny')),
  condition         text,
  foreign key (policy_version_id, role) references roles (policy_version_id, name),
  foreign key (policy_version_id, permission) references permissions (policy_version_id, name)
);
comment on table role_permissions is 'What each role may do in each version, inheritance and wildcards expanded.';
comment on column role_permissions.policy_version_id is 'The version.';
comment on column role_permissions.role is 'The role.';
comment on column role_permissions.permission is 'The permission.';
comment on column role_permissions.effect is 'A deny overrides every allow.';
comment on column role_permissions.condition is 'The CEL condition under which it holds; null holds always.';
create index role_permissions_role on role_permissions (policy_version_id, role);
grant select on policy_versions, roles, permissions, role_permissions to writ_app, writ_system;

create table user_roles (
  organization_id   uuid not null references organizations (id),
  id                uuid not null,
  member_id         uuid not null,
  user_id           uuid not null,
  role              text not null,
  source            text not null default 'assigned' check (source in ('assigned', 'elevation', 'break-glass', 'support', 'setup', 'operator')),
  policy_version_id uuid not null references policy_versions (id),
  assigned_by       text not null,
  assigned_at       timestamptz not null,
  expires_at        timestamptz,
  ended_at          timestamptz,
  ended_by          text,
  primary key (organization_id, id)
);
comment on table user_roles is 'Assignments: which member holds which role, from when to when, by whom, under which policy version. Never deleted: the past stays readable, also of members who are gone.';
comment on column user_roles.organization_id is 'The organization.';
comment on column user_roles.id is 'uuid v7; asg_… on the wire.';
comment on column user_roles.member_id is 'The member; no foreign key, since history outlives them.';
comment on column user_roles.user_id is 'The account; no foreign key, for the same reason.';
comment on column user_roles.role is 'The role''s name.';
comment on column user_roles.source is 'Why it is held.';
comment on column user_roles.policy_version_id is 'The version whose definition of the role was in force when it was given.';
comment on column user_roles.assigned_by is 'Actor (user:…, operator:…, setup).';
comment on column user_roles.assigned_at is 'From then on.';
comment on column user_roles.expires_at is 'Compared with the clock at each decision; no job has to run.';
comment on column user_roles.ended_at is 'Taken away; null while held.';
comment on column user_roles.ended_by is 'Actor who took it away.';
create index user_roles_live on user_roles (member_id) where ended_at is null;
create index user_roles_role on user_roles (organization_id, role) where ended_at is null;
alter table user_roles enable row level security;
alter table user_roles force row level security;
create policy tenant on user_roles to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy system on user_roles to writ_system using (true);
grant select, insert, update (ended_at, ended_by) on user_roles to writ_app;
grant select on user_roles to writ_system;

-- Roles above organizations are given beside the application, never through it: the server's own role cannot.
create function refuse_platform_assignment() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
  if current_user = 'writ_app' and exists (select from organizations o where o.id = new.organization_id and o.kind = 'platform') then
    raise exception 'platform roles are assigned by the operator''s command, not by the server' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
comment on function refuse_platform_assignment() is 'Guards user_roles of the platform against writ_app, whatever SQL it sends.';
create trigger platform_assignments before insert or update on user_roles for each row execute function refuse_platform_assignment();

create table applications (
  organization_id uuid not null references organizations (id),
  id              uuid not null,
  name            text not null check (length(name) between 1 and 200),
  secret_hash     bytea not null unique check (length(secret_hash) = 32),
  created_by      text not null,
  created_at      timestamptz not null,
  revoked_at      timestamptz,
  last_used_at    timestamptz,
  primary key (organization_id, id),
  unique (id)
);
comment on table applications is 'Programs that may ask for decisions: about their own organization, or, where they belong to the platform, about any.';
comment on column applications.organization_id is 'Whose application.';
comment on column applications.id is 'uuid v7; app_… on the wire.';
comment on column applications.name is 'What people call it.';
comment on column applications.secret_hash is 'SHA-256 of the credential (writ_app_…).';
comment on column applications.created_by is 'Actor.';
comment on column applications.created_at is 'When it was registered.';
comment on column applications.revoked_at is 'From then on it may ask nothing.';
comment on column applications.last_used_at is 'Last question, to the minute.';
alter table applications enable row level security;
alter table applications force row level security;
create policy tenant on applications to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy system on applications to writ_system using (true);
grant select, insert, update on applications to writ_app;
grant select on applications to writ_system;

-- An application of the platform may ask about every organization, so only the operator makes one.
create function refuse_platform_application() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
  if current_user = 'writ_app' and exists (select from organizations o where o.id = new.organization_id and o.kind = 'platform') then
    raise exception 'applications of the platform are registered by the operator''s command, not by the server' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
comment on function refuse_platform_application() is 'Guards the platform''s applications against writ_app, whatever SQL it sends.';
create trigger platform_applications before insert on applications for each row execute function refuse_platform_application();

create table resources (
  organization_id uuid not null references organizations (id),
  type            text not null check (length(type) between 1 and 100),
  id              text not null check (length(id) between 1 and 500),
  attributes      jsonb not null default '{}',
  state           text,
  updated_at      timestamptz not null,
  primary key (organization_id, type, id)
);
comment on table resources is 'The optional register of the application''s resources: what conditions, states and searches look at.';
comment on column resources.organization_id is 'Whose resource.';
comment on column resources.type is 'Resource type of the policy.';
comment on column resources.id is 'The application''s own id.';
comment on column resources.attributes is 'Values of the type''s declared attributes.';
comment on column resources.state is 'One of the type''s declared states, or none.';
comment on column resources.updated_at is 'When the application last said so.';
alter table resources enable row level security;
alter table resources force row level security;
create policy tenant on resources to writ_app, writ_owner using (organization_id = (select current_organization()));
grant select, insert, update, delete on resources to writ_app;

-- The hot path -----------------------------------------------------------------------------------------------------
-- Who is this and what may they do now, for all requests of one tick at once. Nothing of the answer is kept by the
-- server, so a revocation needs no invalidation: the next request reads it. A session is named by its id (from a
-- token whose signature the server has checked) or by the hash of its cookie; an application by the hash of its credential.
-- plpgsql with generic plans: planning costs more than running does, and what nobody asks for is not begun.
create function standing(p_sessions uuid[], p_cookies bytea[], p_applications bytea[])
  returns table (
    kind text, key text, id uuid, organization_id uuid, organization_kind text, organization_slug text, organization_status text, overrides text,
    user_id uuid, user_status text, member_id uuid, member_status text, member_revision integer,
    token_version integer, session_token_version integer, must_change_password boolean,
    authenticated_at timestamptz, last_used_at timestamptz, expires_at timestamptz, ended_at timestamptz,
    assignments json, policy_version_id uuid, keys_epoch bigint, cookie_revision integer
  )
  language plpgsql stable security definer set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  applied uuid := (select p.id from policy_versions p order by p.number desc limit 1);
begin
  if cardinality(p_sessions) > 0 or cardinality(p_cookies) > 0 then
    return query with found as (
      select 'session' as kind, k::text as key, s.* from unnest(p_sessions) k join sessions s on s.id = k
      union all
      select 'cookie', encode(k, 'hex'), s.* from unnest(p_cookies) k join sessions s on s.secret_hash = k
    )
    select f.kind, f.key, f.id, f.organization_id, o.kind, o.slug, o.status, o.overrides::text,
      f.user_id, u.status, f.member_id, m.status, m.revision,
      u.token_version, f.token_version, u.must_change_password,
      f.authenticated_at, f.last_used_at, f.expires_at, f.ended_at,
      (select json_agg(json_build_array(r.id, r.role, r.source, r.expires_at)) from user_roles r where r.member_id = f.member_id and r.ended_at is null),
      applied, (select count(*) + count(k.retired_at) from signing_keys k), f.member_revision
    from found f
    join organizations o on o.id = f.organization_id
    join users u on u.id = f.user_id
    join members m on m.organization_id = f.organization_id and m.id = f.member_id;
  end if;
  if cardinality(p_applications) > 0 then
    return query select 'application', encode(k, 'hex'), a.id, a.organization_id, o.kind, o.slug, o.status, o.overrides::text,
      null::uuid, null::text, null::uuid, null::text, null::integer,
      null::integer, null::integer, null::boolean,
      null::timestamptz, a.last_used_at, null::timestamptz, a.revoked_at,
      null::json, applied, 0::bigint, null::integer
    from unnest(p_applications) k
    join applications a on a.secret_hash = k
    join organizations o on o.id = a.organization_id;
  end if;
end $$;
comment on function standing(uuid[], bytea[], bytea[]) is 'Exists because a credential is presented before its organization is known, and because one statement serves all requests of a tick. keys_epoch changes when a signing key is made or retired, so that a retired one is refused on every node at once.';
revoke all on function standing(uuid[], bytea[], bytea[]) from public;
grant execute on function standing(uuid[], bytea[], bytea[]) to writ_app;
alter function standing(uuid[], bytea[], bytea[]) owner to writ_system;

-- The platform's view of all organizations.
create function list_organizations(p_after uuid, p_limit integer)
  returns table (id uuid, slug text, name text, status text, created_at timestamptz, members bigint)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select o.id, o.slug, o.name, o.status, o.created_at, (select count(*) from members m where m.organization_id = o.id and m.status = 'active')
  from organizations o
  where o.kind = 'organization' and (p_after is null or o.id > p_after)
    and exists (select from organizations p where p.kind = 'platform' and verified_scope() = 'org:' || p.id)
  order by o.id limit p_limit
$$;
comment on function list_organizations(uuid, integer) is 'Exists because the platform sees that organizations exist; answers only a transaction signed for the platform itself.';
create function find_organization(p_key text) returns table (id uuid, slug text, status text, overrides text)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select o.id, o.slug, o.status, o.overrides::text from organizations o
  where o.kind = 'organization' and (o.slug = p_key or o.id::text = p_key)
    and exists (select from organizations p where p.kind = 'platform' and verified_scope() = 'org:' || p.id)
$$;
comment on function find_organization(text) is 'Exists because the platform reaches an organization by its slug; answers only a transaction signed for the platform itself.';
create function platform_organization() returns uuid
  language sql stable security definer set search_path = pg_catalog, public
as $$ select id from organizations where kind = 'platform' $$;
comment on function platform_organization() is 'Exists because events of no organization belong to the platform''s log, and row-level security hides its row.';
revoke all on function list_organizations(uuid, integer), find_organization(text), platform_organization() from public;
alter function list_organizations(uuid, integer) owner to writ_system;
alter function find_organization(text) owner to writ_system;
alter function platform_organization() owner to writ_system;
-- After the change of owner: with the ownership, what was granted to the former owner goes to the new one.
set role writ_system;
grant execute on function list_organizations(uuid, integer), find_organization(text), platform_organization() to writ_app, writ_owner;
reset role;
