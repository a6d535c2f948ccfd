// Asks the catalogue about the indexes of a table and of its partitions: how they are defined, whether they can be used, and who is at them.

import { z } from 'zod';
import { progressColumns } from './build-progress.ts';
import type { InSchema } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** Its oid, without asking for a right to its schema; `$1` is the schema and `$2` the name. */
export const tableOid = `(select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
                          where n.nspname::text = $1 and c.relname::text = $2)`;

/**
 * The table itself and, of a partitioned one, everything below it; `$1` is its schema and `$2` its name. What somebody has
 * half detached is no part of it any more: the index on top does not wait for it.
 */
const tree = `
  with recursive tree as (
    select c.oid, null::oid as parent, 0 as level, c.relkind
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname::text = $1 and c.relname::text = $2
    union all
    select c.oid, t.oid, t.level + 1, c.relkind
      from tree t join pg_inherits i on i.inhparent = t.oid join pg_class c on c.oid = i.inhrelid
     where t.relkind = 'p' and coalesce(to_jsonb(i) ->> 'inhdetachpending', 'false') = 'false')`;

const tables = `${tree}
  select t.oid::text as id, t.parent::text as parent, t.level, t.relkind as kind,
         n.nspname::text as schema, c.relname::text as name
    from tree t join pg_class c on c.oid = t.oid join pg_namespace n on n.oid = c.relnamespace
   order by t.level, n.nspname, c.relname`;

/** Only plain columns have a name, an expression has none; `isUsual`: its type's own operator class and its own collation. */
const columns = `
  (select jsonb_agg(jsonb_build_object(
            'name', a.attname, 'option', x.indoption[k - 1],
            'isUsual', k > x.indnkeyatts or coalesce(o.opcdefault and x.indcollation[k - 1] = a.attcollation, false)) order by k)
     from generate_series(1, x.indnatts::int) k
     left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[k - 1] and a.attnum > 0
     left join pg_opclass o on k <= x.indnkeyatts and o.oid = x.indclass[k - 1])`;

/** Of the table of a partial index, the type of each column; a domain counts as what it is made of. */
const types = `
  case when x.indpred is not null then
    (select jsonb_object_agg(a.attname, coalesce(b.typname, t.typname))
       from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = nullif(t.typbasetype, 0)
      where a.attrelid = x.indrelid and a.attnum > 0 and not a.attisdropped)
  end`;

/**
 * Who builds or drops an index concurrently holds a lock of this mode on its table all the time, and locks are shown to
 * every role; progress is shown to some only. VACUUM and ANALYZE take the same lock, and autovacuum has no user. What builds
 * chunk by chunk holds on to the index instead, and is one of us.
 */
const worker = `
  (select jsonb_build_object('pid', l.pid, 'application', a.application_name)
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'relation' and l.database = (select oid from pg_database where datname = current_database())
      and l.granted and a.usesysid is not null and l.pid <> pg_backend_pid()
      and (l.relation = x.indrelid and l.mode = 'ShareUpdateExclusiveLock'
           or l.relation = x.indexrelid and a.application_name = 'headroom')
    limit 1)`;

const indexes = `${tree}
  select x.indrelid::text as table, x.indexrelid::text as id, i.relname::text as name, m.amname::text as method,
         x.indisvalid and x.indisready and x.indislive as usable, x.indisunique as unique, x.indisexclusion as exclusion,
         x.indnkeyatts::int as keys, ${columns} as columns, pg_get_expr(x.indpred, x.indrelid) as condition, ${types} as types,
         (select h.inhparent::text from pg_inherits h where h.inhrelid = x.indexrelid) as parent,
         case when not x.indisvalid and t.relkind <> 'p' then ${worker} end as worker, p.*
    from tree t join pg_index x on x.indrelid = t.oid
    join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
    left join lateral (select ${progressColumns} from pg_stat_progress_create_index p
                        where p.index_relid = x.indexrelid limit 1) p on true`;

const taken = `
  select c.relkind as kind, coalesce(x.indrelid::regclass::text, '') as of
    from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index x on x.indexrelid = c.oid
   where n.nspname::text = $1 and c.relname::text = $2`;

/** Who has the name of the index; and the table, the tables below it, and all their indexes. */
export function indexQueries(table: InSchema, name: string): readonly Query[] {
  const values = [table.schema, table.name];
  return [
    { text: taken, values: [table.schema, name] },
    { text: tables, values },
    { text: indexes, values },
  ];
}

/** How many answers they have. */
export const indexQueryCount = 3;

const node = z.object({
  id: z.string(),
  parent: z.string().nullable(),
  level: z.number(),
  /** As pg_class.relkind: `r` a table, `p` a partitioned one, `f` one of another server. */
  kind: z.string(),
  schema: z.string(),
  name: z.string(),
});
/** A table, or one below it. */
export type TableNode = Readonly<z.infer<typeof node>>;

const index = z.object({
  table: z.string(),
  id: z.string(),
  name: z.string(),
  method: z.string(),
  usable: z.boolean(),
  unique: z.boolean(),
  exclusion: z.boolean(),
  keys: z.number(),
  columns: z.array(
    z.object({ name: z.string().nullable(), option: z.number().nullable(), isUsual: z.boolean() }),
  ),
  condition: z.string().nullable(),
  /** Only of a partial index, by the names of the table's columns. */
  types: z.record(z.string(), z.string()).nullable(),
  parent: z.string().nullable(),
  worker: z.object({ pid: z.number(), application: z.string().nullable() }).nullable(),
  phase: z.string().nullable(),
  percent: z.number().nullable(),
  waits: z.number().nullable(),
  holder: z.string().nullable(),
});
/** An index as the catalogue has it. */
export type SeenIndex = Readonly<z.infer<typeof index>>;

const holder = z.object({ kind: z.string(), of: z.string() });

/** All that is known of a table and its indexes. */
export interface SeenIndexes {
  /** What has the name that the index shall have, in words. */
  readonly holder: string | undefined;
  /** The table first; of a partitioned one those below it behind, level by level. Empty where it is gone. */
  readonly nodes: readonly TableNode[];
  readonly indexes: readonly SeenIndex[];
}

/** By the answers to `indexQueries`, which begin at `from`. */
export function seenIndexes(answers: Answers, from: number): SeenIndexes {
  const [held] = rowsOf(holder, answers, from);
  return {
    holder: held && (held.of === '' ? 'something else' : `an index of ${held.of}`),
    nodes: rowsOf(node, answers, from + 1),
    indexes: rowsOf(index, answers, from + 2),
  };
}
