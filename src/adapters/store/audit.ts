// The audit trail: appended in the transaction of what it tells about, in one line behind one lock.

import { z } from 'zod';
import { genesis, nextEntry } from '../../audit/chain.ts';
import type { Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';

const entryRow = z.object({
  seq: z.coerce.number(),
  body: z.string(),
  previous: z.string(),
  hash: z.string(),
});

/** Any constant will do; it is the name of the lock that makes appends queue up. */
const appendLock = 4_717_001;
const pageSize = 5_000;

export function auditOn(sql: Sql): Transaction['audit'] {
  async function head() {
    const [row] = await sql.rows(
      entryRow,
      'select seq, body, previous, hash from audit_entry order by seq desc limit 1',
    );
    return row === undefined ? genesis : { seq: row.seq, hash: row.hash };
  }
  return {
    head,
    async append(fact) {
      await sql.run('select pg_advisory_xact_lock($1)', [appendLock]);
      const entry = nextEntry(await head(), fact);
      await sql.run('insert into audit_entry (seq, body, previous, hash) values ($1, $2, $3, $4)', [
        entry.seq,
        entry.body,
        entry.previous,
        entry.hash,
      ]);
      return entry;
    },
    async *read() {
      for (let after = 0; ; ) {
        const page = await sql.rows(
          entryRow,
          'select seq, body, previous, hash from audit_entry where seq > $1 order by seq limit $2',
          [after, pageSize],
        );
        yield* page;
        const last = page.at(-1);
        if (last === undefined || page.length < pageSize) return;
        after = last.seq;
      }
    },
    ofPlan: (planId) =>
      sql.rows(
        entryRow,
        `select seq, body, previous, hash from audit_entry where body::jsonb ->> 'planId' = $1 order by seq`,
        [planId],
      ),
  };
}
