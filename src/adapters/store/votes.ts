// Votes: one for each person and text, whatever Slack delivers twice.

import { z } from 'zod';
import type { Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';
import { present } from './rows.ts';

const voteRow = z.object({
  userId: z.string(),
  planHash: z.string(),
  kind: z.enum(['approve', 'deny']),
  reason: z.string().nullable(),
  castAt: z.date(),
});

export function votesOn(sql: Sql): Transaction['votes'] {
  return {
    async insert(planId, vote) {
      const added = await sql.run(
        `insert into vote (plan_id, plan_hash, user_id, kind, reason, cast_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
        [planId, vote.planHash, vote.userId, vote.kind, vote.reason ?? null, vote.castAt],
      );
      return added === 1;
    },
    async of(planId) {
      const rows = await sql.rows(
        voteRow,
        `select user_id as "userId", plan_hash as "planHash", kind, reason, cast_at as "castAt"
           from vote where plan_id = $1 order by cast_at, user_id`,
        [planId],
      );
      return rows.map((row) => present(row));
    },
  };
}
