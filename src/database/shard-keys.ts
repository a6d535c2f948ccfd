// Asks a database which keys there are and how much each weighs, so that shards can be balanced by what they hold.

import { z } from 'zod';
import { type InSchema, qualified, quotedName } from './names.ts';
import type { Answers, Query } from './query.ts';

/** The table whose rows say which keys there are, as headroom.yaml names it. */
export interface ShardKeys {
  readonly table: InSchema;
  /** Holds the keys. */
  readonly column: string;
  /** Holds how much a row weighs. (Default: each row weighs one) */
  readonly load?: string;
}

/** Balancing looks at all keys for each move, and people read the moves. */
const keysMax = 5000;
/** YAML takes no key of more than 1024 characters, so the map could never be read again; without its quotes. */
const keyCharactersMax = 1000;

/** One row for each key; names are quoted as they are, and one that is not there fails with its name. */
export function shardKeyQuery({ table, column, load }: ShardKeys): Query {
  const weight = load === undefined ? 'count(*)' : `coalesce(sum(${quotedName(load)}), 0)`;
  return {
    text: `select ${quotedName(column)}::text as key, ${weight}::float8 as load from ${qualified(table)}
            where ${quotedName(column)} is not null group by 1 order by 1 limit ${keysMax + 1}`,
  };
}

const row = z.object({ key: z.string(), load: z.number().nonnegative() });

/** The keys with their loads, or why they cannot be used. */
export function shardKeysIn(
  answers: Answers,
): ReadonlyMap<string, number> | { readonly because: string } {
  const rows = answers[0] ?? [];
  if (rows.length > keysMax) {
    return { because: `there are more than ${keysMax} keys, more than are assigned one by one` };
  }
  const loads = new Map<string, number>();
  for (const each of rows) {
    const parsed = row.safeParse(each);
    if (!parsed.success) {
      return { because: `the load of key ${JSON.stringify(each['key'])} is no number from 0 up` };
    }
    const { key, load } = parsed.data;
    if (JSON.stringify(key).length > keyCharactersMax) {
      return { because: `key ${key.slice(0, 40)}… is too long to be written into a map of shards` };
    }
    loads.set(key, load);
  }
  return loads;
}
