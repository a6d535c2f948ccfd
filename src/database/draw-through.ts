// Draws a partitioned table beside a plain one, and says what people do with it then: the rows are theirs to move.

import { z } from 'zod';
import type { Drawn, ServerFacts } from './drawing.ts';
import { missingMonths } from './missing-months.ts';
import { type InSchema, qualified, quotedName, whyNoName } from './names.ts';
import {
  keysWithout,
  type PartitionsStep,
  type PlainPlace,
  type PlainTable,
} from './partition-place.ts';
import type { PartitionedDeed } from './partitioned-deed.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

const first = z.object({ first: z.number().nullable() });

/** The oldest row, where an index finds it at once; a whole table is not read for it. */
export function firstQueries(
  { table, column: { isLed } }: PlainPlace,
  column: string,
): readonly Query[] {
  if (!isLed) return [];
  const name = quotedName(column);
  return [
    {
      text: `select extract(epoch from min(${name}))::float8 * 1000 as first from only ${qualified(table)}`,
    },
  ];
}

export function drawThrough(
  place: PlainPlace,
  { column, ahead }: PartitionsStep,
  { further, facts }: { readonly further: Answers; readonly facts: ServerFacts },
): Drawn {
  const { table, type, zones, now, to, key } = place;
  const because = whyNoName(to.name);
  if (because !== undefined) return { kind: 'refused', because: `${to.name}: ${because}` };
  const oldest = place.column.isLed
    ? (rowsOf(first, further, 0)[0]?.first ?? undefined)
    : undefined;
  if (oldest !== undefined && !Number.isFinite(oldest)) {
    return {
      kind: 'refused',
      because: `rows of ${table.schema}.${table.name} have an infinite ${column}, which no month holds`,
    };
  }
  const begin = Math.min(oldest ?? now, now);
  const months = missingMonths({
    table: to.name,
    type,
    there: [],
    now,
    ahead,
    first: begin,
    zones,
  });
  if ('because' in months) return { kind: 'refused', because: months.because };
  const { schema, name } = table;
  const deed: PartitionedDeed = {
    deed: 'partitioned',
    after: 'made',
    table: to,
    like: { schema, name },
    column,
    key,
    partitions: months.missing,
    ...(table.owner !== facts.role && { owner: table.owner }),
  };
  const notes = [
    ...(type === 'timestamptz' ? [`months begin at midnight of ${months.zone}`] : []),
    ...(place.column.isLed
      ? []
      : [
          `no index of ${name} begins with ${column}, so its oldest row is not known: partitions begin with this month, and older ones must be made before rows are copied`,
        ]),
  ];
  return { kind: 'deeds', deeds: [deed], notes, person: movedByPerson(place, to, column) };
}

/** First of all, so that no row is ever in the new table unguarded. */
function guarding(
  security: readonly string[],
  policies: readonly string[],
  next: string,
): readonly string[] {
  if (security.length + policies.length === 0) return [];
  const made =
    policies.length === 0 ? '' : `make its policies ${policies.join(', ')} again on ${next}`;
  const enabled = security.map((how) => `${how} row level security there (alter table ${next})`);
  const said = [made, ...enabled].filter((each) => each !== '').join(' and ');
  return [
    `Not everybody sees every row of this table, and ${next} has nothing of that: before any row is copied, ${said}`,
  ];
}

/** Word for word what is left to do. */
export function movedByPerson(
  { table, column: { isRequired, written, isNumbered }, ties }: PlainTable,
  to: InSchema,
  column: string,
): { readonly what: string; readonly because: string } {
  const [old, next] = [`${table.schema}.${table.name}`, `${to.schema}.${to.name}`];
  const lost = keysWithout(ties);
  const named = (what: (typeof ties)[number]['what']) =>
    ties.filter((each) => each.what === what).map(({ name }) => name);
  const again = [...named('index'), ...named('reference'), ...named('trigger')];
  const referrers = named('referrer');
  const [views, publications] = [named('view'), named('publication')];
  const copied = [
    `insert into ${next}`,
    ...(written === undefined ? [] : [`(${written})`]),
    ...(isNumbered ? ['overriding system value'] : []),
    `select ${written ?? '*'} from ${old}`,
  ].join(' ');
  const parts = [
    ...guarding(named('security'), named('policy'), next),
    `In a maintenance window stop what writes ${old}`,
    `copy its rows (${copied})`,
    'compare the counts',
    ...(isRequired ? [] : [`rows without ${column} fit nowhere, so give them one before`]),
    ...(lost.length === 0
      ? []
      : [`${lost.join(', ')} is no longer unique by itself: see that nothing relies on it`]),
    ...(again.length === 0 ? [] : [`make ${again.join(', ')} again on the new table`]),
    ...(referrers.length === 0
      ? []
      : [`${referrers.join(', ')} refers to the old key: drop it or add ${column} to it`]),
    'set the sequences of identity columns after the highest value, and give those of other columns to the new table (alter sequence … owned by)',
    ...(publications.length === 0
      ? []
      : [`add it to publication ${publications.join(', ')}, which goes on with the old one alone`]),
    `grant on it what ${old} has, and swap the two names in one transaction`,
    ...(views.length === 0
      ? []
      : [`in which ${views.join(', ')} must be made again: they would go on reading the old one`]),
  ];
  return {
    what: parts.join('; '),
    because:
      'Moving rows is for people: how long it takes and what may be written meanwhile nobody else knows.',
  };
}
