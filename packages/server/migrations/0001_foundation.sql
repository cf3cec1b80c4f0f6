-- Who the server is to the database, and what it can see.
--
-- Three roles exist before the first migration (platform/postgres/roles.ts): writ_owner runs this file and owns
-- the tables, writ_app is the server, writ_system owns the few functions that must look across organizations.
-- No role is a superuser, none bypasses row-level security, and every tenant table FORCEs it.

revoke all on schema public from public;
grant usage on schema public to writ_app, writ_system;

-- The keys -----------------------------------------------------------------------------------------------------

create table context_keys (
  id         integer generated always as identity primary key,
  inner_pad  bytea not null check (length(inner_pad) = 64),
  outer_pad  bytea not null check (length(outer_pad) = 64),
  created_at timestamptz not null
);
comment on table context_keys is 'HMAC-SHA256 pads of the keys that sign writ.context. Readable by writ_system alone, so that not even injected SQL can sign a context.';
comment on column context_keys.id is 'Order of creation; the newest key signs, older ones verify until they are removed.';
comment on column context_keys.inner_pad is 'Key XOR 0x36 (RFC 2104).';
comment on column context_keys.outer_pad is 'Key XOR 0x5c (RFC 2104).';
comment on column context_keys.created_at is 'When the key was installed.';
grant select on context_keys to writ_system;

-- The scope of the running transaction: what the server signed into writ.context, or null.
-- A context reads `<scope>.<64 hex digits of HMAC-SHA256>`; scopes are `org:<uuid>`, `account:<uuid>`, `address:<key>`
-- and others that platform/database.ts lists. After a commit the setting is the empty string, never absent: both mean no scope.
create function verified_scope() returns text
  language plpgsql stable parallel restricted security definer
  set search_path = pg_catalog, public
as $$
declare
  context text := current_setting('writ.context', true);
  signed  text;
begin
  if context is null or length(context) < 66 then return null; end if;
  signed := left(context, -65);
  if exists (
    select from context_keys
    where encode(sha256(outer_pad || sha256(inner_pad || convert_to(signed, 'UTF8'))), 'hex') = right(context, 64)
  ) then return signed; end if;
  return null;
end $$;
comment on function verified_scope() is 'Exists because writ_app must not read the key that signs its own context.';
revoke all on function verified_scope() from public;
alter function verified_scope() owner to writ_system;
-- In this order: with the ownership, what was granted to the former owner goes to the new one.
set role writ_system;
grant execute on function verified_scope() to writ_app, writ_owner;
reset role;

create function current_organization() returns uuid language sql stable parallel restricted as
  $$
    select case
      when scope like 'org:%' then substr(scope, 5)::uuid
      when scope like 'attach:%' then substr(scope, 8, 36)::uuid
    end from (select verified_scope()) as s (scope)
  $$;
comment on function current_organization() is 'The organization of this transaction; null sees no tenant row.';

create function current_account() returns uuid language sql stable parallel restricted as
  $$ select case when scope like 'account:%' then substr(scope, 9)::uuid end from (select verified_scope()) as s (scope) $$;
comment on function current_account() is 'The account that acts on itself, across its organizations, in this transaction.';

revoke all on function current_organization(), current_account() from public;
grant execute on function current_organization(), current_account() to writ_app, writ_system;

-- Organizations --------------------------------------------------------------------------------------------------

create table organizations (
  id         uuid primary key,
  kind       text not null default 'organization' check (kind in ('platform', 'organization')),
  slug       text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name       text not null check (length(name) between 1 and 200),
  status     text not null default 'active' check (status in ('active', 'suspended')),
  settings   jsonb not null default '{}',
  overrides  jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
comment on table organizations is 'The tenants, and the platform itself as a row of its own kind so that its records need no second scheme.';
comment on column organizations.id is 'uuid v7; org_… on the wire.';
comment on column organizations.kind is 'platform: the operator''s own; exactly one. organization: a tenant.';
comment on column organizations.slug is 'Name in URLs, unique over the installation.';
comment on column organizations.name is 'Name people read.';
comment on column organizations.status is 'A suspended organization admits nobody but the platform.';
comment on column organizations.settings is 'Contacts, locale and other particulars, as the settings schema of people/organizations says.';
comment on column organizations.overrides is 'What this organization tightens of the policy, within the policy''s maySet.';
comment on column organizations.created_at is 'When it was created.';
comment on column organizations.updated_at is 'When name, settings or status last changed.';
create unique index organizations_one_platform on organizations (kind) where kind = 'platform';

alter table organizations enable row level security;
alter table organizations force row level security;
create policy tenant on organizations to writ_app, writ_owner using (id = (select current_organization()));
create policy system on organizations to writ_system using (true);
grant select, insert, update on organizations to writ_app;
grant select, update on organizations to writ_system;

-- Keys of the installation ---------------------------------------------------------------------------------------

create table signing_keys (
  id         uuid primary key,
  algorithm  text not null check (algorithm in ('HS256', 'EdDSA', 'ES256', 'RS256')),
  secret     bytea not null,
  public_jwk jsonb,
  created_at timestamptz not null,
  retired_at timestamptz
);
comment on table signing_keys is 'Keys that sign access tokens, sealed under the master key. Written by the operator''s commands, read by the server.';
comment on column signing_keys.id is 'The kid in a token''s header.';
comment on column signing_keys.algorithm is 'What the key is for; a token whose header says otherwise is refused.';
comment on column signing_keys.secret is 'AES-256-GCM under the master key: 12 bytes nonce, ciphertext, 16 bytes tag.';
comment on column signing_keys.public_jwk is 'Public half of an asymmetric key, as published in the JWKS.';
comment on column signing_keys.created_at is 'When it was made; the newest key that is not retired signs.';
comment on column signing_keys.retired_at is 'From then on tokens signed by it are refused.';
grant select on signing_keys to writ_app, writ_system;

create table setup_tokens (
  token_hash  bytea primary key check (length(token_hash) = 32),
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  consumed_at timestamptz
);
comment on table setup_tokens is 'The one-time set-up link printed at the first start. writ_app can only spend one, by spend_setup_token.';
comment on column setup_tokens.token_hash is 'SHA-256 of the token in the link.';
comment on column setup_tokens.created_at is 'When the link was printed.';
comment on column setup_tokens.expires_at is 'The link is dead from then on.';
comment on column setup_tokens.consumed_at is 'When it created the first owner.';
grant select, update on setup_tokens to writ_system;

create function spend_setup_token(p_hash bytea, p_now timestamptz) returns boolean
  language sql volatile security definer set search_path = pg_catalog, public
as $$
  with spent as (
    update setup_tokens set consumed_at = p_now
    where token_hash = p_hash and consumed_at is null and expires_at > p_now
      and not exists (select from organizations where kind = 'organization')
    returning 1
  ) select exists (select from spent)
$$;
comment on function spend_setup_token(bytea, timestamptz) is 'Exists because "no organization yet" is a question across organizations. One conditional update: of 20 at once, one wins.';
-- Before the change of owner: afterwards writ_owner may no longer take anything from public.
revoke all on function spend_setup_token(bytea, timestamptz) from public;
grant execute on function spend_setup_token(bytea, timestamptz) to writ_app;
alter function spend_setup_token(bytea, timestamptz) owner to writ_system;
