-- The audit log: one append-only transparency log an organization, and one for the platform.
--
-- An event is a row of audit_events, written in the transaction of the change it tells of. A trigger puts it into
-- audit_pending; the sequencer gives it the next index of its organization's log (audit_leaves), keeps the tree over
-- the leaves (audit_nodes, audit_logs.frontier) and signs the tree's head (audit_checkpoints). The server's role may
-- add events and read; numbering and signing are done by functions that answer only a transaction signed `audit`,
-- so that SQL injected into the server can neither number, nor sign, nor hold the sequencer up.
--
-- Nothing refers to the log by a foreign key and the log refers to nothing: no cascade reaches it, and adding an
-- event waits for no lock on an organization's or a user's row.

create table audit_events (
  organization_id uuid not null,
  id              uuid not null,
  type            text not null check (length(type) between 1 and 100),
  occurred_at     timestamptz not null,
  outcome         text not null check (outcome in ('success', 'denied', 'failure')),
  actor_kind      text not null check (actor_kind in ('user', 'application', 'operator', 'system', 'anonymous')),
  actor_id        text,
  target_type     text,
  target_id       text,
  request_id      text not null,
  leaf            text not null check (octet_length(leaf) <= 65535),
  primary key (organization_id, id)
);
comment on table audit_events is 'What happened. The leaf is the record; the other columns repeat parts of it for filters and are compared with it by verification.';
comment on column audit_events.organization_id is 'Whose log; no foreign key, since the log outlives everything.';
comment on column audit_events.id is 'uuid v7 of occurred_at; evt_… on the wire.';
comment on column audit_events.type is 'What happened: module.past_tense.';
comment on column audit_events.occurred_at is 'When.';
comment on column audit_events.outcome is 'Done, denied, or failed.';
comment on column audit_events.actor_kind is 'What kind of actor did it.';
comment on column audit_events.actor_id is 'The user''s or application''s id, the operator''s or rule''s name; null for anonymous. Stays when the account is gone.';
comment on column audit_events.target_type is 'What kind of thing it was done to.';
comment on column audit_events.target_id is 'Its id.';
comment on column audit_events.request_id is 'X-Request-ID of the request that caused it.';
comment on column audit_events.leaf is 'The event as canonical JSON (RFC 8785), personal values only as salted hashes: the text that is hashed into the log. At most what an entry of C2SP tlog-tiles holds.';
create index audit_events_type on audit_events (organization_id, type text_pattern_ops, id);
create index audit_events_actor on audit_events (organization_id, actor_id, id);
create index audit_events_target on audit_events (organization_id, target_id, id);
create index audit_events_refused on audit_events (organization_id, outcome, id) where outcome <> 'success';

create table audit_personal (
  organization_id uuid not null,
  event_id        uuid not null,
  about           text not null,
  facts           jsonb not null,
  primary key (organization_id, event_id, about)
);
comment on table audit_personal is 'The personal values of events in clear, each with the salt of its hash in the leaf. The one part of the log that can be erased; without salt and value the hash says nothing.';
comment on column audit_personal.organization_id is 'Whose log.';
comment on column audit_personal.event_id is 'The event.';
comment on column audit_personal.about is 'Whose values they are: <type>:<id> of the actor or target (user:…, member:…), empty if nobody known.';
comment on column audit_personal.facts is '{field: {salt, value}}; salt in base64; field as in the leaf''s personal.';

create table audit_pending (
  position        bigint generated always as identity primary key,
  organization_id uuid not null,
  event_id        uuid not null
);
comment on table audit_pending is 'Events that are not in their log yet. Filled by a trigger, emptied by the sequencer: an event is in here or in audit_leaves, whenever its transaction commits.';
comment on column audit_pending.position is 'Order of arrival. Only an order, never a high-water mark: a late commit with a low position is taken next.';
comment on column audit_pending.organization_id is 'Whose log.';
comment on column audit_pending.event_id is 'The event.';
alter table audit_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create table audit_logs (
  organization_id uuid primary key,
  size            bigint not null check (size >= 0),
  frontier        bytea not null,
  signed_size     bigint not null default 0 check (signed_size <= size)
);
comment on table audit_logs is 'How far each log is. Kept by the sequencer; all of it can be computed anew from audit_leaves and audit_checkpoints.';
comment on column audit_logs.organization_id is 'Whose log.';
comment on column audit_logs.size is 'Number of leaves.';
comment on column audit_logs.frontier is 'Hashes of the complete subtrees that cover the leaves, 32 bytes each, left to right.';
comment on column audit_logs.signed_size is 'Size that the newest checkpoint states.';
create index audit_logs_unsigned on audit_logs (organization_id) where signed_size < size;

