-- Mail that is to be sent: written in the transaction of what it tells, sent after the commit, tried again until it went.

create table mails (
  id              uuid primary key,
  position        bigint generated always as identity,
  kind            text not null check (length(kind) between 1 and 60),
  recipient       bytea not null,
  content         bytea,
  created_at      timestamptz not null,
  attempts        integer not null default 0,
  next_attempt_at timestamptz not null,
  sent_at         timestamptz,
  failed_at       timestamptz,
  last_error      text
);
comment on table mails is 'The outbox. Written by writ_app, which reads it back only in the scope that sends.';
comment on column mails.id is 'uuid v7; also the Message-ID, so that a mail that went twice after a crash is known as one.';
comment on column mails.position is 'The order in which mails were written; ids of one millisecond have none.';
comment on column mails.kind is 'Which text: password_reset, invite …';
comment on column mails.recipient is 'The address, sealed under the master key.';
comment on column mails.content is 'Subject and bodies, sealed under the master key, since they carry links that are credentials; emptied when the mail has gone.';
comment on column mails.created_at is 'When it was written.';
comment on column mails.attempts is 'How often sending was tried.';
comment on column mails.next_attempt_at is 'Not tried again before.';
comment on column mails.sent_at is 'When the mail server took it.';
comment on column mails.failed_at is 'When it was given up: refused for good, or tried for too long.';
comment on column mails.last_error is 'What the mail server said last.';
create index mails_due on mails (next_attempt_at) where sent_at is null and failed_at is null;

alter table mails enable row level security;
alter table mails force row level security;
-- In whatever scope there is something to tell. What injected SQL would write here is never sent: it is sealed by nobody.
create policy written on mails for insert to writ_app, writ_owner with check ((select verified_scope()) is not null);
create policy sending on mails to writ_app, writ_owner using ((select verified_scope()) = 'mail');
grant select, insert, update, delete on mails to writ_app;

create table mail_allowances (
  bucket     bytea primary key check (length(bucket) = 32),
  count      integer not null,
  since      timestamptz not null
);
comment on table mail_allowances is 'How many mails of a purpose strangers have caused to be sent to an address lately: whoever knows an address could otherwise fill its mailbox.';
comment on column mail_allowances.bucket is 'HMAC of purpose and address: the table tells nobody which addresses are known.';
comment on column mail_allowances.count is 'Since the window began.';
comment on column mail_allowances.since is 'When the window began.';
create index mail_allowances_old on mail_allowances (since);

alter table mail_allowances enable row level security;
alter table mail_allowances force row level security;
create policy sending on mail_allowances to writ_app, writ_owner using ((select verified_scope()) = 'mail');
grant select, insert, update, delete on mail_allowances to writ_app;
