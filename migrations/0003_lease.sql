-- Capacity that is lent for a time: what was promised, what became of it, and the runs that give it back.

create table lease (
  plan_id     text        primary key references plan (id),
  target      text        not null,
  system      text        not null,
  state       text        not null check (state in ('lent', 'giving', 'unknown', 'given', 'ended')),
  state_at    timestamptz not null,
  lent_at     timestamptz not null,
  due_at      timestamptz not null,
  remind_at   timestamptz, -- None: said already, or there is nothing to remind of.
  extended_by text, -- A person's id, or 'headroom' where something speaks against giving back.
  extended_at timestamptz,
  asked_by    text, -- Who wants it given back now.
  held        text, -- The kind of reason for which it was not given back last; its words are the note.
  note        text,
  attempts    integer     not null default 0, -- Runs in a row that were cut off.
  message     integer     not null default 1  -- The newest message about it in the plan's thread.
);
create index lease_open on lease (state, due_at) where state in ('lent', 'giving', 'unknown');
create index lease_target on lease (target);

alter table run add column purpose text not null default 'apply' check (purpose in ('apply', 'give-back'));
