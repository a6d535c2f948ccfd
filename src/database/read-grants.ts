// The rights to read what shards are balanced by and what a profile measures by SQL: on those tables alone.

import { doBlock } from './do-block.ts';
import type { Grant } from './grants.ts';
import { type InSchema, qualified, quotedName, quotedText } from './names.ts';
import type { ShardKeys } from './shard-keys.ts';
import { tablesRead } from './tables-read.ts';

/** What is read in a database beside its views of itself. */
export interface Reads {
  /** Where bare names of a profile's SQL are looked for. */
  readonly schema: string;
  readonly shardKeys?: ShardKeys;
  /** Inputs of the profile with the SQL that measures each. */
  readonly measured: readonly { readonly input: string; readonly sql: string }[];
}

/** On whole tables, or on some of their columns. */
interface Readable {
  readonly table: InSchema;
  readonly columns?: readonly string[];
}

/** One right for the keys of shards and one for what is measured, where there is something to read. */
export function readGrants({ schema, shardKeys, measured }: Reads): readonly Grant[] {
  const found = measured.map(({ input, sql }) => ({ input, tables: tablesRead(sql, schema) }));
  const tables = new Map<string, Readable>();
  for (const { tables: some } of found) {
    if ('because' in some) continue;
    for (const table of some) tables.set(qualified(table), { table });
  }
  const inputs = found.flatMap(({ input, tables: some }) =>
    !('because' in some) && some.length > 0 ? [input] : [],
  );
  return [
    ...(shardKeys === undefined
      ? []
      : [select('it counts the keys of shards and what they weigh', [keysOf(shardKeys)])]),
    ...(tables.size === 0
      ? []
      : [select(`the profile measures ${inputs.join(', ')} there`, [...tables.values()])]),
  ];
}

/** Comments for statements whose tables a person has to find. */
export function unclearReads({ schema, measured }: Reads): readonly string[] {
  return measured.flatMap(({ input, sql }) => {
    const tables = tablesRead(sql, schema);
    if (!('because' in tables)) return [];
    const shown = sql.trim().replaceAll(/\s+/g, ' ');
    return [
      `-- Which tables ${input} is measured in is not certain (${tables.because}): grant SELECT on them yourself.\n-- ${shown}`,
    ];
  });
}

function keysOf({ table, column, load }: ShardKeys): Readable {
  return { table, columns: [...new Set([column, ...(load === undefined ? [] : [load])])] };
}

function select(why: string, all: readonly Readable[]): Grant {
  const shown = all.map(({ table }) => `${table.schema}.${table.name}`).join(', ');
  return {
    what: `SELECT on ${shown}`.replaceAll(/[\r\n]/g, ' '),
    why,
    statements: (login) => all.map((each) => grantOf(each, login)),
    query: {
      // A table that is not there yet lacks no right.
      text: `select coalesce(bool_and(readable), true) as granted,
                    string_agg(shown, ', ' order by shown) filter (where not readable) as lacking
               from (select wanted->>'schema' || '.' || (wanted->>'name') as shown,
                            has_schema_privilege(n.oid, 'usage')
                              and case when wanted->'columns' = 'null' then has_table_privilege(c.oid, 'select')
                                       else (select coalesce(bool_and(has_column_privilege(c.oid, attnum, 'select')), true)
                                               from pg_attribute
                                              where attrelid = c.oid and wanted->'columns' ? attname::text) end as readable
                       from jsonb_array_elements($1::jsonb) as wanted
                       join pg_namespace n on n.nspname = wanted->>'schema'
                       join pg_class c on c.relnamespace = n.oid and c.relname = wanted->>'name') as tables`,
      values: [JSON.stringify(all.map(({ table, columns = null }) => ({ ...table, columns })))],
    },
  };
}

/** For a table that is there: one that comes later must not keep the other rights from being granted. */
function grantOf({ table, columns }: Readable, login: string): string {
  const list = columns === undefined ? '' : ` (${columns.map(quotedName).join(', ')})`;
  const on = qualified(table);
  const to = quotedName(login);
  return doBlock(`begin
  if pg_catalog.to_regclass(${quotedText(on)}) is null then
    raise warning '% is not there yet: run this again when it is', ${quotedText(on)};
  else
    grant usage on schema ${quotedName(table.schema)} to ${to};
    grant select${list} on ${on} to ${to};
  end if;
end`);
}
