-- Second factors, devices that were proven before, and what else a standing now says: suspended privileges, a last day,
-- an address that is not verified yet.

alter table users add column email_verified_at timestamptz;
comment on column users.email_verified_at is 'When the person proved that the address is theirs; null: not yet.';
grant select (email_verified_at) on users to writ_app;
-- Accounts of before count as verified. The owner sees rows only while row-level security is not forced on it.
alter table users no force row level security;
update users set email_verified_at = created_at;
alter table users force row level security;

alter table members
  add column privileges_suspended_at timestamptz,
  add column access_ends_at timestamptz,
  add column invite_id uuid;
comment on column members.privileges_suspended_at is 'Since when the privileged roles of the member grant nothing, pending review.';
comment on column members.access_ends_at is 'The end of the last day: from then on the membership has no standing. Compared with the clock at each request; no job has to run.';
comment on column members.invite_id is 'The invite that was accepted, if the member came by one.';
grant update (privileges_suspended_at, access_ends_at, invite_id) on members to writ_app;

alter table sessions
  add column methods text[] not null default '{password}',
  add column second_factor_at timestamptz,
  add column device_id uuid;
comment on column sessions.methods is 'How it was opened and proven since: password, totp, recovery_code, passkey (RFC 8176 amr, in our words).';
comment on column sessions.second_factor_at is 'When a second factor was proven in it; null: never.';
comment on column sessions.device_id is 'The device of devices that it was opened on, if one was known or made.';

alter table sign_in_challenges
  drop constraint sign_in_challenges_kind_check,
  add constraint sign_in_challenges_kind_check check (kind in ('second_factor', 'password_change', 'organization')),
  add column methods text[] not null default '{password}',
  add column second_factor_at timestamptz,
  add column organization text;
comment on column sign_in_challenges.methods is 'What has been proven so far.';
comment on column sign_in_challenges.second_factor_at is 'When a second factor was, if it was.';
comment on column sign_in_challenges.organization is 'The organization that was named at the beginning, id or slug as it was sent.';

create table totp_factors (
  user_id      uuid not null references users (id) on delete cascade,
  id           uuid not null,
  secret       bytea not null,
  created_at   timestamptz not null,
  confirmed_at timestamptz,
  last_step    bigint,
  last_used_at timestamptz,
  primary key (user_id, id)
);
comment on table totp_factors is 'Authenticator apps (RFC 6238). One that was not confirmed by a code proves nothing; an account has at most one confirmed.';
comment on column totp_factors.user_id is 'Whose.';
comment on column totp_factors.id is 'uuid v7; fac_… on the wire.';
comment on column totp_factors.secret is 'The shared secret, AES-256-GCM under the master key.';
comment on column totp_factors.created_at is 'When enrolment began.';
comment on column totp_factors.confirmed_at is 'When a first code proved it; null: it is no factor yet.';
comment on column totp_factors.last_step is 'Time step of the newest code that was taken; only later ones are good, so each code is good once.';
comment on column totp_factors.last_used_at is 'Last use.';
create unique index totp_factors_one on totp_factors (user_id) where confirmed_at is not null;

create table recovery_codes (
  user_id    uuid not null references users (id) on delete cascade,
  id         uuid not null,
  code_hash  bytea not null unique check (length(code_hash) = 32),
  created_at timestamptz not null,
  spent_at   timestamptz,
  primary key (user_id, id)
);
comment on table recovery_codes is 'One-time codes for who lost the second factor. A new set replaces the old one whole.';
comment on column recovery_codes.user_id is 'Whose.';
comment on column recovery_codes.id is 'uuid v7.';
comment on column recovery_codes.code_hash is 'SHA-256 of the code: 120 random bits need no slow hash (ASVS 5.0, 6.5.2).';
comment on column recovery_codes.created_at is 'When the set was made.';
comment on column recovery_codes.spent_at is 'When it was used.';