create table audit_leaves (
  organization_id uuid not null,
  index           bigint not null check (index >= 0),
  event_id        uuid not null,
  hash            bytea not null check (length(hash) = 32),
  primary key (organization_id, index) include (hash),
  unique (organization_id, event_id)
);
comment on table audit_leaves is 'The log: which event stands at which index.';
comment on column audit_leaves.organization_id is 'Whose log.';
comment on column audit_leaves.index is 'From 0, without gaps.';
comment on column audit_leaves.event_id is 'The event.';
comment on column audit_leaves.hash is 'SHA-256(0x00 || leaf) (RFC 9162 section 2.1.1).';

create table audit_nodes (
  organization_id uuid not null,
  level           smallint not null check (level > 0),
  index           bigint not null check (index >= 0),
  hash            bytea not null check (length(hash) = 32),
  primary key (organization_id, level, index) include (hash)
);
comment on table audit_nodes is 'Heads of full tiles (C2SP tlog-tiles), so that a proof reads a few neighbouring rows a level, however long the log.';
comment on column audit_nodes.organization_id is 'Whose log.';
comment on column audit_nodes.level is 'Level of the tile in which this hash stands; each is over 256^level leaves.';
comment on column audit_nodes.index is 'Which of them, from 0.';
comment on column audit_nodes.hash is 'Head of the subtree over the leaves index * 256^level on.';

create table audit_checkpoints (
  organization_id uuid not null,
  size            bigint not null check (size > 0),
  root            bytea not null check (length(root) = 32),
  note            text not null,
  created_at      timestamptz not null,
  primary key (organization_id, size)
);
comment on table audit_checkpoints is 'Every signed head of every log.';
comment on column audit_checkpoints.organization_id is 'Whose log.';
comment on column audit_checkpoints.size is 'Number of leaves under it.';
comment on column audit_checkpoints.root is 'Root hash over them (RFC 9162 section 2.1.1).';
comment on column audit_checkpoints.note is 'The signed note (C2SP tlog-checkpoint).';
comment on column audit_checkpoints.created_at is 'When it was signed.';

create table audit_keys (
  organization_id uuid not null,
  number          integer not null check (number > 0),
  origin          text not null,
  verifier_key    text not null,
  seed            bytea not null,
  created_at      timestamptz not null,
  primary key (organization_id, number)
);
comment on table audit_keys is 'The keys that sign checkpoints, one log one key; the highest number signs. Older ones stay, to verify what they signed.';
comment on column audit_keys.organization_id is 'Whose log.';
comment on column audit_keys.number is '1, 2, 3 …';
comment on column audit_keys.origin is 'Name of the log in its checkpoints. Never changes, also if the server''s address does.';
comment on column audit_keys.verifier_key is 'The public key as auditors pin it (C2SP signed-note).';
comment on column audit_keys.seed is 'The secret half, AES-256-GCM under the master key. writ_app cannot read it.';
comment on column audit_keys.created_at is 'When it was made.';

-- Append-only, for everybody ---------------------------------------------------------------------------------------
-- Statement triggers: they refuse also where row-level security shows no row, also TRUNCATE, and (ENABLE ALWAYS) also
-- under session_replication_role. Who may drop triggers can still rewrite the tables: that the proofs show.

create function refuse_audit_change() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
  raise exception '% of % is refused: the audit log is append-only', tg_op, tg_table_name
    using errcode = 'insufficient_privilege', hint = 'Personal values are erased from audit_personal; nothing else of the log is ever changed or removed.';
end $$;
comment on function refuse_audit_change() is 'Keeps the log append-only for every role, its owner included.';

