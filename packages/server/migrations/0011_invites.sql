-- People who are invited by mail, and people who register themselves.

create table invites (
  organization_id         uuid not null references organizations (id),
  id                      uuid not null,
  email                   text not null check (length(email) between 3 and 320),
  email_key               text not null,
  roles                   text[] not null check (cardinality(roles) between 1 and 50),
  locale                  text not null,
  permission              text not null check (permission in ('create:invites', 'create:members')),
  token_hash              bytea not null unique check (length(token_hash) = 32),
  inviter_organization_id uuid not null,
  inviter_member_id       uuid not null,
  inviter_user_id         uuid not null,
  created_at              timestamptz not null,
  sent_at                 timestamptz not null,
  sends                   integer not null default 1,
  expires_at              timestamptz not null,
  accepted_at             timestamptz,
  member_id               uuid,
  revoked_at              timestamptz,
  revoked_by              text,
  revoked_because         text,
  replaced_at             timestamptz,
  primary key (organization_id, id),
  unique (id),
  check ((accepted_at is null) = (member_id is null)),
  check (num_nonnulls(accepted_at, revoked_at, replaced_at) <= 1)
);
comment on table invites is 'Invitations by mail: to one address, with roles, spent once. Kept when they are over: who was invited by whom is history.';
comment on column invites.organization_id is 'The organization that invites.';
comment on column invites.id is 'uuid v7; inv_… on the wire.';
comment on column invites.email is 'The invited address, as the inviter wrote it.';
comment on column invites.email_key is 'The address in the one spelling that is compared.';
comment on column invites.roles is 'What the person becomes. Looked at again when they accept.';
comment on column invites.locale is 'Language of the mail, and of the account if one is made.';
comment on column invites.permission is 'By which permission it was made: the inviter must still hold it when it is accepted.';
comment on column invites.token_hash is 'SHA-256 of the token in the newest mail; an older link is worth nothing.';
comment on column invites.inviter_organization_id is 'Where the inviter is a member: this organization, or the platform.';
comment on column invites.inviter_member_id is 'Who sent it last and so answers for the roles; no foreign key, since the invite outlives them and then cannot be accepted.';
comment on column invites.inviter_user_id is 'The same person''s account.';
comment on column invites.created_at is 'When it was made.';
comment on column invites.sent_at is 'When the newest mail was written.';
comment on column invites.sends is 'How many mails there were.';
comment on column invites.expires_at is 'Dead from then on, until it is sent again.';
comment on column invites.accepted_at is 'When it was accepted.';
comment on column invites.member_id is 'The member it made; no foreign key, since history outlives them.';
comment on column invites.revoked_at is 'When it was taken back.';
comment on column invites.revoked_by is 'Actor (user:…, system:…).';
comment on column invites.revoked_because is 'revoked, joined, or why it could not be accepted.';
comment on column invites.replaced_at is 'When a new invite to the same address took the place of this one, which had expired.';
create unique index invites_one_open on invites (organization_id, email_key)
  where accepted_at is null and revoked_at is null and replaced_at is null;

alter table invites enable row level security;
alter table invites force row level security;
create policy tenant on invites to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy system on invites to writ_system using (true);
grant select, insert, update on invites to writ_app;
grant select on invites to writ_system;

create table registrations (
  organization_id uuid not null references organizations (id),
  id              uuid not null,
  email           text not null check (length(email) between 3 and 320),
  email_key       text not null,
  role            text not null,
  name            text not null check (length(name) <= 200),
  locale          text not null,
  token_hash      bytea not null unique check (length(token_hash) = 32),
  created_at      timestamptz not null,
  expires_at      timestamptz not null,
  spent_at        timestamptz,
  primary key (organization_id, id)
);
comment on table registrations is 'People who asked to register and have not followed the link yet: there is no account until they do. Expired ones are removed when the next one asks.';
comment on column registrations.organization_id is 'The organization they want to join.';
comment on column registrations.id is 'uuid v7.';
comment on column registrations.email is 'The address, as it was typed: nobody has proven it.';
comment on column registrations.email_key is 'The address in the one spelling that is compared.';
comment on column registrations.role is 'The role asked for; the policy is asked again when the link is followed.';
comment on column registrations.name is 'The name that was given, if one was.';
comment on column registrations.locale is 'Language of the mail and of the account.';
comment on column registrations.token_hash is 'SHA-256 of the token in the link. Where the address has an account already, the mail says so and nobody has the token.';
comment on column registrations.created_at is 'When they asked.';
comment on column registrations.expires_at is 'Dead from then on.';
comment on column registrations.spent_at is 'When it became an account.';
create index registrations_expiry on registrations (organization_id, expires_at);

alter table registrations enable row level security;
alter table registrations force row level security;
create policy tenant on registrations to writ_app, writ_owner using (organization_id = (select current_organization()));
create policy system on registrations to writ_system using (true);
grant select, insert, update, delete on registrations to writ_app;
grant select on registrations to writ_system;

-- Whoever became a member by another way has no open invite any more: taken out of the organization later, they could
-- come back by it.
create function close_invites_of_member() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
  update invites i set revoked_at = new.created_at, revoked_by = 'system:membership', revoked_because = 'joined'
  from users u
  where u.id = new.user_id and i.organization_id = new.organization_id and i.email_key = u.email_key
    and i.accepted_at is null and i.revoked_at is null and i.replaced_at is null;
  return null;
end $$;
comment on function close_invites_of_member() is 'Guards invites, by whichever way somebody becomes a member. Runs as whoever adds the member.';
create trigger close_invites after insert on members for each row execute function close_invites_of_member();

create function invite_of_link(p_hash bytea) returns table (organization_id uuid, id uuid)
  language sql stable security definer set search_path = pg_catalog, public
as $$ select i.organization_id, i.id from invites i where i.token_hash = p_hash and verified_scope() = 'link' $$;
comment on function invite_of_link(bytea) is 'Exists because an invite is presented before its organization is known; only its bearer and the server know the hash.';

create function registration_of_link(p_hash bytea) returns table (organization_id uuid, id uuid)
  language sql stable security definer set search_path = pg_catalog, public
as $$ select r.organization_id, r.id from registrations r where r.token_hash = p_hash and verified_scope() = 'link' $$;
comment on function registration_of_link(bytea) is 'Exists because a registration is finished before its organization is known; only the bearer of the link and the server know the hash.';

create function organization_of_slug(p_slug text) returns uuid
  language sql stable security definer set search_path = pg_catalog, public
as $$ select o.id from organizations o where o.slug = p_slug and o.kind = 'organization' and verified_scope() = 'link' $$;
comment on function organization_of_slug(text) is 'Exists because who registers names an organization before belonging to it; the answer is never told to them.';

revoke all on function invite_of_link(bytea), registration_of_link(bytea), organization_of_slug(text) from public;
alter function invite_of_link(bytea) owner to writ_system;
alter function registration_of_link(bytea) owner to writ_system;
alter function organization_of_slug(text) owner to writ_system;
set role writ_system;
grant execute on function invite_of_link(bytea), registration_of_link(bytea), organization_of_slug(text) to writ_app;
reset role;
