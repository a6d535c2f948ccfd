// Tells the tables whose rows TimescaleDB keeps in chunks of its own.

import { z } from 'zod';
import type { ServerFacts } from './drawing.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

const hypertable = z.object({ name: z.string(), chunks: z.number() });

/** All hypertables; where the extension is not, there is none. */
export function hypertableQuery({ extensions }: Pick<ServerFacts, 'extensions'>): Query {
  return extensions.has('timescaledb')
    ? {
        text: `select hypertable_schema || '.' || hypertable_name as name, num_chunks::int as chunks
                 from timescaledb_information.hypertables`,
      }
    : { text: `select null::text as name, 0 as chunks where false` };
}

/** By `schema.table`. */
export function hypertablesOf(answers: Answers, index: number) {
  return rowsOf(hypertable, answers, index);
}

/** How many locks all transactions of the server have together (PostgreSQL manual, 19.12). */
export function lockRoom({ settings }: Pick<ServerFacts, 'settings'>) {
  const setting = (name: string) => Number(settings.get(name)?.setting ?? 0);
  const holders = setting('max_connections') + setting('max_prepared_transactions');
  return { holders, locks: setting('max_locks_per_transaction') * holders };
}

/** In words, why one transaction must not go over so many chunks; undefined where there is room for it. */
export function whyTooManyChunks(
  chunks: number,
  facts: Pick<ServerFacts, 'settings'>,
): string | undefined {
  const { locks } = lockRoom(facts);
  return chunks > locks
    ? `it goes over ${chunks} chunks in one transaction, a lock for each, and the server has ${locks} (max_locks_per_transaction × (max_connections + max_prepared_transactions)): that fails for everybody, so raise max_locks_per_transaction first, which needs a restart`
    : undefined;
}
