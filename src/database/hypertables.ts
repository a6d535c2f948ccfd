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
