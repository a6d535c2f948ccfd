// A CHECK of a month's bounds: validated beside everybody, it spares the attaching, which locks, from reading the rows.

import { z } from 'zod';
import { type InSchema, qualified, quotedName, quotedText } from './names.ts';
import type { Range } from './partition-bounds.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { Statements } from './standing.ts';

/** It is there only until the month is attached. */
export const boundsCheckName = 'headroom_bounds';

export interface Bounded extends Range {
  readonly partition: InSchema;
  /** What its table is partitioned by. */
  readonly column: string;
}

const check = z.object({ name: z.string(), isValid: z.boolean(), isOfBounds: z.boolean() });

/**
 * Its own CHECKs, and which of them say what the bounds do, word for word as PostgreSQL writes it: what a concurrent
 * detachment leaves, and ours. One that is only put otherwise counts as none, which costs a look at the rows.
 */
export function boundsCheckQuery({ partition, column, from, to }: Bounded): Query {
  return {
    text: `select k.conname::text as name, k.convalidated as "isValid",
                  exists (select from (values (format_type(a.atttypid, null)), (format_type(a.atttypid, a.atttypmod))) as w(type)
                           where pg_get_expr(k.conbin, k.conrelid) = '(' || concat_ws(' AND ', format('(%I IS NOT NULL)', a.attname),
                                   case when $4::text is not null then format('(%I >= %L::%s)', a.attname, $4::text, w.type) end,
                                   case when $5::text is not null then format('(%I < %L::%s)', a.attname, $5::text, w.type) end) || ')') as "isOfBounds"
             from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_constraint k on k.conrelid = c.oid
                  join pg_attribute a on a.attrelid = c.oid and a.attname::text = $3
            where n.nspname = $1 and c.relname = $2 and k.contype = 'c' order by 1`,
    values: [partition.schema, partition.name, column, from ?? null, to ?? null],
  };
}

/** How far the CHECK is; `foreign` where somebody else's has its name. */
export type BoundsChecked = 'no' | 'begun' | 'ours' | 'by-another' | 'foreign';

export function boundsChecked(answers: Answers, index: number): BoundsChecked {
  const seen = rowsOf(check, answers, index);
  const own = seen.find(({ name }) => name === boundsCheckName);
  if (own !== undefined) {
    if (!own.isOfBounds) return 'foreign';
    return own.isValid ? 'ours' : 'begun';
  }
  return seen.some(({ isValid, isOfBounds }) => isValid && isOfBounds) ? 'by-another' : 'no';
}

/** ACCESS EXCLUSIVE on the month alone, for an instant: no row is looked at. */
export function addingCheck({ partition, column, from, to }: Bounded): Statements {
  const of = quotedName(column);
  const bounds = [
    `${of} is not null`,
    ...(from === undefined ? [] : [`${of} >= ${quotedText(from)}`]),
    ...(to === undefined ? [] : [`${of} < ${quotedText(to)}`]),
  ].join(' and ');
  const name = qualified(partition);
  return {
    manner: 'together',
    lock: `lock table only ${name} in access exclusive mode`,
    statements: [
      `alter table only ${name} add constraint ${boundsCheckName} check (${bounds}) not valid`,
    ],
    isPart: true,
  };
}

/** SHARE UPDATE EXCLUSIVE on the month, behind which nobody who reads or writes waits, however long it takes. */
export function validatingCheck({ partition }: Bounded): Statements {
  const statement = `alter table only ${qualified(partition)} validate constraint ${boundsCheckName}`;
  return { manner: 'build', statements: [statement], isPart: true };
}

export function droppingCheck(partition: InSchema): string {
  return `alter table only ${qualified(partition)} drop constraint if exists ${boundsCheckName}`;
}
