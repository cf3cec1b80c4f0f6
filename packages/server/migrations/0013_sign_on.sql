-- One sign-on: the OpenID provider's clients, keys, grants and what it hands out. Everything a grant gives ends with the
-- session it came from, which is read at each use and not copied here.

create table sign_on_keys (
  id         uuid primary key,
  algorithm  text not null check (algorithm = 'ES256'),
  secret     bytea not null,
  created_at timestamptz not null,
  retired_at timestamptz
);
comment on table sign_on_keys is 'Keys that sign ID tokens, logout tokens and JWT access tokens of applications; never those of the API. Written by the operator''s commands, read by the server.';
comment on column sign_on_keys.id is 'The kid in a token''s header and in the published key set.';
comment on column sign_on_keys.algorithm is 'Asymmetric always: whoever verifies cannot sign.';
comment on column sign_on_keys.secret is 'PKCS #8, sealed with AES-256-GCM under the master key: 12 bytes nonce, ciphertext, 16 bytes tag.';
comment on column sign_on_keys.created_at is 'When it was made; the newest that is not retired signs.';
comment on column sign_on_keys.retired_at is 'From then on it is not published.';
grant select on sign_on_keys to writ_app;

create table sign_on_clients (
  id                  uuid primary key,
  name                text not null check (length(name) between 1 and 200),
  type                text not null check (type in ('web', 'spa', 'native', 'device', 'service')),
  authentication      text not null check (authentication in ('client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none')),
  secret_hash         bytea check (length(secret_hash) = 32),
  jwks                jsonb,
  redirect_uris       text[] not null default '{}',
  post_logout_uris    text[] not null default '{}',
  backchannel_uri     text,
  initiate_uri        text,
  resources           text[] not null default '{}',
  audience            text unique,
  audience_scopes     text[] not null default '{}',
  audience_tokens     text check (audience_tokens in ('opaque', 'jwt')),
  is_first_party      boolean not null,
  requires_par        boolean not null default false,
  requires_dpop       boolean not null default false,
  organization_id     uuid references organizations (id),
  created_by          text not null,
  created_at          timestamptz not null,
  revoked_at          timestamptz,
  check ((authentication like 'client_secret%') = (secret_hash is not null)),
  check ((authentication = 'private_key_jwt') = (jwks is not null)),
  check ((audience is null) = (audience_tokens is null))
);
comment on table sign_on_clients is 'Applications that sign people in here. Registered and revoked by the operator; the server reads them.';
comment on column sign_on_clients.id is 'uuid v7; cli_… on the wire; the client_id.';
comment on column sign_on_clients.name is 'As people read it when they are asked for consent.';
comment on column sign_on_clients.type is 'web and spa run in browsers, native on a device of its user (RFC 8252), device has no browser (RFC 8628), service is an API that asks about tokens.';
comment on column sign_on_clients.authentication is 'How it proves itself at the token endpoint; none: a public client.';
comment on column sign_on_clients.secret_hash is 'SHA-256 of its secret, which is 256 random bits.';
comment on column sign_on_clients.jwks is 'Its public keys.';
comment on column sign_on_clients.redirect_uris is 'Where codes may be sent, compared exactly; of a native client a loopback address may have any port (RFC 8252 section 7.3).';
comment on column sign_on_clients.post_logout_uris is 'Where a browser may be sent after signing out, compared exactly.';
comment on column sign_on_clients.backchannel_uri is 'Where it is told that a session ended (OpenID Connect Back-Channel Logout).';
comment on column sign_on_clients.initiate_uri is 'Its own page, for a link to it.';
comment on column sign_on_clients.resources is 'Audiences it may ask tokens for (RFC 8707).';
comment on column sign_on_clients.audience is 'Of a service: the resource indicator it answers to.';
comment on column sign_on_clients.audience_scopes is 'Of a service: the scopes it knows.';
comment on column sign_on_clients.audience_tokens is 'Of a service: opaque tokens, which it asks about, or JWTs, which it verifies itself.';
comment on column sign_on_clients.is_first_party is 'Of the platform itself: its users are not asked for consent.';
comment on column sign_on_clients.requires_par is 'Authorization requests must be pushed (RFC 9126).';
comment on column sign_on_clients.requires_dpop is 'Tokens must be bound to a key (RFC 9449).';
comment on column sign_on_clients.organization_id is 'Only members of this one sign in to it; null: of any.';
comment on column sign_on_clients.created_by is 'Actor.';
comment on column sign_on_clients.created_at is 'When it was registered.';
comment on column sign_on_clients.revoked_at is 'From then on it is nobody, and what it was given is worth nothing.';
create index sign_on_clients_organization on sign_on_clients (organization_id);
grant select on sign_on_clients to writ_app;

