// Reads an index of a profile against the columns its table has, and estimates how much room it takes.

import { z } from 'zod';
import { formatNumber } from '../profile/amount.ts';
import type { PlannedIndex } from '../sizing/planned-step.ts';
import { whyNoCondition } from './condition-values.ts';
import { columnsOf, parseExpression } from './expression.ts';
import type { ColumnTypes } from './expression-casts.ts';
import { tableOid } from './index-catalogue.ts';
import type { IndexDefinition } from './index-definition.ts';
import type { InSchema } from './names.ts';
import type { Query } from './query.ts';

export const tableColumn = z.object({
  name: z.string(),
  type: z.string(),
  bytes: z.number(),
  isVirtual: z.boolean(),
});

/**
 * The columns of a table; `bytes` is what one value takes, about, and `isVirtual` that it is worked out as it is read. What
 * a domain is made of counts in its place, and every type of listed words is an `enum`.
 */
export type TableColumns = readonly Readonly<z.infer<typeof tableColumn>>[];

/** Types without an order of their own have no btree. */
const unordered = /^(json|xml|point|line|lseg|box|path|polygon|circle|xid|cid|aclitem)$/;

/** Of a type of any length, such as text, a value is taken for so long. */
const usualBytes = 24;

export function columnQuery({ schema, name }: InSchema): Query {
  return {
    text: `select a.attname::text as name,
                  case coalesce(b.typtype, t.typtype) when 'e' then 'enum' else coalesce(b.typname, t.typname)::text end as type,
                  (case when t.typlen > 0 then t.typlen else ${usualBytes} end)::int as bytes,
                  a.attgenerated = 'v' as "isVirtual"
             from pg_attribute a join pg_type t on t.oid = a.atttypid
             left join pg_type b on b.oid = nullif(t.typbasetype, 0)
            where a.attrelid = ${tableOid} and a.attnum > 0 and not a.attisdropped`,
    values: [schema, name],
  };
}

/** Every column is there and has an order, and the condition is one that is written. */
export function definitionOf(
  planned: PlannedIndex,
  known: TableColumns,
): IndexDefinition | { readonly because: string } {
  const columns = planned.columns.map((text) => {
    const name = text.replace(/ (ASC|DESC)$/, '');
    return text.endsWith(' DESC') ? { name, descending: true as const } : { name };
  });
  const parsed =
    planned.where === undefined ? undefined : parseExpression(planned.where, { aggregates: false });
  if (parsed !== undefined && 'problem' in parsed) {
    return { because: `its condition ${parsed.problem}` };
  }
  const where = parsed?.expression;
  const named = [
    ...columns.map(({ name }) => name),
    ...(planned.include ?? []),
    ...(where === undefined ? [] : columnsOf(where)),
  ];
  const missing = named.find((name) => !known.some((each) => each.name === name));
  if (missing !== undefined) return { because: `${planned.table} has no column ${missing}` };
  const virtual = known.find((each) => each.isVirtual && named.includes(each.name));
  if (virtual !== undefined) {
    return { because: `${virtual.name} is worked out as it is read, and such has no index` };
  }
  const odd = columns
    .map(({ name }) => known.find((each) => each.name === name))
    .find((each) => each !== undefined && unordered.test(each.type));
  const whyNot = where && whyNoCondition(where, typesOf(known));
  if (whyNot !== undefined) return { because: `its condition ${whyNot}` };
  if (odd !== undefined)
    return { because: `${odd.name} is of type ${odd.type}, which has no order` };
  return {
    columns,
    ...(planned.include !== undefined &&
      planned.include.length > 0 && { include: planned.include }),
    ...(where !== undefined && { where }),
  };
}

/** The types of those columns by name. */
export function typesOf(known: TableColumns): ColumnTypes {
  return (column) => known.find(({ name }) => name === column)?.type;
}

/** A row has a head of 28 bytes with its pointer, an entry of an index one of 16. */
export function indexBytes(
  { columns, include = [] }: IndexDefinition,
  all: TableColumns,
  tableBytes: number,
): number {
  const sum = (of: TableColumns) => of.reduce((bytes, each) => bytes + each.bytes, 0);
  const names = [...columns.map(({ name }) => name), ...include];
  const own = all.filter(({ name }) => names.includes(name));
  return (tableBytes * (16 + sum(own))) / (28 + sum(all));
}

/** `about 300 MiB`, `about 1.2 GiB`. */
export function bytesWords(bytes: number): string {
  const mib = bytes / 1024 ** 2;
  if (mib < 1) return 'less than 1 MiB';
  return mib < 1024
    ? `about ${formatNumber(Math.round(mib))} MiB`
    : `about ${formatNumber(Math.round((mib / 1024) * 10) / 10)} GiB`;
}
