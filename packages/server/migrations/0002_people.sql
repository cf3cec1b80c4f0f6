-- Accounts, members, sessions. An account is global and signs in once; a membership is what it may be in one
-- organization; a session, a token or a key is for exactly one organization.

create table users (
  id                   uuid primary key,
  email                text not null check (length(email) between 3 and 320),
  email_key            text not null unique,
  name                 text not null default '' check (length(name) <= 200),
  locale               text not null default 'en',
  status               text not null default 'active' check (status in ('active', 'deactivated')),
  password_hash        text,
  password_changed_at  timestamptz,
  must_change_password boolean not null default false,
  token_version        integer not null default 1,
  failed_sign_ins      integer not null default 0,
  last_failed_at       timestamptz,
  last_sign_in_at      timestamptz,
  created_at           timestamptz not null,
  updated_at           timestamptz not null
);
comment on table users is 'Accounts: who can prove to be somebody. What they may do is in members and user_roles.';
comment on column users.id is 'uuid v7; usr_… on the wire.';
comment on column users.email is 'The address as its owner writes it.';
comment on column users.email_key is 'The address in the one spelling that is compared (people/identity addressKey), so that lockout and uniqueness cannot be dodged by spelling.';
comment on column users.name is 'Display name.';
comment on column users.locale is 'Language for texts to this person.';
comment on column users.status is 'A deactivated account has no standing anywhere.';
comment on column users.password_hash is 'bcrypt, of the password or, beyond 72 bytes, of its prehash. writ_app may write it and never read it back except through account_credentials.';
comment on column users.password_changed_at is 'When the password was last set.';
comment on column users.must_change_password is 'A temporary password: nothing but changing it is possible.';
comment on column users.token_version is 'Carried by every access token; raising it ends all of them at once.';
comment on column users.failed_sign_ins is 'Attempts since the last success, reserved before a password is looked at.';
comment on column users.last_failed_at is 'Time of the newest attempt counted in failed_sign_ins; the lock runs from here.';
comment on column users.last_sign_in_at is 'Last success.';
comment on column users.created_at is 'When the account was made.';
comment on column users.updated_at is 'When it last changed.';

create table members (
  organization_id uuid not null references organizations (id),
  id              uuid not null,
  user_id         uuid not null references users (id) on delete cascade,
  status          text not null default 'active' check (status in ('active', 'deactivated')),
  revision        integer not null default 1,
  created_at      timestamptz not null,
  deactivated_at  timestamptz,
  last_active_at  timestamptz,
  is_awaited      boolean not null default false,
  primary key (organization_id, id),
  unique (id),
  unique (organization_id, user_id)
);
comment on table members is 'A user in an organization.';
comment on column members.organization_id is 'The organization.';
comment on column members.id is 'uuid v7; mem_… on the wire.';
comment on column members.user_id is 'The account.';
comment on column members.status is 'Deactivated: no standing in this organization; the row and its history stay.';
comment on column members.revision is 'Raised by every change of status or roles. A command compares it under a row lock before it commits, so that an actor demoted in between cannot finish.';
comment on column members.created_at is 'When the membership began.';
comment on column members.deactivated_at is 'Since when it is deactivated.';
comment on column members.last_active_at is 'Last request seen, to the minute.';
comment on column members.is_awaited is 'Taken in with an account that existed, and not come yet: until then what this organization tightens does not bind the account.';
create index members_user on members (user_id);