create table sign_on_grants (
  organization_id    uuid not null references organizations (id),
  id_hash            bytea not null unique check (length(id_hash) = 32),
  session_id         uuid not null,
  user_id            uuid not null,
  client_id          uuid not null references sign_on_clients (id),
  created_at         timestamptz not null,
  session_expires_at timestamptz not null,
  ended_at           timestamptz,
  ended_because      text,
  primary key (organization_id, id_hash)
);
comment on table sign_on_grants is 'What one session gave one application: all its codes and tokens are worth something only while the grant has not ended and the session holds.';
comment on column sign_on_grants.organization_id is 'The session''s organization: the only one the tokens are for.';
comment on column sign_on_grants.id_hash is 'SHA-256 of the grant''s id.';
comment on column sign_on_grants.session_id is 'The session. No foreign key: a grant whose session is gone is worth nothing, and its deletion need not be waited for.';
comment on column sign_on_grants.user_id is 'The account.';
comment on column sign_on_grants.client_id is 'The application.';
comment on column sign_on_grants.created_at is 'When it was given.';
comment on column sign_on_grants.session_expires_at is 'The session''s absolute end: no token lives longer.';
comment on column sign_on_grants.ended_at is 'Withdrawn, revoked, or a spent code or token was presented again.';
comment on column sign_on_grants.ended_because is 'reuse, revoked, signed_out, withdrawn.';
create index sign_on_grants_user on sign_on_grants (user_id, client_id);
create index sign_on_grants_old on sign_on_grants (session_expires_at);

create table sign_on_artifacts (
  model          text not null check (length(model) between 1 and 60),
  id_hash        bytea not null check (length(id_hash) = 32),
  grant_hash     bytea check (length(grant_hash) = 32),
  uid_hash       bytea check (length(uid_hash) = 32),
  user_code_hash bytea check (length(user_code_hash) = 32),
  session_id     uuid,
  payload        bytea not null,
  is_in_flight   boolean not null default false,
  created_at     timestamptz not null,
  expires_at     timestamptz not null,
  consumed_at    timestamptz,
  primary key (model, id_hash)
);
comment on table sign_on_artifacts is 'What the OpenID provider keeps: codes, tokens, device codes, pushed requests, interactions, its browser sessions, proofs that were seen.';
comment on column sign_on_artifacts.model is 'What it is, in the words of the provider: AuthorizationCode, AccessToken …';
comment on column sign_on_artifacts.id_hash is 'SHA-256 of its id, which is the credential itself.';
comment on column sign_on_artifacts.grant_hash is 'SHA-256 of the id of the grant it belongs to.';
comment on column sign_on_artifacts.uid_hash is 'SHA-256 of the second name of a browser session.';
comment on column sign_on_artifacts.user_code_hash is 'SHA-256 of the code a person types for a device.';
comment on column sign_on_artifacts.session_id is 'Of a browser session of the provider: the session it stands for.';
comment on column sign_on_artifacts.payload is 'The provider''s own JSON, sealed under the master key and bound to its row.';
comment on column sign_on_artifacts.is_in_flight is 'Of a device code: somebody is deciding on it. Of two, one.';
comment on column sign_on_artifacts.created_at is 'When it was made.';
comment on column sign_on_artifacts.expires_at is 'Dead from then on, and removed some time later.';
comment on column sign_on_artifacts.consumed_at is 'When it was spent; set once.';
create index sign_on_artifacts_grant on sign_on_artifacts (grant_hash) where grant_hash is not null;
create unique index sign_on_artifacts_uid on sign_on_artifacts (uid_hash) where uid_hash is not null;
create unique index sign_on_artifacts_user_code on sign_on_artifacts (user_code_hash) where user_code_hash is not null;
create index sign_on_artifacts_old on sign_on_artifacts (expires_at);

create table sign_on_consents (
  user_id         uuid not null references users (id) on delete cascade,
  organization_id uuid not null references organizations (id),
  client_id       uuid not null references sign_on_clients (id),
  scopes          text[] not null,
  given_at        timestamptz not null,
  primary key (organization_id, user_id, client_id)
);
comment on table sign_on_consents is 'What a person has agreed to hand to an application of somebody else, in one organization. Withdrawn: the row is gone; the log keeps both.';
comment on column sign_on_consents.user_id is 'Who agreed.';
comment on column sign_on_consents.organization_id is 'As a member of which organization.';
comment on column sign_on_consents.client_id is 'To whom.';
comment on column sign_on_consents.scopes is 'What may be handed over without asking again.';
comment on column sign_on_consents.given_at is 'When it was last asked.';
create index sign_on_consents_user on sign_on_consents (user_id);

