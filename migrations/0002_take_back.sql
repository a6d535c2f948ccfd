-- A plan that fails takes its template changes back, and the ledger of a run says how far that has come.

alter table run_change drop constraint run_change_state_check;
alter table run_change add constraint run_change_state_check check (state in (
  'writing', 'written', 'reached', 'verified', 'refused', 'unknown', 'failed',
  'blocked', 'reverting', 'reverted', 'kept'));
