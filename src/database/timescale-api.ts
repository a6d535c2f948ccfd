// What TimescaleDB calls its things in each version, and the questions its own views answer in all of them.

import { z } from 'zod';
import { type InSchema, qualified, quotedName, quotedText } from './names.ts';
import type { Query } from './query.ts';

/**
 * Written from TimescaleDB's own reference and the SQL of its releases 2.10 to 2.27. The extension cannot be installed by
 * this project's tests: they run the functions and the questions against a stand-in with the same names, arguments and
 * types (test/servers/timescale), and compare ALTER TABLE … SET and CREATE MATERIALIZED VIEW … WITH word for word only.
 */
export const oldestTimescale = '2.10';

/** Which words a version takes: `compress` became `columnstore` with 2.18. */
export type CompressionWords = 'compress' | 'columnstore';

/** Whether the version in pg_extension, such as `2.18.0-dev`, is at least this one. */
export function isAtLeast(version: string, wanted: string): boolean {
  const numbers = (text: string) => text.split(/[.-]/).map((part) => Number.parseInt(part, 10));
  const [major = 0, minor = 0] = numbers(version);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(wanted);
  return major === wantedMajor ? minor >= wantedMinor : major > wantedMajor;
}

export function compressionWords(version: string): CompressionWords {
  return isAtLeast(version, '2.18') ? 'columnstore' : 'compress';
}