create table sign_on_logouts (
  organization_id    uuid not null references organizations (id),
  id                 uuid not null unique,
  session_id         uuid not null,
  user_id            uuid not null,
  client_id          uuid not null references sign_on_clients (id),
  sid                text not null,
  created_at         timestamptz not null,
  session_expires_at timestamptz not null,
  due_at             timestamptz,
  attempts           integer not null default 0,
  delivered_at       timestamptz,
  failed_at          timestamptz,
  primary key (organization_id, id),
  unique (session_id, client_id, sid)
);
comment on table sign_on_logouts is 'Applications that are to be told when a session ends (OpenID Connect Back-Channel Logout). Made due by whatever ends the session, in its transaction.';
comment on column sign_on_logouts.organization_id is 'The session''s organization.';
comment on column sign_on_logouts.id is 'uuid v7; the jti of the logout token.';
comment on column sign_on_logouts.session_id is 'The session. No foreign key: its deletion is what is to be told.';
comment on column sign_on_logouts.user_id is 'The account, for the sub of the logout token.';
comment on column sign_on_logouts.client_id is 'Who is told.';
comment on column sign_on_logouts.sid is 'The session as this application knows it.';
comment on column sign_on_logouts.created_at is 'When the application was signed in to.';
comment on column sign_on_logouts.session_expires_at is 'The session''s absolute end.';
comment on column sign_on_logouts.due_at is 'From then on it is told; null while the session holds; later after each failure.';
comment on column sign_on_logouts.attempts is 'How often it was tried.';
comment on column sign_on_logouts.delivered_at is 'When the application took it.';
comment on column sign_on_logouts.failed_at is 'When it was given up.';
create index sign_on_logouts_due on sign_on_logouts (due_at) where due_at is not null and delivered_at is null and failed_at is null;
create index sign_on_logouts_waiting on sign_on_logouts (session_id) where due_at is null;

do $$
declare t text;
begin
  foreach t in array array['sign_on_grants', 'sign_on_artifacts', 'sign_on_consents', 'sign_on_logouts'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy sign_on on %I to writ_app, writ_owner using ((select verified_scope()) = ''sign-on'')', t);
    execute format('create policy system on %I to writ_system using (true)', t);
    execute format('grant select, insert, update, delete on %I to writ_app', t);
  end loop;
end $$;
grant select, update on sign_on_logouts to writ_system;

-- Whatever ends a session makes its applications hear of it, in the same transaction: there is no path to forget.
create function announce_session_end() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
  -- A deletion says no time: it is due since ever.
  update sign_on_logouts set due_at = case when tg_op = 'UPDATE' then new.ended_at else '-infinity' end
  where session_id = old.id and due_at is null;
  return null;
end $$;
comment on function announce_session_end() is 'Exists because sessions end in the scope of an organization or an account, by many paths, and what the provider keeps is not visible there. Not callable but as a trigger.';
-- Before the change of owner: a trigger is made by who may call its function; afterwards nobody may.
create trigger session_end_announced after update of ended_at on sessions for each row
  when (old.ended_at is null and new.ended_at is not null) execute function announce_session_end();
create trigger session_deletion_announced after delete on sessions for each row execute function announce_session_end();
revoke all on function announce_session_end() from public;
alter function announce_session_end() owner to writ_system;

-- Sessions that end without anybody ending them: they expire, or their bearer loses the standing they need.
create function announce_lost_sessions(p_now timestamptz) returns bigint
  language sql volatile security definer set search_path = pg_catalog, public
as $$
  with lost as (
    update sign_on_logouts l set due_at = p_now
    where l.due_at is null and verified_scope() = 'sign-on' and not exists (
      select from sessions s
      join users u on u.id = s.user_id
      join members m on m.organization_id = s.organization_id and m.id = s.member_id
      join organizations o on o.id = s.organization_id
      where s.id = l.session_id and s.ended_at is null and s.expires_at > p_now and s.token_version = u.token_version
        and u.status = 'active' and m.status = 'active' and o.status = 'active'
        and (m.access_ends_at is null or m.access_ends_at > p_now)
    )
    returning 1
  ) select nullif(count(*), 0) from lost
$$;
comment on function announce_lost_sessions(timestamptz) is 'Exists because the provider has to see sessions of all organizations, and sees no more of them than that they hold.';
revoke all on function announce_lost_sessions(timestamptz) from public;
alter function announce_lost_sessions(timestamptz) owner to writ_system;

-- The times of a session that is about to give something to an application.
create function session_times(p_session uuid) returns table (authenticated_at timestamptz, expires_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, public
as $$ select s.authenticated_at, s.expires_at from sessions s where s.id = p_session and verified_scope() = 'sign-on' $$;
comment on function session_times(uuid) is 'Exists because the provider keeps grants of all organizations, and none of them outlives its session.';
revoke all on function session_times(uuid) from public;
alter function session_times(uuid) owner to writ_system;
set role writ_system;
grant execute on function announce_lost_sessions(timestamptz), session_times(uuid) to writ_app;
reset role;
