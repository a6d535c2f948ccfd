// Who may change a target now, and where nobody may change anything.

import { z } from 'zod';
import { assert } from '../../errors.ts';
import type { LockProof, Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';
import { present } from './rows.ts';

export function locksOn(sql: Sql): Transaction['locks'] {
  return {
    async take(targets, planId, at) {
      // In one order everywhere, so that two plans that want the same targets never wait for each other in a circle.
      for (const target of [...new Set(targets)].toSorted()) {
        const [row] = await sql.rows(
          z.object({ plan_id: z.string() }),
          `insert into target_lock (target, plan_id, taken_at) values ($1, $2, $3)
           on conflict (target) do update set target = excluded.target returning plan_id`,
          [target, planId, at],
        );
        assert(row !== undefined, 'an upsert returns its row');
        if (row.plan_id !== planId) {
          await sql.run('delete from target_lock where plan_id = $1', [planId]);
          return { kind: 'held', target, planId: row.plan_id };
        }
      }
      return { kind: 'taken', proof: { planId } as LockProof };
    },
    async release(planId) {
      await sql.run('delete from target_lock where plan_id = $1', [planId]);
    },
  };
}

export function stopsOn(sql: Sql): Transaction['stops'] {
  return {
    async put(stop) {
      await sql.run(
        `insert into stop (scope, by, reason, stopped_at) values ($1, $2, $3, $4) on conflict (scope) do update set stopped_at = excluded.stopped_at`,
        [stop.scope, stop.by, stop.reason ?? null, stop.stoppedAt],
      );
    },
    remove: async (scope, setBefore) =>
      (await sql.run('delete from stop where scope = $1 and stopped_at <= $2', [
        scope,
        setBefore,
      ])) === 1,
    async all() {
      const rows = await sql.rows(
        z.object({
          scope: z.string(),
          by: z.string(),
          reason: z.string().nullable(),
          stoppedAt: z.date(),
        }),
        'select scope, by, reason, stopped_at as "stoppedAt" from stop order by stopped_at',
      );
      return rows.map((row) => present(row));
    },
  };
}
