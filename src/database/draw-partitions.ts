// Draws the months of a table: those that are missing and those that are older than is kept, or a new table with months.

import { z } from 'zod';
import type { DetachmentDeed } from './detachment-deed.ts';
import { drawThrough, firstQueries, movedByPerson } from './draw-through.ts';
import type { Drawing, Drawn, ServerFacts } from './drawing.ts';
import { likeNewest, newestQuery } from './like-newest.ts';
import { type Months, missingMonths, olderThan } from './missing-months.ts';
import { type InSchema, qualified, quotedName, quotedText } from './names.ts';
import { oldReaderQueries, whoseIsOld } from './old-transactions.ts';
import { defaultBytesMax } from './partition-bounds.ts';
import { type Child, isRange } from './partition-catalogue.ts';
import type { PartitionDeed } from './partition-deed.ts';
import {
  type PartitionedPlace,
  type PartitionsStep,
  placeOf,
  placeQueries,
  placeQueryCount,
} from './partition-place.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

const taken = z.object({ name: z.string() });
const held = z.object({ holds: z.boolean() });

export const drawPartitions: Drawing<PartitionsStep> = {
  questions: placeQueries,
  further(step, answers, facts) {
    const place = placeOf(step, answers, facts);
    if (place.kind === 'refused') return [];
    if (place.kind === 'plain') return firstQueries(place, step.column);
    const months = monthsOf(place, step);
    if ('because' in months) return [];
    const tables = [place.table, ...place.children];
    return [
      ...(step.keep === undefined ? [] : oldReaderQueries(tables)),
      ...monthQueries(place, step, { months, facts }),
    ];
  },
  draw(step, answers, facts) {
    const place = placeOf(step, answers, facts);
    if (place.kind === 'refused') return place;
    const further = answers.slice(placeQueryCount(step));
    if (place.kind === 'plain') return drawThrough(place, step, { further, facts });
    const months = monthsOf(place, step);
    if ('because' in months) return refused(months.because);
    return drawMonths(place, step, { months, further, facts });
  },
};

function monthsOf(
  { table, type, children, zones, now }: PartitionedPlace,
  { ahead }: PartitionsStep,
): ReturnType<typeof missingMonths> {
  const there = children.filter(isRange).map(({ name, bound }) => ({ ...bound, name }));
  return missingMonths({ table: table.name, type, there, now, ahead, zones });
}

/** Which names are in use, what the newest has, and whether the default partition holds rows of the new months. */
function monthQueries(
  { table, children, monthsSchema }: PartitionedPlace,
  { column }: PartitionsStep,
  { months: { missing }, facts }: { readonly months: Months; readonly facts: ServerFacts },
): readonly Query[] {
  if (missing.length === 0) return [];
  const names: Query = {
    text: `select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relname = any($2)`,
    values: [monthsSchema, missing.map(({ name }) => name)],
  };
  const rest = defaultOf(children);
  const always = [names, newestQuery(table, children, facts)];
  if (rest === undefined || rest.bytes > defaultBytesMax) return always;
  const within = missing.map(
    ({ from, to }) =>
      `${quotedName(column)} >= ${quotedText(from)} and ${quotedName(column)} < ${quotedText(to)}`,
  );
  const holds = `select exists (select from only ${qualified(rest)} where ${within.join(' or ')}) as holds`;
  return [...always, { text: holds }];
}

function defaultOf(children: readonly Child[]): Child | undefined {
  return children.find(({ bound }) => bound.kind === 'default');
}

