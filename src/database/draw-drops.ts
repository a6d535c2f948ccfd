// Draws the dropping of months that were detached from a table: only those that carry the mark of it, oldest first.

import { z } from 'zod';
import type { DatabaseDeed } from '../sizing/planned-step.ts';
import { commentOn, markBegins, markOf, rangeInMark, withoutMark } from './detachment-mark.ts';
import type { Drawing, Drawn, ServerFacts } from './drawing.ts';
import { type DetachedTable, type DropDeed, dropLook, dropSeen } from './drop-deed.ts';
import { foundTable } from './find-table.ts';
import { type KeptMonths, keptMonths } from './missing-months.ts';
import { type InSchema, quotedText } from './names.ts';
import { instantOf } from './partition-bounds.ts';
import { isRange } from './partition-catalogue.ts';
import {
  type PartitionedPlace,
  type PartitionsStep,
  placeOf,
  placeQueries,
  placeQueryCount,
  type Refusal,
} from './partition-place.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

type DropStep = Extract<DatabaseDeed, { readonly deed: 'dropDetached' }>;

/** As many as one card can show. */
const dropsMax = 24;
/** How far back a table is looked for that has a month's name and no mark. */
const yearsBack = 20;

/** Each table that carries a mark of any table, and is no partition. */
const markedQuery: Query = {
  text: `select c.oid, n.nspname::text as schema, c.relname::text as name,
                obj_description(c.oid, 'pg_class') as comment
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.relkind = 'r' and not c.relispartition
            and strpos(obj_description(c.oid, 'pg_class'), ${quotedText(markBegins)}) > 0
          order by 2, 3`,
};
const marked = z.object({
  oid: z.number(),
  schema: z.string(),
  name: z.string(),
  comment: z.string(),
});
const named = z.object({ name: z.string() });

/** The table that the months were detached from is found as for making them. */
function asPartitions({ table, column }: DropStep): PartitionsStep {
  return { deed: 'partitions', table, column, every: 'month', ahead: 0 };
}

interface Plot {
  readonly place: PartitionedPlace;
  readonly kept: KeptMonths;
  readonly olds: readonly Old[];
}

interface Old extends DetachedTable {
  readonly comment: string | undefined;
}

export const drawDrops: Drawing<DropStep> = {
  questions: (step, facts) => [...placeQueries(asPartitions(step), facts), markedQuery],
  further(step, answers, facts) {
    const plot = plotOf(step, answers, facts);
    return 'kind' in plot ? [] : [namesQuery(plot), ...plot.olds.flatMap(dropLook)];
  },
  draw(step, answers, facts) {
    const plot = plotOf(step, answers, facts);
    if ('kind' in plot) return plot;
    return drawAll(plot, answers.slice(placeQueryCount(asPartitions(step)) + 1));
  },
};

function plotOf(step: DropStep, answers: Answers, facts: ServerFacts): Plot | Refusal {
  const written = foundTable(step.table, answers, 3, facts);
  if (!('because' in written) && !written.isPartitioned) {
    return refused(`${step.table} is not partitioned, so no month was ever detached from it`);
  }
  if (step.keep < 1) return refused('keep is the number of past months that stay: 1 at least');
  const place = placeOf(asPartitions(step), answers, facts);
  if (place.kind !== 'partitioned') {
    return place.kind === 'refused' ? place : refused(`${step.table} is not partitioned`);
  }
  const { table, type, children, zones, now } = place;
  const there = children.filter(isRange).map(({ name, bound }) => ({ ...bound, name }));
  const of = { table: table.name, type, there, now, zones };
  const kept = keptMonths(of, step.keep);
  if ('because' in kept) return refused(kept.because);
  const found = rowsOf(marked, answers, placeQueryCount(asPartitions(step)));
  return { place, kept, olds: oldOnes(step, { table, kept, found }) };
}

/** Those that were partitions of this very table and end before what is kept begins. */
function oldOnes(
  { column }: DropStep,
  {
    table: { schema, name },
    kept,
    found,
  }: {
    readonly table: InSchema;
    readonly kept: KeptMonths;
    readonly found: readonly z.infer<typeof marked>[];
  },
): readonly Old[] {
  const table = { schema, name };
  const oldest = instantOf(kept.oldest) ?? -Infinity;
  return found
    .flatMap(({ oid, comment, ...partition }) => {
      const range = rangeInMark(comment, { table, partition });
      const end = range?.to === undefined ? Infinity : (instantOf(range.to) ?? Infinity);
      if (range === undefined || end > oldest) return [];
      const rest = withoutMark(comment, { table, partition });
      return [{ end, old: { table, partition, column, oid, ...range, comment: rest } }];
    })
    .toSorted((a, b) => a.end - b.end)
    .slice(0, dropsMax)
    .map(({ old }) => old);
}

/** What is called as an older month would be, and may be anything. */
function namesQuery({ place: { monthsSchema }, kept }: Plot): Query {
  return {
    text: `select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relname = any($2) and not c.relispartition and c.relkind in ('r', 'p', 'f')
            order by 1`,
    values: [monthsSchema, kept.before(yearsBack * 12).map(({ name }) => name)],
  };
}

function drawAll({ place, kept, olds }: Plot, further: Answers): Drawn {
  const deeds: DropDeed[] = [];
  for (const [index, { comment: _, ...old }] of olds.entries()) {
    const count = dropLook(old).length;
    const seen = dropSeen(old, further.slice(1 + index * count, 1 + (index + 1) * count));
    if (seen === 'gone') continue;
    if ('because' in seen) return refused(seen.because);
    deeds.push({ deed: 'drop', ...old, ...seen });
  }
  const unproven = rowsOf(named, further, 0)
    .map(({ name }) => name)
    .filter((name) => !olds.some(({ partition }) => partition.name === name));
  const why = whyUnproven(unproven, { place, kept });
  const none = `no detached month of ${place.table.schema}.${place.table.name} is that old`;
  if (deeds.length === 0) return refused(why === undefined ? none : `${none}; ${why}`);
  return {
    kind: 'deeds',
    deeds,
    notes: [
      ...olds.flatMap(({ partition, comment }) =>
        comment === undefined ? [] : [`somebody wrote about ${partition.name}: ${comment}`],
      ),
      ...(deeds.length === dropsMax
        ? [`no more than the ${dropsMax} oldest in one plan; draw it again for the others`]
        : []),
      ...(why === undefined ? [] : [why]),
    ],
  };
}

/** Whoever knows that it was a partition says so with the mark; its name alone says nothing. */
function whyUnproven(
  names: readonly string[],
  { place: { table, monthsSchema: schema }, kept }: Pick<Plot, 'place' | 'kept'>,
): string | undefined {
  const [name] = names;
  if (name === undefined) return undefined;
  const month = kept.before(yearsBack * 12).find((each) => each.name === name);
  if (month === undefined) return undefined;
  const partition = { schema, name };
  const mark = markOf({ table: { schema: table.schema, name: table.name }, partition, ...month });
  const others = names.length > 1 ? ` (and ${names.length - 1} more)` : '';
  return `${schema}.${name}${others} is only called like a month of ${table.name}: nothing says that it was detached from it, so it stays; if it was, its owner says so: ${commentOn(partition, mark)}`;
}

function refused(because: string): Refusal {
  return { kind: 'refused', because };
}
