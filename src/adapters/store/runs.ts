// Runs: the outbox that the queue delivers from, and the ledger of what each attempt did.

import { z } from 'zod';
import type { RunRecord, Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';
import { present } from './rows.ts';

const runRow = z.object({
  planId: z.string(),
  number: z.number(),
  purpose: z.enum(['apply', 'give-back']),
  state: z.enum(['queued', 'running', 'lost', 'ended']),
  queuedAt: z.date(),
  startedAt: z.date().nullable(),
  endedAt: z.date().nullable(),
  holder: z.string().nullable(),
});
const runColumns = `plan_id as "planId", number, purpose, state, queued_at as "queuedAt", started_at as "startedAt",
  ended_at as "endedAt", holder`;

const changeRow = z.object({
  position: z.number(),
  state: z.enum([
    'writing',
    'written',
    'reached',
    'verified',
    'refused',
    'unknown',
    'failed',
    'blocked',
    'reverting',
    'reverted',
    'kept',
    'holding',
    'passed',
    'warned',
  ]),
  detail: z.string().nullable(),
  since: z.date().nullable(),
});

export function runsOn(sql: Sql): Transaction['runs'] {
  async function many(where: string, values: readonly unknown[]): Promise<RunRecord[]> {
    const rows = await sql.rows(runRow, `select ${runColumns} from run where ${where}`, values);
    return rows.map((row) => present(row));
  }
  return {
    async queue(run, at, purpose = 'apply') {
      await sql.run(
        `insert into run (plan_id, number, state, queued_at, purpose) values ($1, $2, 'queued', $3, $4)`,
        [run.planId, run.number, at, purpose],
      );
    },
    find: async (run) => (await many('plan_id = $1 and number = $2', [run.planId, run.number]))[0],
    latest: async (planId) =>
      (await many(`plan_id = $1 and purpose = 'apply' order by number desc limit 1`, [planId]))[0],
    async nextNumber(planId) {
      const [row] = await sql.rows(
        z.object({ next: z.number() }),
        'select coalesce(max(number), 0) + 1 as next from run where plan_id = $1',
        [planId],
      );
      return row?.next ?? 1;
    },
    async claim(run, holder, now, holdMs) {
      const claimed = await sql.run(
        `update run set state = 'running', holder = $3, started_at = $4, lease_until = $5
          where plan_id = $1 and number = $2 and state = 'queued'`,
        [run.planId, run.number, holder, now, new Date(now.getTime() + holdMs)],
      );
      return claimed === 1;
    },
    async renew(run, holder, now, holdMs) {
      const renewed = await sql.run(
        `update run set lease_until = $5
          where plan_id = $1 and number = $2 and state = 'running' and holder = $3 and lease_until > $4`,
        [run.planId, run.number, holder, now, new Date(now.getTime() + holdMs)],
      );
      return renewed === 1;
    },
    async end(run, state, at) {
      await sql.run(
        'update run set state = $3, ended_at = $4, lease_until = null where plan_id = $1 and number = $2',
        [run.planId, run.number, state, at],
      );
    },
    waiting: (olderThan) =>
      many(`state = 'queued' and queued_at <= $1 order by queued_at limit 100`, [olderThan]),
    abandoned: (now, purpose) =>
      many(`state = 'running' and lease_until <= $1 and purpose = $2 order by started_at`, [
        now,
        purpose,
      ]),
    lost: (purpose) => many(`state = 'lost' and purpose = $1 order by started_at`, [purpose]),
    async setChange(run, change, at) {
      await sql.run(
        `insert into run_change (plan_id, number, position, state, detail, updated_at, since) values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (plan_id, number, position) do update set state = $4, detail = $5, updated_at = $6`,
        [run.planId, run.number, change.position, change.state, change.detail ?? null, at],
      );
    },
    async mayHaveWritten({ planId, number }, position, purpose = 'apply') {
      const rows = await sql.rows(
        z.object({ position: z.number() }),
        `select c.position from run_change c join run r on r.plan_id = c.plan_id and r.number = c.number
          where c.plan_id = $1 and c.number < $2 and ($3::int is null or c.position = $3) and r.purpose = $4
            and c.state not in ('reached', 'refused', 'blocked', 'holding', 'passed', 'warned')
            and not (c.state = 'kept' and r.purpose = 'give-back') limit 1`,
        [planId, number, position ?? null, purpose],
      );
      return rows.length > 0;
    },
    async wrote(planId, position) {
      const rows = await sql.rows(
        z.object({ number: z.number() }),
        `select c.number from run_change c join run r on r.plan_id = c.plan_id and r.number = c.number
          where c.plan_id = $1 and c.position = $2 and r.purpose = 'apply'
            and c.state in ('written', 'verified', 'failed') limit 1`,
        [planId, position],
      );
      return rows.length > 0;
    },
    async stepDone(planId, position) {
      const [row] = await sql.rows(
        z.object({
          since: z.date().nullable(),
          isDone: z.boolean().nullable(),
          isWarned: z.boolean().nullable(),
        }),
        `select min(since) as since, bool_or(state in ('passed', 'warned', 'verified')) as "isDone",
                bool_or(state = 'warned') as "isWarned"
          from run_change where plan_id = $1 and position = $2`,
        [planId, position],
      );
      return {
        isDone: row?.isDone ?? false,
        isWarned: row?.isWarned ?? false,
        ...(row?.since && { since: row.since }),
      };
    },
    async tick(planId, position, by, at) {
      const ticked = await sql.run(
        `insert into tick (plan_id, position, user_id, ticked_at) values ($1, $2, $3, $4)
         on conflict do nothing`,
        [planId, position, by, at],
      );
      return ticked === 1;
    },
    ticks: (planId) =>
      sql.rows(
        z.object({ position: z.number(), by: z.string(), at: z.date() }),
        `select position, user_id as "by", ticked_at as "at" from tick where plan_id = $1 order by position`,
        [planId],
      ),
    async gaveUp({ planId, number }) {
      const rows = await sql.rows(
        z.object({ because: z.string() }),
        `select coalesce(detail, 'an earlier run failed') as because from run_change
          where plan_id = $1 and number < $2 and state in ('failed', 'blocked', 'reverting', 'reverted', 'kept')
          order by number, case when state in ('failed', 'blocked') then 0 when state = 'kept' then 2 else 1 end, position
          limit 1`,
        [planId, number],
      );
      return rows[0]?.because;
    },
    async changes(run) {
      const rows = await sql.rows(
        changeRow,
        `select position, state, detail,
           (select min(since) from run_change as first
             where first.plan_id = run_change.plan_id and first.position = run_change.position) as since
          from run_change where plan_id = $1 and number = $2 order by position`,
        [run.planId, run.number],
      );
      return rows.map((row) => present(row));
    },
  };
}
