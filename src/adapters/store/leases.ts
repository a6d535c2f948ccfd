// Leases: capacity that is lent for a time, one row for each plan that lent some.

import { z } from 'zod';
import { assert } from '../../errors.ts';
import {
  type HoldReason,
  type Lease,
  type LeaseState,
  leaseMayBecome,
  leaseStates,
} from '../../lease/lease.ts';
import type { Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';
import { present } from './rows.ts';

const leaseRow = z.object({
  planId: z.string(),
  target: z.string(),
  system: z.string(),
  state: z.enum(Object.keys(leaseStates) as [LeaseState, ...LeaseState[]]),
  stateAt: z.date(),
  lentAt: z.date(),
  dueAt: z.date(),
  remindAt: z.date().nullable(),
  extendedBy: z.string().nullable(),
  extendedAt: z.date().nullable(),
  askedBy: z.string().nullable(),
  held: z.custom<HoldReason>((value) => typeof value === 'string').nullable(),
  note: z.string().nullable(),
  attempts: z.number(),
  message: z.number(),
});

const leaseColumns = `plan_id as "planId", target, system, state, state_at as "stateAt", lent_at as "lentAt",
  due_at as "dueAt", remind_at as "remindAt", extended_by as "extendedBy", extended_at as "extendedAt", asked_by as "askedBy", held, note,
  attempts, message`;

export function leasesOn(sql: Sql): Transaction['leases'] {
  async function many(where: string, values: readonly unknown[]): Promise<Lease[]> {
    const rows = await sql.rows(
      leaseRow,
      `select ${leaseColumns} from lease where ${where}`,
      values,
    );
    return rows.map((row) => present(row));
  }
  return {
    async insert(lease) {
      await sql.run(
        `insert into lease (plan_id, target, system, state, state_at, lent_at, due_at, remind_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          lease.planId,
          lease.target,
          lease.system,
          lease.state,
          lease.stateAt,
          lease.lentAt,
          lease.dueAt,
          lease.remindAt ?? null,
        ],
      );
    },
    find: async (planId) => (await many('plan_id = $1', [planId]))[0],
    lock: async (planId) => (await many('plan_id = $1 for update', [planId]))[0],
    async save(before, after) {
      const moves = before.state !== after.state;
      assert(
        !moves || leaseMayBecome(before.state, after.state),
        `the lease of ${before.planId} may go from ${before.state} to ${after.state}`,
      );
      const saved = await sql.run(
        `update lease set state = $3, state_at = $4, due_at = $5, remind_at = $6, extended_by = $7, asked_by = $8,
                held = $9, note = $10, attempts = $11, message = $12, extended_at = $13
          where plan_id = $1 and state = $2`,
        [
          before.planId,
          before.state,
          after.state,
          after.stateAt,
          after.dueAt,
          after.remindAt ?? null,
          after.extendedBy ?? null,
          after.askedBy ?? null,
          after.held ?? null,
          after.note ?? null,
          after.attempts,
          after.message,
          after.extendedAt ?? null,
        ],
      );
      assert(saved === 1, `the lease of ${before.planId} is still ${before.state} while locked`);
    },
    due: (now) =>
      many(
        `state = 'lent' and (due_at <= $1 or remind_at <= $1 or asked_by is not null) order by due_at limit 200`,
        [now],
      ),
    onTop: async ({ target, lentAt, planId }) =>
      (
        await many(
          `target = $1 and plan_id <> $2 and lent_at >= $3 and state in ('lent', 'giving', 'unknown')
           order by lent_at desc limit 1`,
          [target, planId, lentAt],
        )
      )[0],
    list: ({ states, system, limit }) =>
      many(`state = any ($1) and ($2::text is null or system = $2) order by due_at limit $3`, [
        states,
        system ?? null,
        limit,
      ]),
  };
}