do $$
declare t text;
begin
  foreach t in array array['audit_events', 'audit_leaves', 'audit_nodes', 'audit_checkpoints', 'audit_keys'] loop
    execute format('create trigger append_only before update or delete or truncate on %I for each statement execute function refuse_audit_change()', t);
    execute format('alter table %I enable always trigger append_only', t);
  end loop;
  execute 'create trigger erase_only before update or truncate on audit_personal for each statement execute function refuse_audit_change()';
  execute 'alter table audit_personal enable always trigger erase_only';

  foreach t in array array['audit_events', 'audit_personal', 'audit_pending', 'audit_logs', 'audit_leaves', 'audit_nodes', 'audit_checkpoints', 'audit_keys'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I to writ_app, writ_owner using (organization_id = (select current_organization()))', t);
  end loop;
  -- What the functions below need and no more.
  foreach t in array array['audit_events', 'audit_pending', 'audit_logs', 'audit_leaves', 'audit_nodes', 'audit_checkpoints', 'audit_keys'] loop
    execute format('create policy system on %I to writ_system using (true)', t);
  end loop;
end $$;

grant select, insert on audit_events to writ_app;
grant select, insert, delete on audit_personal to writ_app;
grant select on audit_pending, audit_logs, audit_leaves, audit_nodes, audit_checkpoints to writ_app;
grant select (organization_id, number, origin, verifier_key, created_at) on audit_keys to writ_app;
grant select on audit_events to writ_system;
grant select, insert, delete on audit_pending to writ_system;
grant select, insert, update on audit_logs to writ_system;
grant select, insert on audit_leaves, audit_nodes, audit_checkpoints, audit_keys to writ_system;

-- From event to leaf ------------------------------------------------------------------------------------------------

create function enqueue_audit() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into audit_pending (organization_id, event_id) select organization_id, id from added;
  return null;
end $$;
comment on function enqueue_audit() is 'Exists because no role may write audit_pending: an event is queued by being added, and by nothing else.';
revoke all on function enqueue_audit() from public;
create trigger enqueue after insert on audit_events referencing new table as added for each statement execute function enqueue_audit();
alter table audit_events enable always trigger enqueue;
alter function enqueue_audit() owner to writ_system;

-- The caller's transaction must be signed `audit`; the server alone can sign one.
create function require_audit_scope() returns void language plpgsql stable set search_path = pg_catalog, public as $$
begin
  if verified_scope() is distinct from 'audit' then
    raise exception 'only the sequencer calls this, in a transaction signed for it' using errcode = 'insufficient_privilege';
  end if;
end $$;
comment on function require_audit_scope() is 'Refuses every transaction but the sequencer''s.';
grant execute on function require_audit_scope() to writ_system;

-- Numbers the oldest p_limit pending events. The lock is held until the caller's transaction ends, so of all nodes one
-- at a time numbers, and what it sees of the logs is what the one before it committed. Must be followed by
-- save_audit_tree in the same transaction. One row a log; without p_wait no row if another node is at it. p_only and
-- p_except are organizations: a log that cannot be numbered must not hold up the others.
create function sequence_audit(p_limit integer, p_wait boolean, p_only uuid[] default null, p_except uuid[] default '{}')
  returns table (organization_id uuid, size bigint, frontier bytea, checkpoint_size bigint, checkpoint_root bytea, hashes bytea)
  language plpgsql volatile security definer
  set search_path = pg_catalog, public set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  lock_key constant bigint := 0x7772697461756474; -- the bytes of "writaudt"
begin
  perform require_audit_scope();
  if p_wait then
    perform pg_advisory_xact_lock(lock_key);
  elsif not pg_try_advisory_xact_lock(lock_key) then
    return;
  end if;
  return query
  with batch as (
    delete from audit_pending p
    where p.position in (
      select o.position from audit_pending o
      where (p_only is null or o.organization_id = any (p_only)) and o.organization_id <> all (p_except)
      order by o.position limit p_limit
    )
    returning p.position, p.organization_id, p.event_id
  ), numbered as (
    select b.organization_id, b.event_id,
      coalesce(l.size, 0) + row_number() over (partition by b.organization_id order by b.position) - 1 as index,
      sha256('\x00'::bytea || convert_to(e.leaf, 'UTF8')) as hash
    from batch b
    join audit_events e on e.organization_id = b.organization_id and e.id = b.event_id
    left join audit_logs l on l.organization_id = b.organization_id
  ), placed as (
    insert into audit_leaves (organization_id, index, event_id, hash)
    select n.organization_id, n.index, n.event_id, n.hash from numbered n
  ), grown as (
    select n.organization_id, string_agg(n.hash, ''::bytea order by n.index) as hashes from numbered n group by n.organization_id
  )
  select g.organization_id, coalesce(l.size, 0), coalesce(l.frontier, ''::bytea), coalesce(c.size, 0), c.root, g.hashes
  from grown g
  left join audit_logs l on l.organization_id = g.organization_id
  left join lateral (
    select k.size, k.root from audit_checkpoints k where k.organization_id = g.organization_id order by k.size desc limit 1
  ) c on true
  order by g.organization_id;
end $$;
comment on function sequence_audit(integer, boolean, uuid[], uuid[]) is 'Exists because one sequencer numbers the events of all organizations.';

create function pending_audit_logs(p_except uuid[]) returns setof uuid
  language plpgsql stable security definer set search_path = pg_catalog, public
as $$
begin
  perform require_audit_scope();
  return query select distinct p.organization_id from audit_pending p where p.organization_id <> all (p_except) order by 1;
end $$;
comment on function pending_audit_logs(uuid[]) is 'Exists so that the sequencer can go from log to log where it cannot number all of them at once.';

-- Completes what sequence_audit began. Arrays of one length each: one element a log, one element a tile head.
create function save_audit_tree(
  p_organizations uuid[], p_sizes_before bigint[], p_sizes bigint[], p_frontiers bytea[],
  p_node_organizations uuid[], p_node_levels smallint[], p_node_indexes bigint[], p_node_hashes bytea[]
) returns void
  language plpgsql volatile security definer set search_path = pg_catalog, public
as $$
declare
  saved bigint;
begin
  perform require_audit_scope();
  insert into audit_logs as l (organization_id, size, frontier)
  select g.organization_id, g.size, g.frontier
  from unnest(p_organizations, p_sizes, p_frontiers) as g (organization_id, size, frontier)
  on conflict (organization_id) do update set size = excluded.size, frontier = excluded.frontier
  where l.size = p_sizes_before[array_position(p_organizations, l.organization_id)];
  get diagnostics saved = row_count;
  if saved <> cardinality(p_organizations) then
    raise exception 'the audit log of an organization grew while it was numbered' using errcode = 'serialization_failure';
  end if;
  insert into audit_nodes (organization_id, level, index, hash)
  select * from unnest(p_node_organizations, p_node_levels, p_node_indexes, p_node_hashes);
end $$;
comment on function save_audit_tree(uuid[], bigint[], bigint[], bytea[], uuid[], smallint[], bigint[], bytea[]) is 'Exists because the trees of all organizations are kept by one sequencer; the hashing is node''s.';

-- Checkpoints -------------------------------------------------------------------------------------------------------

create function unsigned_audit_logs(p_limit integer)
  returns table (
    organization_id uuid, size bigint, frontier bytea, checkpoint_size bigint, checkpoint_root bytea,
    origin text, verifier_key text, seed bytea
  )
  language plpgsql stable security definer set search_path = pg_catalog, public
as $$
#variable_conflict use_column
begin
  perform require_audit_scope();
  return query
  select l.organization_id, l.size, l.frontier, coalesce(c.size, 0), c.root, k.origin, k.verifier_key, k.seed
  from audit_logs l
  left join lateral (
    select n.size, n.root from audit_checkpoints n where n.organization_id = l.organization_id order by n.size desc limit 1
  ) c on true
  left join lateral (
    select n.origin, n.verifier_key, n.seed from audit_keys n where n.organization_id = l.organization_id order by n.number desc limit 1
  ) k on true
  where l.signed_size < l.size
  order by l.organization_id limit p_limit;
end $$;
comment on function unsigned_audit_logs(integer) is 'Exists because one sequencer signs the heads of all logs, and because only it may read the sealed keys.';

create function add_audit_keys(p_organizations uuid[], p_origins text[], p_verifier_keys text[], p_seeds bytea[], p_now timestamptz)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog, public
as $$
begin
  perform require_audit_scope();
  insert into audit_keys (organization_id, number, origin, verifier_key, seed, created_at)
  select k.organization_id, 1, k.origin, k.verifier_key, k.seed, p_now
  from unnest(p_organizations, p_origins, p_verifier_keys, p_seeds) as k (organization_id, origin, verifier_key, seed)
  on conflict (organization_id, number) do nothing;
end $$;
comment on function add_audit_keys(uuid[], text[], text[], bytea[], timestamptz) is 'Exists because the sequencer makes the first key of every log. Of two nodes that make one, the first wins and both use it.';

create function save_audit_checkpoints(p_organizations uuid[], p_sizes bigint[], p_roots bytea[], p_notes text[], p_now timestamptz)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog, public
as $$
begin
  perform require_audit_scope();
  insert into audit_checkpoints (organization_id, size, root, note, created_at)
  select c.organization_id, c.size, c.root, c.note, p_now
  from unnest(p_organizations, p_sizes, p_roots, p_notes) as c (organization_id, size, root, note)
  join audit_logs l on l.organization_id = c.organization_id and l.size >= c.size
  on conflict (organization_id, size) do nothing;
  update audit_logs l set signed_size = greatest(l.signed_size, c.size)
  from unnest(p_organizations, p_sizes) as c (organization_id, size)
  where l.organization_id = c.organization_id and l.size >= c.size;
end $$;
comment on function save_audit_checkpoints(uuid[], bigint[], bytea[], text[], timestamptz) is 'Exists for the same reason as unsigned_audit_logs. Two nodes that sign one head write the same note: Ed25519 is deterministic.';

do $$
declare f text;
begin
  foreach f in array array[
    'sequence_audit(integer, boolean, uuid[], uuid[])',
    'pending_audit_logs(uuid[])',
    'save_audit_tree(uuid[], bigint[], bigint[], bytea[], uuid[], smallint[], bigint[], bytea[])',
    'unsigned_audit_logs(integer)',
    'add_audit_keys(uuid[], text[], text[], bytea[], timestamptz)',
    'save_audit_checkpoints(uuid[], bigint[], bytea[], text[], timestamptz)'
  ] loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to writ_app, writ_owner', f);
    execute format('alter function %s owner to writ_system', f);
  end loop;
end $$;
