-- What came of each time a schedule was due: once, however many processes look and however often.

create table scheduled (
  system  text        not null,
  name    text        not null,
  due_at  timestamptz not null,
  plan_id text references plan (id),
  note    text, -- Why there is no plan.
  primary key (system, name, due_at)
);