create table sessions (
  organization_id  uuid not null references organizations (id),
  id               uuid not null,
  user_id          uuid not null references users (id) on delete cascade,
  member_id        uuid not null,
  secret_hash      bytea not null unique check (length(secret_hash) = 32),
  token_version    integer not null,
  member_revision  integer not null default 1,
  created_at       timestamptz not null,
  authenticated_at timestamptz not null,
  last_used_at     timestamptz not null,
  expires_at       timestamptz not null,
  ended_at         timestamptz,
  ended_because    text,
  ip               text,
  user_agent       text,
  primary key (organization_id, id),
  unique (id),
  foreign key (organization_id, member_id) references members (organization_id, id) on delete cascade
);
comment on table sessions is 'One sign-in of one member. Its cookie, access tokens and refresh tokens die with it.';
comment on column sessions.organization_id is 'The one organization this session is for.';
comment on column sessions.id is 'uuid v7; ses_… on the wire; the sid of its access tokens.';
comment on column sessions.user_id is 'Whose session.';
comment on column sessions.member_id is 'As which member.';
comment on column sessions.secret_hash is 'SHA-256 of the cookie''s secret.';
comment on column sessions.token_version is 'users.token_version at sign-in; a mismatch ends it.';
comment on column sessions.member_revision is 'members.revision when the cookie was made; a later one means that privileges changed since, and the cookie is rotated at its next use.';
comment on column sessions.created_at is 'Sign-in.';
comment on column sessions.authenticated_at is 'Last proof of identity (sign-in or step-up).';
comment on column sessions.last_used_at is 'Last request, to the minute; the idle limit counts from here.';
comment on column sessions.expires_at is 'The absolute end.';
comment on column sessions.ended_at is 'Signed out or revoked.';
comment on column sessions.ended_because is 'sign_out, revoked, password_changed, refresh_reuse, deactivated, switched …';
comment on column sessions.ip is 'Client address at sign-in.';
comment on column sessions.user_agent is 'Client''s user agent at sign-in.';
create index sessions_user on sessions (user_id) where ended_at is null;
create index sessions_member on sessions (organization_id, member_id) where ended_at is null;

create table refresh_tokens (
  organization_id uuid not null,
  id              uuid not null,
  session_id      uuid not null,
  token_hash      bytea not null unique check (length(token_hash) = 32),
  issued_at       timestamptz not null,
  expires_at      timestamptz not null,
  spent_at        timestamptz,
  spent_by        bytea,
  primary key (organization_id, id),
  foreign key (organization_id, session_id) references sessions (organization_id, id) on delete cascade
);
comment on table refresh_tokens is 'A family of refresh tokens a session; each is spent once.';
comment on column refresh_tokens.organization_id is 'The session''s organization.';
comment on column refresh_tokens.id is 'uuid v7.';
comment on column refresh_tokens.session_id is 'The family: all tokens of one session.';
comment on column refresh_tokens.token_hash is 'SHA-256 of the token.';
comment on column refresh_tokens.issued_at is 'When it was handed out.';
comment on column refresh_tokens.expires_at is 'Dead from then on.';
comment on column refresh_tokens.spent_at is 'When it was exchanged.';
comment on column refresh_tokens.spent_by is 'Fingerprint of the client that spent it: only the same client''s retry is answered with the same successor.';
create index refresh_tokens_session on refresh_tokens (organization_id, session_id);

create table sign_in_challenges (
  id          uuid primary key,
  user_id     uuid not null references users (id) on delete cascade,
  secret_hash bytea not null unique check (length(secret_hash) = 32),
  kind        text not null check (kind in ('password_change')),
  token_version integer not null,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  spent_at    timestamptz
);
comment on table sign_in_challenges is 'A sign-in half done: the password was right, something is still owed. Spent once.';
comment on column sign_in_challenges.id is 'uuid v7.';
comment on column sign_in_challenges.user_id is 'Who is signing in.';
comment on column sign_in_challenges.secret_hash is 'SHA-256 of the challenge.';
comment on column sign_in_challenges.kind is 'What is still owed.';
comment on column sign_in_challenges.token_version is 'users.token_version when the password was right; a mismatch ends it, as it ends a session.';
comment on column sign_in_challenges.created_at is 'When the password was right.';
comment on column sign_in_challenges.expires_at is 'Dead from then on.';
comment on column sign_in_challenges.spent_at is 'When it was used.';

-- Functions that look across organizations --------------------------------------------------------------------------

