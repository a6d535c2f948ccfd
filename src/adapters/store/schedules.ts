// What came of each time a schedule was due.

import { z } from 'zod';
import type { Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';

export function schedulesOn(sql: Sql): Transaction['schedules'] {
  return {
    async isDone({ system, name, dueAt }) {
      const rows = await sql.rows(
        z.object({ name: z.string() }),
        'select name from scheduled where system = $1 and name = $2 and due_at = $3',
        [system, name, dueAt],
      );
      return rows.length > 0;
    },
    async begin({ system, name, dueAt }) {
      const begun = await sql.run(
        'insert into scheduled (system, name, due_at) values ($1, $2, $3) on conflict do nothing',
        [system, name, dueAt],
      );
      return begun === 1;
    },
    async end({ system, name, dueAt }, { planId, note }) {
      await sql.run(
        'update scheduled set plan_id = $4, note = $5 where system = $1 and name = $2 and due_at = $3',
        [system, name, dueAt, planId ?? null, note ?? null],
      );
    },
  };
}