create table passkeys (
  user_id       uuid not null references users (id) on delete cascade,
  id            uuid not null,
  credential_id bytea not null unique,
  public_key    bytea not null,
  sign_count    bigint not null,
  transports    text[] not null default '{}',
  name          text not null check (length(name) between 1 and 100),
  is_backed_up  boolean not null,
  aaguid        uuid,
  created_at    timestamptz not null,
  last_used_at  timestamptz,
  primary key (user_id, id)
);
comment on table passkeys is 'WebAuthn credentials.';
comment on column passkeys.user_id is 'Whose.';
comment on column passkeys.id is 'uuid v7; pky_… on the wire.';
comment on column passkeys.credential_id is 'As the authenticator calls it.';
comment on column passkeys.public_key is 'COSE key.';
comment on column passkeys.sign_count is 'Signature counter at the last use; one that goes back may be a clone.';
comment on column passkeys.transports is 'How the authenticator is reached, as the browser said.';
comment on column passkeys.name is 'What its owner calls it.';
comment on column passkeys.is_backed_up is 'Whether it is synchronized between devices.';
comment on column passkeys.aaguid is 'Model of the authenticator, where it says so.';
comment on column passkeys.created_at is 'When it was registered.';
comment on column passkeys.last_used_at is 'Last use.';

create table passkey_challenges (
  id         uuid primary key,
  user_id    uuid references users (id) on delete cascade,
  purpose    text not null check (purpose in ('register', 'second_factor', 'sign_in')),
  challenge  bytea not null unique check (length(challenge) = 32),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  spent_at   timestamptz
);
create index passkey_challenges_expiry on passkey_challenges (expires_at);
comment on table passkey_challenges is 'What a passkey is asked to sign (WebAuthn section 13.4.3). Spent once, by whoever was asked.';
comment on column passkey_challenges.id is 'uuid v7.';
comment on column passkey_challenges.user_id is 'Who was asked; null: a sign-in without a name, anybody.';
comment on column passkey_challenges.purpose is 'What for: one made for a sign-in registers nothing.';
comment on column passkey_challenges.challenge is 'The random bytes.';
comment on column passkey_challenges.created_at is 'When it was asked.';
comment on column passkey_challenges.expires_at is 'Dead from then on.';
comment on column passkey_challenges.spent_at is 'When it was answered.';

create table factor_attempts (
  user_id        uuid not null references users (id) on delete cascade,
  factor         text not null check (factor in ('totp', 'recovery_code')),
  failed         integer not null default 0,
  last_failed_at timestamptz,
  primary key (user_id, factor)
);
comment on table factor_attempts is 'Wrong codes in a row, by account and factor: a new sign-in gives no new attempts.';
comment on column factor_attempts.user_id is 'Whose factor is being guessed.';
comment on column factor_attempts.factor is 'Which.';
comment on column factor_attempts.failed is 'Attempts since the last success, reserved before the code is looked at.';
comment on column factor_attempts.last_failed_at is 'Time of the newest; the lock runs from here.';

create table devices (
  user_id        uuid not null references users (id) on delete cascade,
  id             uuid not null,
  secret_hash    bytea not null unique check (length(secret_hash) = 32),
  name           text not null,
  ip             text,
  created_at     timestamptz not null,
  last_used_at   timestamptz not null,
  failed         integer not null default 0,
  last_failed_at timestamptz,
  forgotten_at   timestamptz,
  primary key (user_id, id)
);
comment on table devices is 'Browsers on which an account has signed in whole. While somebody else''s guesses keep the account locked, its owner still gets in from one of these: it has attempts of its own.';
comment on column devices.user_id is 'Whose.';
comment on column devices.id is 'uuid v7.';
comment on column devices.secret_hash is 'SHA-256 of the device cookie''s secret.';
comment on column devices.name is 'What its user agent said, in words.';
comment on column devices.ip is 'Client address at its last sign-in.';
comment on column devices.created_at is 'First sign-in.';
comment on column devices.last_used_at is 'Last sign-in.';
comment on column devices.failed is 'Failed attempts from it since the last success.';
comment on column devices.last_failed_at is 'Time of the newest.';
comment on column devices.forgotten_at is 'From then on it is a stranger: too many failures, or the account was recovered.';

