// Plans: their frozen text, and their one way through the table of states.

import { z } from 'zod';
import { targetKey } from '../../change/change.ts';
import { assert } from '../../errors.ts';
import { mayBecome } from '../../plan/plan-state.ts';
import { targetsOf } from '../../plan/step.ts';
import type { PlanRecord, Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';
import { planColumns, planRecord, planRow } from './rows.ts';

/** Keeps these locks apart from other users of advisory locks. */
const openLock = 4_717_002;

const open = `(state in ('proposed', 'approved', 'applying', 'unknown') or outcome = 'pending')`;

export function plansOn(sql: Sql): Transaction['plans'] {
  async function one(where: string, values: readonly unknown[]): Promise<PlanRecord | undefined> {
    const [row] = await sql.rows(planRow, `select ${planColumns} from plan where ${where}`, values);
    return row && planRecord(row);
  }
  return {
    async insert({ plan, text, hash }) {
      await sql.run(
        `insert into plan (id, body, hash, system, target, command_id, state, state_at, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, 'proposed', $7, $7, $8)`,
        [
          plan.id,
          text,
          hash,
          plan.system,
          targetKey(plan.workload),
          plan.origin.kind === 'command' ? plan.origin.commandId : null,
          plan.createdAt,
          plan.expiresAt,
        ],
      );
      await sql.run('insert into plan_target (plan_id, target) select $1, unnest($2::text[])', [
        plan.id,
        targetsOf(plan),
      ]);
    },
    find: (id) => one('id = $1', [id]),
    lock: (id) => one('id = $1 for update', [id]),
    async openFor(target) {
      // Two that open a plan for one target at once queue up here; the second then sees the first's.
      await sql.run('select pg_advisory_xact_lock(hashtextextended($1, $2))', [target, openLock]);
      return one(
        `id in (select plan_id from plan_target where target = $1) and ${open} order by created_at limit 1 for update`,
        [target],
      );
    },
    ofCommand: (commandId) => one('command_id = $1', [commandId]),
    latestFor: (target) => one('target = $1 order by created_at desc limit 1', [target]),
    async list({ states, outcome, system, limit }) {
      const rows = await sql.rows(
        planRow,
        `select ${planColumns} from plan
          where ($1::text[] is null or state = any ($1)) and ($2::text is null or outcome = $2)
            and ($3::text is null or system = $3)
          order by created_at desc limit $4`,
        [states ?? null, outcome ?? null, system ?? null, limit],
      );
      return rows.map(planRecord);
    },
    async move(record, to, at, extra = {}) {
      assert(
        mayBecome(record.state, to),
        `plan ${record.plan.id} may go from ${record.state} to ${to}`,
      );
      const moved = await sql.run(
        `update plan set state = $3, state_at = $4, reason = $5, start_by = coalesce($6, start_by),
                superseded_by = $7, outcome_by = coalesce($8, outcome_by), outcome = coalesce($9, outcome)
          where id = $1 and state = $2`,
        [
          record.plan.id,
          record.state,
          to,
          at,
          extra.reason ?? null,
          extra.startBy ?? null,
          extra.supersededBy ?? null,
          extra.outcomeBy ?? null,
          extra.outcome ?? null,
        ],
      );
      assert(moved === 1, `plan ${record.plan.id} is still ${record.state} while it is locked`);
    },
    async setCleared(id, at) {
      await sql.run('update plan set cleared_at = $2 where id = $1', [id, at ?? null]);
    },
    async setOutcome(id, outcome, note) {
      await sql.run('update plan set outcome = $2, outcome_note = $3 where id = $1', [
        id,
        outcome,
        note,
      ]);
    },
    countByState: () =>
      sql.rows(
        z.object({ state: z.string(), count: z.coerce.number() }),
        'select state, count(*) as count from plan group by state',
      ),
  };
}
