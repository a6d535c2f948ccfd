-- Between the changes of a plan a run may look, wait or ask somebody; how far it has come there must outlive a process.

alter table run_change drop constraint run_change_state_check;
alter table run_change add constraint run_change_state_check check (state in (
  'writing', 'written', 'reached', 'verified', 'refused', 'unknown', 'failed',
  'blocked', 'reverting', 'reverted', 'kept',
  'holding', 'passed', 'warned'));
alter table run_change add column since timestamptz; -- When the run came to this step; a wait counts from the first run that did.

-- Somebody said that what a plan asked them to do is done.
create table tick (
  plan_id   text        not null references plan (id),
  position  integer     not null,
  user_id   text        not null,
  ticked_at timestamptz not null,
  primary key (plan_id, position)
);

-- A plan may touch several targets; each of them belongs to at most one open plan.
create table plan_target (
  plan_id text not null references plan (id),
  target  text not null,
  primary key (plan_id, target)
);
create index plan_target_target on plan_target (target);
insert into plan_target (plan_id, target) select id, target from plan;
