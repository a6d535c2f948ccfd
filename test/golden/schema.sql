-- What the migrations make, from the catalogue. Written by UPDATE_GOLDEN=1 npx vitest run test/migrations.test.ts
table alert: id bigint not null generated always as identity
table alert: fingerprint text not null
table alert: starts_at text not null
table alert: status text not null
table alert: ends_at text
table alert: labels jsonb not null
table alert: annotations jsonb not null
table alert: system text
table alert: component text
table alert: trigger text
table alert: plan_id text
table alert: deliveries integer not null default 1
table alert: received_at timestamp with time zone not null
table alert: last_seen_at timestamp with time zone not null
table alert: pending boolean not null default true
table alert: note text
table audit_entry: seq bigint not null
table audit_entry: body text not null
table audit_entry: previous text not null
table audit_entry: hash text not null
table command: id text not null
table command: dedupe_key text not null
table command: name text not null
table command: words text not null
table command: user_id text not null
table command: channel_id text not null
table command: response_url text not null
table command: received_at timestamp with time zone not null
table command: reply text
table command: answered_at timestamp with time zone
table command: claimed_until timestamp with time zone
table headroom_migration: name text not null
table headroom_migration: sha256 text not null
table headroom_migration: applied_at timestamp with time zone not null default now()
table lease: plan_id text not null
table lease: target text not null
table lease: system text not null
table lease: state text not null
table lease: state_at timestamp with time zone not null
table lease: lent_at timestamp with time zone not null
table lease: due_at timestamp with time zone not null
table lease: remind_at timestamp with time zone
table lease: extended_by text
table lease: extended_at timestamp with time zone
table lease: asked_by text
table lease: held text
table lease: note text
table lease: attempts integer not null default 0
table lease: message integer not null default 1
table message: key text not null
table message: plan_id text not null
table message: channel text not null
table message: position bigint not null generated always as identity
table message: wanted integer not null default 1
table message: sent integer not null default 0
table message: ts text
table message: sent_hash text
table message: attempts integer not null default 0
table message: retry_at timestamp with time zone
table message: problem text
table plan: id text not null
table plan: body text not null
table plan: hash text not null
table plan: system text not null
table plan: target text not null
table plan: command_id text
table plan: state text not null
table plan: state_at timestamp with time zone not null
table plan: reason text
table plan: created_at timestamp with time zone not null
table plan: expires_at timestamp with time zone not null
table plan: start_by timestamp with time zone
table plan: cleared_at timestamp with time zone
table plan: outcome text
table plan: outcome_by timestamp with time zone
table plan: outcome_note text
table plan: superseded_by text
table plan_target: plan_id text not null
table plan_target: target text not null
table run: plan_id text not null
table run: number integer not null
table run: state text not null
table run: queued_at timestamp with time zone not null
table run: started_at timestamp with time zone
table run: ended_at timestamp with time zone
table run: holder text
table run: lease_until timestamp with time zone
table run: purpose text not null default 'apply'::text
table run_change: plan_id text not null
table run_change: number integer not null
table run_change: position integer not null
table run_change: state text not null
table run_change: detail text
table run_change: updated_at timestamp with time zone not null
table run_change: since timestamp with time zone
table scheduled: system text not null
table scheduled: name text not null
table scheduled: due_at timestamp with time zone not null
table scheduled: plan_id text
table scheduled: note text
table slack_channel: channel text not null
table slack_channel: next_call_at timestamp with time zone not null
table slack_channel: lease_until timestamp with time zone
table stop: scope text not null
table stop: by text not null
table stop: reason text
table stop: stopped_at timestamp with time zone not null
table target_lock: target text not null
table target_lock: plan_id text not null
table target_lock: taken_at timestamp with time zone not null
table tick: plan_id text not null
table tick: position integer not null
table tick: user_id text not null
table tick: ticked_at timestamp with time zone not null
table vote: plan_id text not null
table vote: plan_hash text not null
table vote: user_id text not null
table vote: kind text not null
table vote: reason text
table vote: cast_at timestamp with time zone not null
constraint alert_fingerprint_starts_at_status_key on alert: UNIQUE (fingerprint, starts_at, status)
constraint alert_pkey on alert: PRIMARY KEY (id)
constraint alert_status_check on alert: CHECK ((status = ANY (ARRAY['firing'::text, 'resolved'::text])))
constraint audit_entry_hash_key on audit_entry: UNIQUE (hash)
constraint audit_entry_pkey on audit_entry: PRIMARY KEY (seq)
constraint audit_entry_previous_key on audit_entry: UNIQUE (previous)
constraint command_dedupe_key_key on command: UNIQUE (dedupe_key)
constraint command_pkey on command: PRIMARY KEY (id)
constraint headroom_migration_pkey on headroom_migration: PRIMARY KEY (name)
constraint lease_pkey on lease: PRIMARY KEY (plan_id)
constraint lease_plan_id_fkey on lease: FOREIGN KEY (plan_id) REFERENCES plan(id)
constraint lease_state_check on lease: CHECK ((state = ANY (ARRAY['lent'::text, 'giving'::text, 'unknown'::text, 'given'::text, 'ended'::text])))
constraint message_pkey on message: PRIMARY KEY (key)
constraint message_plan_id_fkey on message: FOREIGN KEY (plan_id) REFERENCES plan(id)
constraint plan_command_id_key on plan: UNIQUE (command_id)
constraint plan_pkey on plan: PRIMARY KEY (id)
constraint plan_target_pkey on plan_target: PRIMARY KEY (plan_id, target)
constraint plan_target_plan_id_fkey on plan_target: FOREIGN KEY (plan_id) REFERENCES plan(id)
constraint run_pkey on run: PRIMARY KEY (plan_id, number)
constraint run_plan_id_fkey on run: FOREIGN KEY (plan_id) REFERENCES plan(id)
constraint run_purpose_check on run: CHECK ((purpose = ANY (ARRAY['apply'::text, 'give-back'::text])))
constraint run_state_check on run: CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'lost'::text, 'ended'::text])))
constraint run_change_pkey on run_change: PRIMARY KEY (plan_id, number, "position")
constraint run_change_plan_id_number_fkey on run_change: FOREIGN KEY (plan_id, number) REFERENCES run(plan_id, number)
constraint run_change_state_check on run_change: CHECK ((state = ANY (ARRAY['writing'::text, 'written'::text, 'reached'::text, 'verified'::text, 'refused'::text, 'unknown'::text, 'failed'::text, 'blocked'::text, 'reverting'::text, 'reverted'::text, 'kept'::text, 'holding'::text, 'passed'::text, 'warned'::text])))
constraint scheduled_pkey on scheduled: PRIMARY KEY (system, name, due_at)
constraint scheduled_plan_id_fkey on scheduled: FOREIGN KEY (plan_id) REFERENCES plan(id)
constraint slack_channel_pkey on slack_channel: PRIMARY KEY (channel)
constraint stop_pkey on stop: PRIMARY KEY (scope)
constraint target_lock_pkey on target_lock: PRIMARY KEY (target)
constraint target_lock_plan_id_fkey on target_lock: FOREIGN KEY (plan_id) REFERENCES plan(id)
constraint tick_pkey on tick: PRIMARY KEY (plan_id, "position")
constraint tick_plan_id_fkey on tick: FOREIGN KEY (plan_id) REFERENCES plan(id)
constraint vote_kind_check on vote: CHECK ((kind = ANY (ARRAY['approve'::text, 'deny'::text])))
constraint vote_pkey on vote: PRIMARY KEY (plan_id, plan_hash, user_id, kind)
constraint vote_plan_id_fkey on vote: FOREIGN KEY (plan_id) REFERENCES plan(id)
CREATE UNIQUE INDEX alert_fingerprint_starts_at_status_key ON public.alert USING btree (fingerprint, starts_at, status)
CREATE INDEX alert_pending ON public.alert USING btree (id) WHERE pending
CREATE UNIQUE INDEX alert_pkey ON public.alert USING btree (id)
CREATE INDEX alert_plan ON public.alert USING btree (plan_id) WHERE (plan_id IS NOT NULL)
CREATE INDEX alert_unrouted ON public.alert USING btree (last_seen_at) WHERE (system IS NULL)
CREATE UNIQUE INDEX audit_entry_hash_key ON public.audit_entry USING btree (hash)
CREATE UNIQUE INDEX audit_entry_pkey ON public.audit_entry USING btree (seq)
CREATE UNIQUE INDEX audit_entry_previous_key ON public.audit_entry USING btree (previous)
CREATE UNIQUE INDEX command_dedupe_key_key ON public.command USING btree (dedupe_key)
CREATE UNIQUE INDEX command_pkey ON public.command USING btree (id)
CREATE INDEX command_waiting ON public.command USING btree (received_at) WHERE (answered_at IS NULL)
CREATE UNIQUE INDEX headroom_migration_pkey ON public.headroom_migration USING btree (name)
CREATE INDEX lease_open ON public.lease USING btree (state, due_at) WHERE (state = ANY (ARRAY['lent'::text, 'giving'::text, 'unknown'::text]))
CREATE UNIQUE INDEX lease_pkey ON public.lease USING btree (plan_id)
CREATE INDEX lease_target ON public.lease USING btree (target)
CREATE INDEX message_owed ON public.message USING btree (channel, "position") WHERE (sent < wanted)
CREATE UNIQUE INDEX message_pkey ON public.message USING btree (key)
CREATE UNIQUE INDEX plan_command_id_key ON public.plan USING btree (command_id)
CREATE UNIQUE INDEX plan_open_target ON public.plan USING btree (target) WHERE ((state = ANY (ARRAY['proposed'::text, 'approved'::text, 'applying'::text, 'unknown'::text])) OR (outcome = 'pending'::text))
CREATE UNIQUE INDEX plan_pkey ON public.plan USING btree (id)
CREATE INDEX plan_state ON public.plan USING btree (state, state_at)
CREATE UNIQUE INDEX plan_target_pkey ON public.plan_target USING btree (plan_id, target)
CREATE INDEX plan_target_target ON public.plan_target USING btree (target)
CREATE INDEX run_open ON public.run USING btree (state) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text, 'lost'::text]))
CREATE UNIQUE INDEX run_pkey ON public.run USING btree (plan_id, number)
CREATE UNIQUE INDEX run_change_pkey ON public.run_change USING btree (plan_id, number, "position")
CREATE UNIQUE INDEX scheduled_pkey ON public.scheduled USING btree (system, name, due_at)
CREATE UNIQUE INDEX slack_channel_pkey ON public.slack_channel USING btree (channel)
CREATE UNIQUE INDEX stop_pkey ON public.stop USING btree (scope)
CREATE UNIQUE INDEX target_lock_pkey ON public.target_lock USING btree (target)
CREATE UNIQUE INDEX tick_pkey ON public.tick USING btree (plan_id, "position")
CREATE UNIQUE INDEX vote_pkey ON public.vote USING btree (plan_id, plan_hash, user_id, kind)
CREATE OR REPLACE FUNCTION public.audit_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'the audit trail is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
end $function$
CREATE TRIGGER audit_no_change BEFORE DELETE OR UPDATE ON public.audit_entry FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
