-- Links that are mailed to the owner of an account and work once: a new password, a first one, a verified address.

create table account_links (
  user_id       uuid not null references users (id) on delete cascade,
  id            uuid not null,
  kind          text not null check (kind in ('verify_email', 'activation', 'password_reset', 'email_change', 'email_refusal')),
  secret_hash   bytea not null unique check (length(secret_hash) = 32),
  email         text not null,
  new_email     text check ((new_email is not null) = (kind in ('email_change', 'email_refusal'))),
  token_version integer,
  created_at    timestamptz not null,
  expires_at    timestamptz not null,
  spent_at      timestamptz,
  superseded_at timestamptz,
  primary key (user_id, id)
);
comment on table account_links is 'One-time links of an account. Each is spent once; only the newest of a kind holds.';
comment on column account_links.user_id is 'Whose.';
comment on column account_links.id is 'uuid v7.';
comment on column account_links.kind is 'What it lets its bearer do; one made for another purpose does nothing else.';
comment on column account_links.secret_hash is 'SHA-256 of the token in the link.';
comment on column account_links.email is 'The address of the account when it was made. Another address since then: the link is dead, but for email_refusal, which restores this one.';
comment on column account_links.new_email is 'The address that an e-mail change is for.';
comment on column account_links.token_version is 'users.token_version when it was made; a mismatch ends it. Null: outlives that (email_refusal, which must hold against whoever holds the password).';
comment on column account_links.created_at is 'When it was made.';
comment on column account_links.expires_at is 'Dead from then on.';
comment on column account_links.spent_at is 'When it was used.';
comment on column account_links.superseded_at is 'When a newer one of its kind, or something that made it pointless, took its place.';

alter table account_links enable row level security;
alter table account_links force row level security;
create policy own on account_links to writ_app, writ_owner using (user_id = (select current_account()));
create policy system on account_links to writ_system using (true);
grant select, insert, update on account_links to writ_app;
grant select on account_links to writ_system;

create function account_of_link(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, public
as $$ select user_id from account_links where secret_hash = p_hash and verified_scope() = 'link' $$;
comment on function account_of_link(bytea) is 'Exists because a link is presented before anybody is signed in; only its bearer and the server know the hash.';
revoke all on function account_of_link(bytea) from public;
alter function account_of_link(bytea) owner to writ_system;
set role writ_system;
grant execute on function account_of_link(bytea) to writ_app;
reset role;