create function belongs_elsewhere(p_user uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select exists (select from members where user_id = p_user and organization_id is distinct from current_organization())
$$;
comment on function belongs_elsewhere(uuid) is 'Exists because an organization''s administrators may touch an account''s credentials only where it belongs to no other organization, and row-level security hides the others.';

create function account_credentials(p_user uuid)
  returns table (password_hash text, token_version integer, must_change_password boolean, status text)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select u.password_hash, u.token_version, u.must_change_password, u.status
  from users u where u.id = p_user and verified_scope() = 'account:' || p_user
$$;
comment on function account_credentials(uuid) is 'Exists because writ_app cannot read password_hash: only a transaction signed for this very account gets it.';

create function account_by_address(p_key text) returns uuid
  language sql stable security definer set search_path = pg_catalog, public
as $$ select id from users where email_key = p_key and verified_scope() = 'address:' || p_key $$;
comment on function account_by_address(text) is 'Exists because a sign-in knows an address before it knows an organization; only a transaction signed for this very address gets an answer.';

-- Counts an attempt BEFORE the password is looked at, so that 50 guesses at once cannot all slip in below the limit;
-- a success takes the count back. Answers whether the attempt may be looked at.
create function reserve_sign_in(p_user uuid, p_now timestamptz, p_after integer, p_for interval) returns boolean
  language sql volatile security definer set search_path = pg_catalog, public
as $$
  with reserved as (
    update users set
      failed_sign_ins = case when last_failed_at is null or last_failed_at + p_for <= p_now then 1 else failed_sign_ins + 1 end,
      last_failed_at = p_now
    where id = p_user and verified_scope() = 'account:' || p_user
      and (failed_sign_ins < p_after or last_failed_at is null or last_failed_at + p_for <= p_now)
    returning 1
  ) select exists (select from reserved)
$$;
comment on function reserve_sign_in(uuid, timestamptz, integer, interval) is 'Exists because lockout counts by account, whatever organization is signed in to.';

create function settle_sign_in(p_user uuid, p_now timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, public
as $$
  update users set failed_sign_ins = 0, last_failed_at = null, last_sign_in_at = p_now
  where id = p_user and verified_scope() = 'account:' || p_user
$$;
comment on function settle_sign_in(uuid, timestamptz) is 'Exists for the same reason as reserve_sign_in: the success that takes the reserved attempt back.';

-- Ends every session of an account, in all organizations. Returns what was ended so that each log can say so.
create function end_account_sessions(p_user uuid, p_now timestamptz, p_because text, p_except uuid)
  returns table (organization_id uuid, session_id uuid)
  language sql volatile security definer set search_path = pg_catalog, public
as $$
  update sessions s set ended_at = p_now, ended_because = p_because
  where s.user_id = p_user and s.ended_at is null and s.id is distinct from p_except
    and verified_scope() = 'account:' || p_user
  returning s.organization_id, s.id
$$;
comment on function end_account_sessions(uuid, timestamptz, text, uuid) is 'Exists because a password change ends the account''s sessions in every organization.';

do $$
declare f text;
begin
  foreach f in array array[
    'belongs_elsewhere(uuid)', 'account_credentials(uuid)', 'account_by_address(text)',
    'reserve_sign_in(uuid, timestamptz, integer, interval)', 'settle_sign_in(uuid, timestamptz)',
    'end_account_sessions(uuid, timestamptz, text, uuid)'
  ] loop
    execute format('revoke all on function %s from public', f);
    execute format('alter function %s owner to writ_system', f);
    -- In this order: with the ownership, what was granted to the former owner goes to the new one.
    execute format('set role writ_system; grant execute on function %s to writ_app, writ_owner; reset role', f);
  end loop;
end $$;

-- Row-level security ---------------------------------------------------------------------------------------------------

alter table users enable row level security;
alter table users force row level security;
-- An account is seen by itself and by the organizations it belongs to; it is changed by itself, and by an
-- organization only where it belongs to no other.
create policy seen on users for select to writ_app, writ_owner using (
  id = (select current_account())
  or exists (select from members m where m.user_id = users.id and m.organization_id = (select current_organization()))
);
create policy added on users for insert to writ_app, writ_owner with check ((select current_organization()) is not null);
create policy changed on users for update to writ_app, writ_owner using (
  id = (select current_account())
  or (exists (select from members m where m.user_id = users.id and m.organization_id = (select current_organization()))
      and not belongs_elsewhere(id))
);
create policy removed on users for delete to writ_app, writ_owner using (
  exists (select from members m where m.user_id = users.id and m.organization_id = (select current_organization()))
  and not belongs_elsewhere(id)
);
create policy system on users to writ_system using (true);
grant select (id, email, email_key, name, locale, status, password_changed_at, must_change_password, token_version,
  failed_sign_ins, last_failed_at, last_sign_in_at, created_at, updated_at), insert, update, delete on users to writ_app;
grant select, update on users to writ_system;

alter table members enable row level security;
alter table members force row level security;
create policy seen on members for select to writ_app, writ_owner using (organization_id = (select current_organization()));
-- Whoever is a member can be read. So an account that belongs to another organization is added only where the server
-- signed for this very account: injected SQL that knows its id could otherwise pull it in and read it.
create policy added on members for insert to writ_app, writ_owner with check (
  organization_id = (select current_organization())
  and (not belongs_elsewhere(user_id) or (select verified_scope()) = 'attach:' || organization_id || ':' || user_id)
);
create policy changed on members for update to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy removed on members for delete to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy system on members to writ_system using (true);
grant select, insert, update (status, revision, deactivated_at, last_active_at, is_awaited), delete on members to writ_app;
grant select, update on members to writ_system;

alter table sessions enable row level security;
alter table sessions force row level security;
create policy tenant on sessions to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy own on sessions for select to writ_app, writ_owner using (user_id = (select current_account()));
create policy system on sessions to writ_system using (true);
grant select, insert, update on sessions to writ_app;
grant select, update on sessions to writ_system;

alter table refresh_tokens enable row level security;
alter table refresh_tokens force row level security;
create policy tenant on refresh_tokens to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy system on refresh_tokens to writ_system using (true);
grant select, insert, update on refresh_tokens to writ_app;
grant select on refresh_tokens to writ_system;

alter table sign_in_challenges enable row level security;
alter table sign_in_challenges force row level security;
create policy own on sign_in_challenges to writ_app, writ_owner using (user_id = (select current_account()));
create policy system on sign_in_challenges to writ_system using (true);
grant select, insert, update on sign_in_challenges to writ_app;
grant select on sign_in_challenges to writ_system;

-- Last use, to the minute, for all sessions that were seen since the last flush. Forward only.
create function touch_sessions(p_sessions uuid[], p_now timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, public
as $$
  with touched as (
    update sessions s set last_used_at = p_now
    where s.id = any (p_sessions) and s.ended_at is null and s.last_used_at < p_now and verified_scope() = 'stamps'
    returning s.organization_id, s.member_id
  )
  update members m set last_active_at = p_now from touched t
  where m.organization_id = t.organization_id and m.id = t.member_id
$$;
comment on function touch_sessions(uuid[], timestamptz) is 'Exists because use is noted for the sessions of many organizations in one statement.';
revoke all on function touch_sessions(uuid[], timestamptz) from public;
grant execute on function touch_sessions(uuid[], timestamptz) to writ_app;
alter function touch_sessions(uuid[], timestamptz) owner to writ_system;

-- A bearer of a secret is found by its hash, which only the bearer and the server know.
create function session_of_refresh_token(p_hash bytea) returns table (organization_id uuid, user_id uuid)
  language sql stable security definer set search_path = pg_catalog, public
as $$
  select t.organization_id, s.user_id from refresh_tokens t
  join sessions s on s.organization_id = t.organization_id and s.id = t.session_id
  where t.token_hash = p_hash
$$;
comment on function session_of_refresh_token(bytea) is 'Exists because a refresh token is presented without its organization.';
create function account_of_challenge(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, public
as $$ select user_id from sign_in_challenges where secret_hash = p_hash $$;
comment on function account_of_challenge(bytea) is 'Exists because a challenge is presented before there is a session.';
revoke all on function session_of_refresh_token(bytea), account_of_challenge(bytea) from public;
grant execute on function session_of_refresh_token(bytea), account_of_challenge(bytea) to writ_app;
alter function session_of_refresh_token(bytea) owner to writ_system;
alter function account_of_challenge(bytea) owner to writ_system;
