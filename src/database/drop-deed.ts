// Drops a month that was detached, with its rows: only what carries the mark of its detachment, and nothing hangs on.

import { z } from 'zod';
import { formatNumber } from '../profile/amount.ts';
import type { DeedKind } from './deed-kind.ts';
import { rangeInMark } from './detachment-mark.ts';
import { type InSchema, qualified, quotedName, quotedText } from './names.ts';
import { type Range, sameRange } from './partition-bounds.ts';
import { bytesWords } from './planned-index.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';

/** Which table is meant: one that was the partition of another for these rows. */
export interface DetachedTable extends Range {
  readonly table: InSchema;
  readonly partition: InSchema;
  /** What the table was partitioned by. */
  readonly column: string;
  /** Another table by the same name is another table. */
  readonly oid: number;
}

/** Nothing takes it back. */
export interface DropDeed extends DetachedTable {
  readonly deed: 'drop';
  /** As PostgreSQL last counted them; absent where it never did. */
  readonly rows?: number;
  /** Its rows alone: more of it by now means that somebody writes to it. */
  readonly rowBytes: number;
  /** With its indexes. */
  readonly bytes: number;
}

/**
 * As with partitions, and a CHECK that a concurrent detachment left proves where the rows lie without reading them. A
 * policy that would hide rows makes the look fail in place of seeing fewer.
 */
const asked: Query = {
  text: `select set_config('datestyle', 'ISO, YMD', true), set_config('timezone', 'UTC', true),
                set_config('constraint_exclusion', 'on', true), set_config('row_security', 'off', true)`,
};

const itself = z.object({
  oid: z.number(),
  schema: z.string(),
  name: z.string(),
  kind: z.string(),
  owner: z.string(),
  isPartition: z.boolean(),
  isRelated: z.boolean(),
  comment: z.string().nullable(),
  rows: z.number(),
  rowBytes: z.number(),
  bytes: z.number(),
});
const parent = z.object({ kind: z.string(), owner: z.string() });
const dependent = z.object({ what: z.string() });
const outside = z.object({ isOutside: z.boolean() });

function itselfQuery({ partition, oid }: DetachedTable): Query {
  return {
    text: `select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
                  pg_get_userbyid(c.relowner)::text as owner, c.relispartition as "isPartition",
                  exists (select from pg_inherits where inhrelid = c.oid or inhparent = c.oid) as "isRelated",
                  obj_description(c.oid, 'pg_class') as comment, c.reltuples::float8 as rows,
                  pg_relation_size(c.oid)::float8 as "rowBytes", pg_total_relation_size(c.oid)::float8 as bytes
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.oid = $1::oid or (n.nspname = $2 and c.relname = $3)`,
    values: [oid, partition.schema, partition.name],
  };
}

function parentQuery({ table }: DetachedTable): Query {
  return {
    text: `select c.relkind::text as kind, pg_get_userbyid(c.relowner)::text as owner
             from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`,
    values: [table.schema, table.name],
  };
}

/** What DROP would refuse for, and what it would take along without a word: a place in a publication. */
function dependentsQuery({ oid }: DetachedTable): Query {
  return {
    text: `with recursive own (classid, objid) as (
             select 'pg_class'::regclass::oid, $1::oid
             union
             select d.classid, d.objid from own join pg_depend d on d.refclassid = own.classid and d.refobjid = own.objid
              where d.deptype in ('a', 'i', 'P', 'S'))
           select coalesce((select pg_describe_object('pg_class'::regclass, r.ev_class, 0) from pg_rewrite r
                             where d.classid = 'pg_rewrite'::regclass and r.oid = d.objid),
                           pg_describe_object(d.classid, d.objid, 0)) as what
             from own join pg_depend d on d.refclassid = own.classid and d.refobjid = own.objid
            where d.deptype = 'n' and (d.classid, d.objid) not in (select classid, objid from own)
           union
           select 'publication ' || pubname from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
            where r.prrelid = $1::oid
           union
           select 'subscription ' || subname from pg_subscription_rel r join pg_subscription s on s.oid = r.srsubid
            where r.srrelid = $1::oid
           order by 1`,
    values: [oid],
  };
}

/** Each end by itself, so that an index of the column answers it at once. */
function outsideQuery({ partition, column, from, to }: DetachedTable): Query {
  const of = quotedName(column);
  const ends = [
    ...(from === undefined ? [] : [`${of} < ${quotedText(from)}`]),
    ...(to === undefined ? [] : [`${of} >= ${quotedText(to)}`]),
    `${of} is null`,
  ].map((end) => `exists (select from only ${qualified(partition)} where ${end})`);
  return { text: `select ${ends.join(' or ')} as "isOutside"`, needs: qualified(partition) };
}