function drawMonths(
  place: PartitionedPlace,
  step: PartitionsStep,
  {
    months,
    further,
    facts,
  }: { readonly months: Months; readonly further: Answers; readonly facts: ServerFacts },
): Drawn {
  const old = step.keep === undefined ? undefined : whoseIsOld(further, 0);
  const answers = step.keep === undefined ? further : further.slice(1);
  const because = whyNotMonths(place, months, answers);
  if (because !== undefined) return refused(because);
  const { table, children, plain, monthsSchema } = place;
  const { schema, name } = table;
  const isAnyMissing = months.missing.length > 0;
  const like = isAnyMissing ? likeNewest(children, facts, answers.slice(1)) : undefined;
  const made = months.missing.map(
    ({ name: partition, from, to }): PartitionDeed => ({
      deed: 'partition',
      after: 'attached',
      table: { schema, name },
      partition: { schema: monthsSchema, name: partition },
      from,
      to,
      ...(table.owner !== facts.role && { owner: table.owner }),
      ...like?.likeness,
    }),
  );
  const due = detachments(place, step, { zone: months.zone, facts });
  const [first] = due;
  const leaving = children.filter(
    (each) => each.isPending && !due.some(({ partition }) => partition.name === each.name),
  );
  const inTheWay = old ?? (leaving[0] && whyNotBeside(leaving[0], table));
  const waiting =
    first?.concurrently && inTheWay !== undefined
      ? `${first.partition.name} is not detached: ${inTheWay}`
      : undefined;
  if (waiting !== undefined && made.length === 0) return refused(waiting);
  const detached = waiting === undefined ? due : [];
  const isAny = made.length + detached.length > 0;
  return {
    kind: 'deeds',
    deeds: [...made, ...detached],
    notes: [
      ...(waiting === undefined ? [] : [waiting]),
      ...(isAny ? [] : ['all its months from now on are there']),
      ...months.gaps.map(
        ({ from, to }) =>
          `no partition holds what is from ${from} to ${to}; months between others are not made by themselves, because somebody may have taken them away`,
      ),
      ...(isAnyMissing ? newNotes(place, months) : []),
      ...(like?.notes ?? []),
      ...leaving.map((each) => `somebody has half detached ${each.name}`),
    ],
    ...(plain !== undefined && { person: movedByPerson(plain, table, step.column) }),
  };
}

/** What is said of new months. */
function newNotes({ type, children }: PartitionedPlace, { zone }: Months): readonly string[] {
  const grants = children.find(({ hasGrants }) => hasGrants);
  return [
    ...(type === 'timestamptz' ? [`months begin at midnight of ${zone}`] : []),
    ...(grants === undefined
      ? []
      : [`${grants.name} has grants of its own, which new partitions do not get`]),
  ];
}

/** PostgreSQL lets one partition of a table leave at a time. */
function whyNotBeside(leaving: Child, table: InSchema): string {
  return `somebody has half detached ${leaving.name}, which comes first: alter table ${qualified(table)} detach partition ${qualified(leaving)} finalize`;
}

function whyNotMonths(
  { table, children, monthsSchema }: PartitionedPlace,
  { missing }: Months,
  further: Answers,
): string | undefined {
  if (missing.length === 0) return undefined;
  const [used] = rowsOf(taken, further, 0);
  if (used !== undefined) {
    return `something in schema ${monthsSchema} is called ${used.name} already and is no partition of ${table.name}; attach it, or give it another name`;
  }
  const rest = defaultOf(children);
  if (rest === undefined) return undefined;
  const advice = `detach it, have the months made, move its rows into ${table.name}, and attach it again`;
  if (rest.bytes > defaultBytesMax) {
    return `the default partition ${rest.name} is large, and everybody would wait while it is searched for rows of the new months: ${advice}`;
  }
  return rowsOf(held, further, 2)[0]?.holds === true
    ? `the default partition ${rest.name} holds rows of the new months: ${advice}`
    : undefined;
}

/** One that is half detached first, because a table has one of those at a time. */
function detachments(
  { table, children, now }: PartitionedPlace,
  { keep, column }: PartitionsStep,
  { zone, facts }: { readonly zone: string; readonly facts: ServerFacts },
): readonly DetachmentDeed[] {
  if (keep === undefined) return [];
  const ranges = children.filter(isRange).map(({ bound, ...each }) => ({ ...each, ...bound }));
  const old = olderThan(ranges, { keep, now, zone });
  const concurrently = facts.version >= 140_000 && defaultOf(children) === undefined;
  const { schema, name } = table;
  return old
    .toSorted((a, b) => Number(b.isPending) - Number(a.isPending))
    .map(({ schema: at, name: partition, from, to, oid, comment }) => ({
      deed: 'detachment',
      after: 'detached',
      table: { schema, name },
      partition: { schema: at, name: partition },
      column,
      concurrently,
      oid,
      ...(comment !== undefined && { comment }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    }));
}

function refused(because: string): Drawn {
  return { kind: 'refused', because };
}
