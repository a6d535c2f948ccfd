// What Headroom reads of the tables of a system's database: the keys of its shards, and what its profile measures by SQL.

import type { Reads } from '../database/read-grants.ts';
import { usualSchema } from '../database/server-facts.ts';
import type { System } from './system.ts';

/** `database` as procedures name it. */
export function readsOf({ databases, profile }: System, database: string): Reads {
  const { shardKeys, schema = usualSchema } = databases.get(database) ?? {};
  const measured = [...profile.inputs.values()].flatMap(({ name, observe }) =>
    observe !== undefined && 'sql' in observe && observe.database === database
      ? [{ input: name, sql: observe.sql }]
      : [],
  );
  return { schema, ...(shardKeys && { shardKeys }), measured };
}
