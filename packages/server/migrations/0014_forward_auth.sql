-- Forward auth: the sign-on of hosts that a reverse proxy guards, each with a cookie of its own.

create table forward_hosts (
  id         uuid primary key,
  origin     text not null check (origin ~ '^https?://[^/?#@ ]+$' and length(origin) <= 300),
  created_by text not null,
  created_at timestamptz not null,
  removed_at timestamptz
);
comment on table forward_hosts is 'The hosts that may ask. Written by the operator''s commands, read by the server.';
comment on column forward_hosts.id is 'uuid v7.';
comment on column forward_hosts.origin is 'Scheme, host and port as a browser spells them: https://wiki.example.com.';
comment on column forward_hosts.created_by is 'Actor (operator:…).';
comment on column forward_hosts.created_at is 'When it was registered.';
comment on column forward_hosts.removed_at is 'From then on its cookies are worth nothing and nobody is sent to it. Registered again, it is a new row.';
create unique index forward_hosts_live on forward_hosts (origin) where removed_at is null;
grant select on forward_hosts to writ_app, writ_system;

create table forward_codes (
  organization_id uuid not null references organizations (id),
  id              uuid not null,
  session_id      uuid not null,
  host_id         uuid not null references forward_hosts (id),
  code_hash       bytea not null unique check (length(code_hash) = 32),
  browser_hash    bytea not null check (length(browser_hash) = 32),
  sign_in_hash    bytea not null check (length(sign_in_hash) = 32),
  return_to       text not null check (return_to like '/%' and length(return_to) <= 4000),
  expires_at      timestamptz not null,
  spent_at        timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, session_id) references sessions (organization_id, id) on delete cascade
);
comment on table forward_codes is 'What a browser carries from the sign-on to a host, once, within a minute.';
comment on column forward_codes.organization_id is 'The organization of the session.';
comment on column forward_codes.id is 'uuid v7.';
comment on column forward_codes.session_id is 'The session that the host''s cookie will stand for.';
comment on column forward_codes.host_id is 'The one host it is good at.';
comment on column forward_codes.code_hash is 'SHA-256 of the code.';
comment on column forward_codes.browser_hash is 'SHA-256 of the cookie that the host gave the browser before it left: only that browser can come back with the code.';
comment on column forward_codes.sign_in_hash is 'The session''s secret_hash when the code was made.';
comment on column forward_codes.return_to is 'Path of the host that the person wanted to see.';
comment on column forward_codes.expires_at is 'It is dead from then on.';
comment on column forward_codes.spent_at is 'When it was spent.';

create table forward_sessions (
  organization_id uuid not null references organizations (id),
  id              uuid not null,
  session_id      uuid not null,
  host_id         uuid not null references forward_hosts (id),
  secret_hash     bytea not null unique check (length(secret_hash) = 32),
  sign_in_hash    bytea not null check (length(sign_in_hash) = 32),
  created_at      timestamptz not null,
  primary key (organization_id, id),
  foreign key (organization_id, session_id) references sessions (organization_id, id) on delete cascade
);
comment on table forward_sessions is 'The cookies of hosts. None lives by itself: each stands for a session and dies with it, or when that session''s own cookie is replaced.';
comment on column forward_sessions.organization_id is 'The organization of the session.';
comment on column forward_sessions.id is 'uuid v7.';
comment on column forward_sessions.session_id is 'The session it stands for.';
comment on column forward_sessions.host_id is 'The one host whose cookie it is.';
comment on column forward_sessions.secret_hash is 'SHA-256 of the cookie''s secret.';
comment on column forward_sessions.sign_in_hash is 'The session''s secret_hash when the cookie was made. A proof or a change of privileges replaces that one, and a cookie that was planted or copied before is then worth nothing here either.';
comment on column forward_sessions.created_at is 'When the host''s cookie was made.';
create index forward_codes_session on forward_codes (organization_id, session_id);
create index forward_sessions_session on forward_sessions (organization_id, session_id);

alter table forward_codes enable row level security;
alter table forward_codes force row level security;
alter table forward_sessions enable row level security;
alter table forward_sessions force row level security;
create policy tenant on forward_codes to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy tenant on forward_sessions to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy system on forward_codes to writ_system using (true);
create policy system on forward_sessions to writ_system using (true);
grant select, insert, update (spent_at), delete on forward_codes to writ_app;
grant select, insert, delete on forward_sessions to writ_app;
grant select on forward_codes, forward_sessions to writ_system;

create function organization_of_forward_code(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, public
as $$ select organization_id from forward_codes where code_hash = p_hash $$;
comment on function organization_of_forward_code(bytea) is 'Exists because a code is presented without its organization; only its bearer and the server know the hash.';

create function forward_session(p_hash bytea)
  returns table (session_id uuid, origin text, email text, name text, is_superseded boolean, is_outranked boolean)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select f.session_id, h.origin, u.email, u.name, f.sign_in_hash <> s.secret_hash, s.member_revision <> m.revision
  from forward_sessions f
  join forward_hosts h on h.id = f.host_id and h.removed_at is null
  join sessions s on s.organization_id = f.organization_id and s.id = f.session_id
  join members m on m.organization_id = s.organization_id and m.id = s.member_id
  join users u on u.id = s.user_id
  where f.secret_hash = p_hash
$$;
comment on function forward_session(bytea) is 'Exists because a host''s cookie is presented before its organization is known. Whether its session holds is standing()''s to say.';

revoke all on function organization_of_forward_code(bytea), forward_session(bytea) from public;
alter function organization_of_forward_code(bytea) owner to writ_system;
alter function forward_session(bytea) owner to writ_system;
set role writ_system;
grant execute on function organization_of_forward_code(bytea), forward_session(bytea) to writ_app;
reset role;