do $$
declare t text;
begin
  foreach t in array array['totp_factors', 'recovery_codes', 'passkeys', 'factor_attempts', 'devices'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own on %I to writ_app, writ_owner using (user_id = (select current_account()))', t);
    execute format('create policy system on %I to writ_system using (true)', t);
    execute format('grant select, insert, update, delete on %I to writ_app', t);
    execute format('grant select on %I to writ_system', t);
  end loop;
end $$;
alter table passkey_challenges enable row level security;
alter table passkey_challenges force row level security;
-- A sign-in without a name belongs to nobody yet: its challenge is written and spent in the scope that notes use.
create policy own on passkey_challenges to writ_app, writ_owner using (user_id = (select current_account()));
create policy nameless on passkey_challenges to writ_app, writ_owner using (user_id is null and (select verified_scope()) = 'passkey');
create policy system on passkey_challenges to writ_system using (true);
-- Delete: what has expired goes when the next one is made.
grant select, insert, update, delete on passkey_challenges to writ_app;

create function account_of_passkey(p_credential bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, public
as $$ select user_id from passkeys where credential_id = p_credential and verified_scope() = 'passkey' $$;
comment on function account_of_passkey(bytea) is 'Exists because a passkey names its account before anybody is signed in.';

revoke all on function account_of_passkey(bytea) from public;
alter function account_of_passkey(bytea) owner to writ_system;
set role writ_system;
grant execute on function account_of_passkey(bytea) to writ_app;
reset role;

-- A sign-in offers no organization whose last day is over.
drop function account_organizations(uuid);
create function account_organizations(p_user uuid)
  returns table (organization_id uuid, slug text, name text, kind text, organization_status text, overrides text, member_id uuid, status text, access_ends_at timestamptz, is_awaited boolean)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select o.id, o.slug, o.name, o.kind, o.status, o.overrides::text, m.id, m.status, m.access_ends_at, m.is_awaited
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

-- The hot path again, with what is new in a standing -------------------------------------------------------------------
drop function standing(uuid[], bytea[], bytea[]);
create function standing(p_sessions uuid[], p_cookies bytea[], p_applications bytea[])
  returns table (
    kind text, key text, id uuid, organization_id uuid, organization_kind text, organization_slug text, organization_status text, overrides text,
    user_id uuid, user_status text, member_id uuid, member_status text, member_revision integer,
    token_version integer, session_token_version integer, must_change_password boolean,
    authenticated_at timestamptz, last_used_at timestamptz, expires_at timestamptz, ended_at timestamptz,
    assignments json, policy_version_id uuid, keys_epoch bigint, cookie_revision integer,
    methods text[], second_factor_at timestamptz, has_second_factor boolean, privileges_suspended boolean,
    access_ends_at timestamptz, email_verified boolean, has_name boolean
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
      applied, (select count(*) + count(k.retired_at) from signing_keys k), f.member_revision,
      f.methods, f.second_factor_at,
      f.second_factor_at is not null
        or exists (select from totp_factors t where t.user_id = f.user_id and t.confirmed_at is not null)
        or exists (select from passkeys p where p.user_id = f.user_id),
      m.privileges_suspended_at is not null, m.access_ends_at, u.email_verified_at is not null, u.name <> ''
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
      null::json, applied, 0::bigint, null::integer,
      null::text[], null::timestamptz, null::boolean, null::boolean, null::timestamptz, null::boolean, null::boolean
    from unnest(p_applications) k
    join applications a on a.secret_hash = k
    join organizations o on o.id = a.organization_id;
  end if;
end $$;
comment on function standing(uuid[], bytea[], bytea[]) is 'Exists because a credential is presented before its organization is known, and because one statement serves all requests of a tick. keys_epoch changes when a signing key is made or retired, so that a retired one is refused on every node at once.';
revoke all on function standing(uuid[], bytea[], bytea[]) from public;
alter function standing(uuid[], bytea[], bytea[]) owner to writ_system;
set role writ_system;
grant execute on function standing(uuid[], bytea[], bytea[]) to writ_app;
reset role;

-- What a decision about somebody else is made from, with the same -----------------------------------------------------
-- One row a question whose organization exists for the asker. p_contexts are signed `org:<id>` scopes; question n is
-- asked under p_contexts[p_context[n]] and about p_organization[n] (uuid or slug; null: the context's own). Only the
-- platform's context reaches another organization than its own; what is said of the organization is said of such a
-- one only. A question may be about a subject (by id or by the key of an address), about a registered resource, about
-- both or only about the organization. An array that is shorter than p_context is null to its end.
-- A subject's standing comes from their membership in that organization, else from the one in the platform.
-- plpgsql with a generic plan: planning costs five times what running does. `offset 0` keeps the look-up of a resource
-- a look-up: planned while the table is small, it would otherwise be a hash of all resources there are.
drop function decision_facts(text[], integer[], text[], uuid[], text[], text[], text[]);
create function decision_facts(
    p_contexts text[], p_context integer[], p_organization text[], p_user uuid[], p_address text[], p_type text[], p_resource text[]
  )
  returns table (
    n bigint, elsewhere json,
    user_id uuid, email text, name text, account_active boolean, must_change_password boolean, last_sign_in_at timestamptz,
    member_organization_id uuid, membership_active boolean, assignments json,
    registered boolean, attributes jsonb, state text,
    has_second_factor boolean, privileges_suspended boolean, access_ends_at timestamptz, email_verified boolean
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
    r.id is not null, r.attributes, r.state,
    u.id is not null and (exists (select from totp_factors t where t.user_id = u.id and t.confirmed_at is not null)
      or exists (select from passkeys y where y.user_id = u.id)),
    m.privileges_suspended_at is not null, m.access_ends_at, u.email_verified_at is not null
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
    select b.id, b.user_id, b.organization_id, b.status, b.privileges_suspended_at, b.access_ends_at from members b
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
alter function decision_facts(text[], integer[], text[], uuid[], text[], text[], text[]) owner to writ_system;
set role writ_system;
grant execute on function decision_facts(text[], integer[], text[], uuid[], text[], text[], text[]) to writ_app;
reset role;

-- Members as a list shows them, with the same ---------------------------------------------------------------------------
alter type member_row
  add attribute second_factor boolean,
  add attribute email_verified boolean,
  add attribute is_invited boolean,
  add attribute privileges_suspended_at timestamptz,
  add attribute access_ends_at timestamptz;

create function has_second_factor(p_user uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select exists (select from totp_factors t where t.user_id = p_user and t.confirmed_at is not null)
    or exists (select from passkeys y where y.user_id = p_user)
$$;
comment on function has_second_factor(uuid) is 'Exists because an organization sees whether its members have a second factor, and never the factor. Called by the functions of writ_system alone.';
revoke all on function has_second_factor(uuid) from public;
alter function has_second_factor(uuid) owner to writ_system;

drop function list_members(text, text, text, uuid, integer, timestamptz), get_member(uuid, timestamptz);
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
      m.last_active_at, u.last_sign_in_at, m.created_at, m.deactivated_at,
      m.invite_id, m.privileges_suspended_at, m.access_ends_at, u.email_verified_at
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
    p.created_at, p.deactivated_at,
    has_second_factor(p.user_id), p.email_verified_at is not null, p.invite_id is not null, p.privileges_suspended_at, p.access_ends_at
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
    m.created_at, m.deactivated_at,
    has_second_factor(m.user_id), u.email_verified_at is not null, m.invite_id is not null, m.privileges_suspended_at, m.access_ends_at
  from members m join users u on u.id = m.user_id
  where m.organization_id = current_organization() and m.id = p_member
$$;
comment on function get_member(uuid, timestamptz) is 'The row of list_members for one member.';
revoke all on function list_members(text, text, text, uuid, integer, timestamptz), get_member(uuid, timestamptz) from public;
alter function list_members(text, text, text, uuid, integer, timestamptz) owner to writ_system;
alter function get_member(uuid, timestamptz) owner to writ_system;
set role writ_system;
grant execute on function list_members(text, text, text, uuid, integer, timestamptz), get_member(uuid, timestamptz) to writ_app, writ_owner;
reset role;
