// Asks the catalogue what partitions a table has, by what it is partitioned, and what stands in the way.

import { z } from 'zod';
import type { InSchema } from './names.ts';
import { type Bound, instantOf, parseBound, type Range } from './partition-bounds.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** Asked first: the rest of the transaction shows and reads times in one form, whatever the database's settings are. */
export const oneForm: Query = {
  text: `select set_config('datestyle', 'ISO, YMD', true), set_config('timezone', 'UTC', true)`,
};

const child = z.object({
  parentSchema: z.string(),
  parent: z.string(),
  schema: z.string(),
  name: z.string(),
  kind: z.string(),
  bound: z.string().nullable(),
  isPending: z.boolean(),
  bytes: z.number().nullable(),
  hasGrants: z.boolean(),
  options: z.array(z.string()).nullable(),
  oid: z.number(),
  comment: z.string().nullable(),
});

/** A partition as the catalogue has it. */
export interface Child extends InSchema {
  readonly bound: Bound;
  /** Somebody has begun to detach it: no query sees it any more, but it is not free yet. */
  readonly isPending: boolean;
  /** Of its file: 0 only when no row was ever written into it, infinite while nobody can look. */
  readonly bytes: number;
  readonly isOrdinary: boolean;
  readonly hasGrants: boolean;
  /** Its own settings, as `name=value`. */
  readonly options: readonly string[];
  /** Which table it is, whatever it is called later. */
  readonly oid: number;
  readonly comment?: string;
}

/**
 * Each child of the tables that a written name may mean. One that somebody has locked wholly, as VACUUM FULL does for hours,
 * is not waited for, and its size is not known; but a default one is, which new months lock and search.
 */
export function childrenQuery(written: string): Query {
  return {
    text: `select pn.nspname::text as "parentSchema", p.relname::text as parent, n.nspname::text as schema,
                  c.relname::text as name, c.relkind::text as kind, pg_get_expr(c.relpartbound, 0) as bound,
                  coalesce(to_jsonb(i) ->> 'inhdetachpending', 'false') = 'true' as "isPending",
                  case when c.relkind = 'r' and (pg_get_expr(c.relpartbound, 0) = 'DEFAULT' or c.oid <> all (array(
                              select l.relation from pg_locks l
                               where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted
                                 and l.database = (select oid from pg_database where datname = current_database())
                                 and l.pid is distinct from pg_backend_pid())))
                       then pg_relation_size(c.oid)::float8 end as bytes,
                  c.relacl is not null as "hasGrants", c.reloptions as options, c.oid,
                  obj_description(c.oid, 'pg_class') as comment
             from pg_class p join pg_namespace pn on pn.oid = p.relnamespace
                  join pg_inherits i on i.inhparent = p.oid join pg_class c on c.oid = i.inhrelid
                  join pg_namespace n on n.oid = c.relnamespace
            where p.relkind = 'p' and (pn.nspname || '.' || p.relname = $1 or p.relname = $1)
            order by 3, 4`,
    values: [written],
  };
}

/** Those of one table. Undefined when one has bounds of more than a single column, or none. */
export function childrenOf(
  table: InSchema,
  answers: Answers,
  index: number,
): readonly Child[] | undefined {
  const children: Child[] = [];
  for (const row of rowsOf(child, answers, index)) {
    const { parentSchema, parent, bound, kind, bytes, options, comment, ...each } = row;
    if (parentSchema !== table.schema || parent !== table.name) continue;
    const parsed = bound === null ? undefined : parseBound(bound);
    if (parsed === undefined) return undefined;
    children.push({
      ...each,
      bound: parsed,
      isOrdinary: kind === 'r',
      bytes: bytes ?? (kind === 'r' ? Infinity : 0),
      options: options ?? [],
      ...(comment !== null && { comment }),
    });
  }
  return children;
}

export function isRange(each: Child): each is Child & { readonly bound: Bound & Range } {
  return each.bound.kind === 'range';
}

/** The one that reaches furthest; undefined where there is none but a default one. */
export function newestOf(children: readonly Child[]): Child | undefined {
  const end = ({ to }: Range) => (to === undefined ? undefined : instantOf(to)) ?? -Infinity;
  const [newest] = children.filter(isRange).toSorted((a, b) => end(b.bound) - end(a.bound));
  return newest;
}

const column = z.object({
  schema: z.string(),
  table: z.string(),
  type: z.string(),
  isRequired: z.boolean(),
  strategy: z.string().nullable(),
  isKey: z.boolean().nullable(),
  isLed: z.boolean(),
  written: z.string().nullable(),
  isNumbered: z.boolean(),
});

/** A column, and what it is for its table. */
export interface Column {
  readonly type: string;
  readonly isRequired: boolean;
  /** It is all that the table is partitioned by, by range. */
  readonly isRangeKey: boolean;
  /** An index begins with it, so its least value is found at once. */
  readonly isLed: boolean;
  /** The columns of its table but those that are worked out, quoted; only where there are such. */
  readonly written?: string;
  /** Its table has a column whose numbers only the server gives. */
  readonly isNumbered: boolean;
}