/** What is asked to know whether a table is what it is taken for. */
export function dropLook(table: DetachedTable): readonly Query[] {
  return [
    asked,
    itselfQuery(table),
    parentQuery(table),
    dependentsQuery(table),
    outsideQuery(table),
  ];
}

export type DropSizes = Pick<DropDeed, 'rows' | 'rowBytes' | 'bytes'>;

/** Its sizes where everything says that it may go; else why not. `gone` where there is no such table. */
export function dropSeen(
  deed: DetachedTable,
  answers: Answers,
): DropSizes | 'gone' | { readonly because: string } {
  const { name } = deed.partition;
  const seen = rowsOf(itself, answers, 1);
  const own = seen.find(({ oid }) => oid === deed.oid);
  if (own === undefined) {
    return seen.length === 0 ? 'gone' : { because: `${name} is another table than the plan saw` };
  }
  const because = whyNotIt(own, deed) ?? whyNotFree(deed, own, answers);
  if (because !== undefined) return { because };
  const { rows, rowBytes, bytes } = own;
  // 0 of a file that is not empty is what older versions say where nothing was counted.
  const isCounted = rows > 0 || (rows === 0 && rowBytes === 0);
  return { ...(isCounted && { rows }), rowBytes, bytes };
}

type Seen = z.infer<typeof itself>;

function whyNotIt(own: Seen, deed: DetachedTable): string | undefined {
  const { schema, name } = deed.partition;
  if (own.schema !== schema || own.name !== name) {
    return `somebody has given ${name} another name, ${own.schema}.${own.name}, so it stays`;
  }
  if (own.isPartition || own.isRelated) {
    return `${name} is a partition again, or has tables of its own below it, so it stays`;
  }
  if (own.kind !== 'r') return `${name} is no ordinary table`;
  const marked = rangeInMark(own.comment ?? undefined, deed);
  return marked === undefined || !sameRange(marked, deed)
    ? `the mark of its detachment is no longer the comment of ${name}, or something was written behind it, so it stays`
    : undefined;
}

function whyNotFree(deed: DetachedTable, own: Seen, answers: Answers): string | undefined {
  const { name } = deed.partition;
  const called = `${deed.table.schema}.${deed.table.name}`;
  const [above] = rowsOf(parent, answers, 2);
  if (above?.kind !== 'p') return `there is no partitioned table ${called} any more`;
  if (above.owner !== own.owner) {
    return `${name} belongs to ${own.owner} and ${called} to ${above.owner}, so it is not that table's any more`;
  }
  const others = rowsOf(dependent, answers, 3).map(({ what }) => what);
  if (others.length > 0) {
    const some = others.slice(0, 5).join(', ');
    const more = others.length > 5 ? ` and ${others.length - 5} more` : '';
    return `${some}${more} ${others.length === 1 ? 'depends' : 'depend'} on ${name}; somebody decides on that first`;
  }
  return rowsOf(outside, answers, 4)[0]?.isOutside === true
    ? `${name} holds rows that are not of ${range(deed)}, so somebody has written other rows into it`
    : undefined;
}

/**
 * DROP takes ACCESS EXCLUSIVE on the table and on those that its foreign keys refer to, all within the second in
 * which locks are given up. RESTRICT: whatever came to depend on it since the look makes the server refuse.
 */
function drop({ partition }: DropDeed): Statements {
  return {
    manner: 'together',
    lock: `lock table only ${qualified(partition)} in access exclusive mode`,
    isUnused: true,
    statements: [`drop table ${qualified(partition)} restrict`],
  };
}

function standing(deed: DropDeed, answers: Answers): Standing {
  const seen = dropSeen(deed, answers);
  if (seen === 'gone') return { kind: 'reached' };
  if ('because' in seen) return { kind: 'drifted', because: seen.because };
  return seen.rowBytes > deed.rowBytes
    ? {
        kind: 'drifted',
        because: `rows were written into ${deed.partition.name} since the plan was drawn, so it stays`,
      }
    : { kind: 'unchanged', write: drop(deed) };
}

function range({ from = 'the beginning', to = 'the end' }: Range): string {
  return `${from} to ${to}`;
}

function words({ table, partition, rows, bytes, ...deed }: DropDeed): string {
  const count =
    rows === undefined
      ? 'rows not counted'
      : `about ${formatNumber(rows)} ${rows === 1 ? 'row' : 'rows'}`;
  return `drop table ${partition.schema}.${partition.name} for good, which was a partition of ${table.schema}.${table.name}: ${range(deed)}, ${count}, ${bytesWords(bytes)} freed`;
}

export const dropDeed: DeedKind<DropDeed> = {
  allow: () => 'drops',
  undo: () => ({ kind: 'none' }),
  isTakenBack: () => false,
  isDecrease: () => true,
  statements: (deed) => drop(deed).statements,
  look: dropLook,
  standing,
  words,
};