/** A length of time, as the server says it and in seconds, by which it is compared. */
export interface Span {
  readonly seconds: number;
  readonly text: string;
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** In the largest unit that fits: `90 days`, `1 hour`. */
export function spanOf(seconds: number): Span {
  const [unit, size] = units.find(([, each]) => seconds % each === 0) ?? ['second', 1];
  const count = seconds / size;
  return { seconds, text: `${count} ${unit}${count === 1 ? '' : 's'}` };
}

/** `interval '90 days'`. */
export function writtenSpan({ text }: Span): string {
  return `interval ${quotedText(text)}`;
}

/** A relation as an argument of TimescaleDB's functions. */
export function asRelation(relation: InSchema): string {
  return `${quotedText(qualified(relation))}::regclass`;
}

/** A call of one of its functions, which stand in the schema the extension was made in; all arguments by name. */
export function timescaleCall(
  schema: string,
  name: string,
  args: Readonly<Record<string, string>>,
): string {
  const list = Object.entries(args).map(([arg, value]) => `${arg} => ${value}`);
  return `${quotedName(schema)}.${name}(${list.join(', ')})`;
}

/**
 * Keeps two writers of one hypertable apart and lets everybody read and write it. ONLY: with all its chunks it would take
 * thousands of locks.
 */
export function hypertableLock(table: InSchema): string {
  return `lock table only ${qualified(table)} in share update exclusive mode`;
}

const valuesOf = ({ schema, name }: InSchema) => [schema, name];

/** The schema of its functions, and its licence; no row where it is not there. */
export const extensionQuery: Query = {
  text: `select n.nspname::text as schema, current_setting('timescaledb.license', true) as license
           from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'timescaledb'`,
};
export const extensionRow = z.object({ schema: z.string(), license: z.string().nullable() });

/** Those of this name in any schema, each with its dimension of time. `is_distributed` is gone since 2.14. */
export function hypertableQuery(written: string): Query {
  return {
    text: `select distinct on (1, 2) h.hypertable_schema::text as schema, h.hypertable_name::text as name,
                  h.compression_enabled as compressed,
                  coalesce(to_jsonb(h)->>'is_distributed', 'false') = 'true' as distributed,
                  d.column_name::text as column, d.column_type::text as type,
                  extract(epoch from d.time_interval)::float8 as seconds, d.time_interval::text as text
             from timescaledb_information.hypertables h
             join timescaledb_information.dimensions d using (hypertable_schema, hypertable_name)
            where $1 in (h.hypertable_name::text, h.hypertable_schema || '.' || h.hypertable_name) and d.dimension_type = 'Time'
            order by 1, 2, d.dimension_number`,
    values: [written],
  };
}
export const hypertableRow = z.object({
  schema: z.string(),
  name: z.string(),
  compressed: z.boolean(),
  distributed: z.boolean(),
  column: z.string(),
  type: z.string(),
  /** Null where time is counted in whole numbers. */
  seconds: z.number().nullable(),
  text: z.string().nullable(),
});
export type HypertableRow = z.infer<typeof hypertableRow>;

/** How many chunks it has, and since when its rows go back. */
export function chunksQuery(table: InSchema): Query {
  return {
    text: `select count(*)::int as chunks, (count(*) filter (where is_compressed))::int as compressed,
                  extract(epoch from min(range_start))::float8 as oldest
             from timescaledb_information.chunks where hypertable_schema = $1 and hypertable_name = $2`,
    values: valuesOf(table),
  };
}
export const chunksRow = z.object({
  chunks: z.number(),
  compressed: z.number(),
  oldest: z.number().nullable(),
});

/** One row for each column that segments or orders; the view is older than 2.10 and still there. */
export function compressionQuery(table: InSchema): Query {
  return {
    text: `select attname::text as column, segmentby_column_index as segment, orderby_column_index as "order", orderby_asc as asc
             from timescaledb_information.compression_settings where hypertable_schema = $1 and hypertable_name = $2
            order by segmentby_column_index, orderby_column_index`,
    values: valuesOf(table),
  };
}
export const compressionRow = z.object({
  column: z.string(),
  segment: z.number().nullable(),
  order: z.number().nullable(),
  asc: z.boolean().nullable(),
});

/** The policies of a hypertable or an aggregate; older versions name the hypertable behind an aggregate here. */
export function policiesQuery(on: InSchema): Query {
  return {
    text: `select proc_name::text as procedure, scheduled,
                  jsonb_build_object('text', schedule_interval::text, 'seconds', extract(epoch from schedule_interval)) as every,
                  (select jsonb_object_agg(key, jsonb_build_object('text', value, 'seconds', extract(epoch from value::interval)))
                     from jsonb_each_text(config) where key = any($3) and value is not null) as config
             from timescaledb_information.jobs j
            where (hypertable_schema, hypertable_name) = ($1, $2)
               or exists (select from timescaledb_information.continuous_aggregates a
                           where (a.view_schema, a.view_name) = ($1, $2)
                             and a.materialization_hypertable_schema = j.hypertable_schema
                             and a.materialization_hypertable_name = j.hypertable_name)
            order by job_id`,
    values: [...valuesOf(on), configKeys],
  };
}
const configKeys = ['drop_after', 'compress_after', 'start_offset', 'end_offset'] as const;

const span = z.object({ seconds: z.number(), text: z.string() });
export const policyRow = z.object({
  procedure: z.string(),
  scheduled: z.boolean(),
  every: span,
  config: z.partialRecord(z.enum(configKeys), span).nullable(),
});

/** The aggregates over a hypertable, which may be what is behind another aggregate. */
const refreshedOver = (schema: string, name: string) => `
  select o.view_name::text as name, extract(epoch from (j.config->>'start_offset')::interval)::float8 as seconds
    from timescaledb_information.continuous_aggregates o
    join timescaledb_information.jobs j
      on (j.hypertable_schema, j.hypertable_name) in ((o.view_schema, o.view_name),
         (o.materialization_hypertable_schema, o.materialization_hypertable_name))
   where (o.hypertable_schema, o.hypertable_name) = (${schema}, ${name})
     and j.proc_name = 'policy_refresh_continuous_aggregate'`;

/** How far back the aggregates over a hypertable are refreshed; null where as far as there are rows. */
export function refreshedQuery(table: InSchema): Query {
  return { text: refreshedOver('$1', '$2'), values: valuesOf(table) };
}
export const refreshedRow = z.object({ name: z.string(), seconds: z.number().nullable() });

/** Whatever has this name, and what TimescaleDB says of it where it is an aggregate. */
export function aggregateQuery(name: InSchema): Query {
  return {
    text: `select c.relkind::text as kind, pg_has_role(c.relowner, 'usage') as own, pg_get_userbyid(c.relowner)::text as owner,
                  a.hypertable_schema::text as schema, a.hypertable_name::text as table,
                  a.materialized_only as stored, a.view_definition as definition,
                  (select extract(epoch from min(range_start))::float8 from timescaledb_information.chunks ch
                    where (ch.hypertable_schema, ch.hypertable_name)
                          = (a.materialization_hypertable_schema, a.materialization_hypertable_name)) as oldest,
                  (select jsonb_agg(o) from (${refreshedOver('a.materialization_hypertable_schema', 'a.materialization_hypertable_name')}) o) as above,
                  extract(epoch from substring(a.view_definition from 'time_bucket\\(''([^'']+)''::interval')::interval)::float8
                    as seconds
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
             left join timescaledb_information.continuous_aggregates a on (a.view_schema, a.view_name) = (n.nspname, c.relname)
            where n.nspname = $1 and c.relname = $2`,
    values: valuesOf(name),
  };
}
export const aggregateRow = z.object({
  kind: z.string(),
  own: z.boolean(),
  owner: z.string(),
  schema: z.string().nullable(),
  table: z.string().nullable(),
  stored: z.boolean().nullable(),
  definition: z.string().nullable(),
  seconds: z.number().nullable(),
  /** Since when it has rows. */
  oldest: z.number().nullable(),
  /** The aggregates over it, and how far back they are refreshed. */
  above: z.array(refreshedRow).nullable(),
});