export function columnQuery(written: string, name: string): Query {
  return {
    text: `select n.nspname::text as schema, c.relname::text as table, t.typname::text as type, a.attnotnull as "isRequired",
                  p.partstrat::text as strategy, p.partnatts = 1 and p.partattrs[0] = a.attnum as "isKey",
                  exists (select from pg_index x where x.indrelid = c.oid and x.indisvalid and x.indpred is null
                                                   and x.indkey[0] = a.attnum) as "isLed",
                  (select string_agg(quote_ident(w.attname), ', ' order by w.attnum) filter (where w.attgenerated = '')
                     from pg_attribute w where w.attrelid = c.oid and w.attnum > 0 and not w.attisdropped
                   having bool_or(w.attgenerated <> '')) as written,
                  exists (select from pg_attribute w where w.attrelid = c.oid and w.attidentity = 'a') as "isNumbered"
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
                  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                  join pg_type t on t.oid = a.atttypid
                  left join pg_partitioned_table p on p.partrelid = c.oid
            where a.attname::text = $2 and (n.nspname || '.' || c.relname = $1 or c.relname = $1)`,
    values: [written, name],
  };
}

export function columnOf(table: InSchema, answers: Answers, index: number): Column | undefined {
  const row = rowsOf(column, answers, index).find(
    (each) => each.schema === table.schema && each.table === table.name,
  );
  if (row === undefined) return undefined;
  const { type, isRequired, strategy, isKey, isLed, isNumbered, written } = row;
  const isRangeKey = strategy === 'r' && isKey === true;
  return { type, isRequired, isRangeKey, isLed, isNumbered, ...(written !== null && { written }) };
}

const zoneRow = z.object({ zone: z.string() });

/** Time zones that this database has been told to use, its present one first. */
export const zonesQuery: Query = {
  text: `select zone from (
           select reset_val as zone, 0 as place from pg_settings where name = 'TimeZone'
           union all
           select split_part(setting, '=', 2), 1 from pg_db_role_setting s, unnest(s.setconfig) as setting
            where lower(split_part(setting, '=', 1)) = 'timezone'
              and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
         ) as told order by place, zone`,
};

export function zonesOf(answers: Answers, index: number): readonly string[] {
  return rowsOf(zoneRow, answers, index).map(({ zone }) => zone);
}

const tied = z.object({
  schema: z.string(),
  table: z.string(),
  what: z.enum([
    'key',
    'index',
    'reference',
    'referrer',
    'trigger',
    'policy',
    'security',
    'view',
    'publication',
  ]),
  name: z.string(),
  holds: z.boolean(),
});

/** What hangs on a table: its keys, indexes, triggers, what refers from and to it, reads it or sends it on, and which rows whom are shown. */
export type Tie = Pick<z.infer<typeof tied>, 'what' | 'name' | 'holds'>;

/** `holds` says of a key whether the column is part of it. */
export function tiesQuery(written: string, name: string): Query {
  return {
    text: `with t as (select c.oid, n.nspname::text as schema, c.relname::text as table
                        from pg_class c join pg_namespace n on n.oid = c.relnamespace
                       where c.relkind in ('r', 'p') and (n.nspname || '.' || c.relname = $1 or c.relname = $1))
           select schema, "table", case when x.indisunique then 'key' else 'index' end as what, i.relname::text as name,
                  coalesce((select attnum from pg_attribute where attrelid = t.oid and attname::text = $2) = any(x.indkey), false) as holds
             from t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
           union all
           select schema, "table", 'reference', k.conname::text, false from t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
           union all
           select schema, "table", 'referrer', k.conname || ' of ' || o.relname, false
             from t join pg_constraint k on k.confrelid = t.oid and k.contype = 'f' join pg_class o on o.oid = k.conrelid
           union all
           select schema, "table", 'trigger', g.tgname::text, false from t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
           union all
           select schema, "table", 'policy', p.polname::text, false from t join pg_policy p on p.polrelid = t.oid
           union all
           select schema, "table", 'security', case when c.relforcerowsecurity then 'enable and force' else 'enable' end, false
             from t join pg_class c on c.oid = t.oid and (c.relrowsecurity or c.relforcerowsecurity)
           union
           select schema, "table", 'view', v.relname::text, false
             from t join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and d.classid = 'pg_rewrite'::regclass
                    join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class and v.oid <> t.oid
           union all
           select schema, "table", 'publication', b.pubname::text, false
             from t join pg_publication_rel r on r.prrelid = t.oid join pg_publication b on b.oid = r.prpubid
           order by 3, 4`,
    values: [written, name],
  };
}

export function tiesOf(table: InSchema, answers: Answers, index: number): readonly Tie[] {
  return rowsOf(tied, answers, index).filter(
    (each) => each.schema === table.schema && each.table === table.name,
  );
}
