-- What Headroom knows: alerts and commands that came in, plans and votes, runs and what they did, messages it owes Slack.
-- Every text that is hashed is stored as text; jsonb is used only where nothing is hashed.

create table alert (
  id           bigint generated always as identity primary key,
  fingerprint  text        not null,
  starts_at    text        not null, -- As delivered: Alertmanager's times have nanoseconds, timestamptz does not.
  status       text        not null check (status in ('firing', 'resolved')),
  ends_at      text,
  labels       jsonb       not null,
  annotations  jsonb       not null,
  system       text,
  component    text,
  trigger      text,
  plan_id      text,
  deliveries   integer     not null default 1,
  received_at  timestamptz not null,
  last_seen_at timestamptz not null,
  pending      boolean     not null default true, -- Not looked at since it (last) arrived.
  note         text,
  unique (fingerprint, starts_at, status)
);
create index alert_pending on alert (id) where pending;
create index alert_plan on alert (plan_id) where plan_id is not null;
create index alert_unrouted on alert (last_seen_at) where system is null;

create table command (
  id           text        primary key,
  dedupe_key   text        not null unique, -- Slack's trigger id: one per invocation, the same when Slack delivers it twice.
  name         text        not null,
  words        text        not null,
  user_id      text        not null,
  channel_id   text        not null,
  response_url text        not null,
  received_at  timestamptz not null,
  reply        text, -- What it came to, as JSON: once this is here, only the answer is tried again.
  answered_at  timestamptz,
  claimed_until timestamptz
);
create index command_waiting on command (received_at) where answered_at is null;

create table plan (
  id            text        primary key,
  body          text        not null, -- Canonical JSON; its SHA-256 is the hash that people vote for.
  hash          text        not null,
  system        text        not null,
  target        text        not null,
  command_id    text        unique, -- A command draws at most one plan, however often it is carried out.
  state         text        not null,
  state_at      timestamptz not null,
  reason        text,
  created_at    timestamptz not null,
  expires_at    timestamptz not null,
  start_by      timestamptz,
  cleared_at    timestamptz,
  outcome       text,
  outcome_by    timestamptz,
  outcome_note  text,
  superseded_by text
);
-- The last guard of "no new plan for the same target while one is open".
create unique index plan_open_target on plan (target)
  where state in ('proposed', 'approved', 'applying', 'unknown') or outcome = 'pending';
create index plan_state on plan (state, state_at);

create table vote (
  plan_id   text        not null references plan (id),
  plan_hash text        not null,
  user_id   text        not null,
  kind      text        not null check (kind in ('approve', 'deny')),
  reason    text,
  cast_at   timestamptz not null,
  primary key (plan_id, plan_hash, user_id, kind) -- Who approved may still deny; a denial wins.
);

create table run (
  plan_id     text        not null references plan (id),
  number      integer     not null,
  state       text        not null check (state in ('queued', 'running', 'lost', 'ended')),
  queued_at   timestamptz not null,
  started_at  timestamptz,
  ended_at    timestamptz,
  holder      text,
  lease_until timestamptz,
  primary key (plan_id, number)
);
create index run_open on run (state) where state in ('queued', 'running', 'lost');

create table run_change (
  plan_id    text        not null,
  number     integer     not null,
  position   integer     not null,
  state      text        not null check (state in ('writing', 'written', 'reached', 'verified', 'refused', 'unknown', 'failed')),
  detail     text,
  updated_at timestamptz not null,
  primary key (plan_id, number, position),
  foreign key (plan_id, number) references run (plan_id, number)
);

create table target_lock (
  target   text        primary key,
  plan_id  text        not null references plan (id),
  taken_at timestamptz not null
);

create table stop (
  scope      text        primary key, -- '*', 'cluster:NAME' or 'system:NAME'
  by         text        not null,
  reason     text,
  stopped_at timestamptz not null
);

create table message (
  key          text        primary key,
  plan_id      text        not null references plan (id),
  channel      text        not null,
  position     bigint      generated always as identity, -- Older messages first: a card before its thread.
  wanted       integer     not null default 1,
  sent         integer     not null default 0,
  ts           text,
  sent_hash    text,
  attempts     integer     not null default 0,
  retry_at     timestamptz,
  problem      text
);
create index message_owed on message (channel, position) where sent < wanted;

create table slack_channel (
  channel     text        primary key,
  next_call_at timestamptz not null,
  lease_until timestamptz
);

create table audit_entry (
  seq       bigint primary key,
  body      text   not null, -- Canonical JSON.
  previous  text   not null unique,
  hash      text   not null unique
);

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger audit_no_change before update or delete on audit_entry
  for each row execute function audit_is_append_only();
create trigger audit_no_truncate before truncate on audit_entry
  for each statement execute function audit_is_append_only();
