// Fills one window of time of a continuous aggregate, so that a long history is many short pieces of work that can be gone on with.

import { z } from 'zod';
import type { DeedKind } from './deed-kind.ts';
import { type InSchema, qualified, quotedName, quotedText } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';
import { asRelation, spanOf, timescaleCall, writtenSpan } from './timescale-api.ts';
import { bucketName } from './timescale-definition.ts';

/** The types of a column of time for which windows are made; the others are for a person. */
export const windowTypes = ['timestamp with time zone', 'timestamp without time zone'] as const;

/** A time in the hypertable, as its column counts it: without a zone it is taken as UTC. */
export interface TimeColumn {
  readonly column: string;
  readonly type: (typeof windowTypes)[number];
}

/** What is refreshed. */
export interface Refreshed extends TimeColumn {
  readonly name: InSchema;
  readonly table: InSchema;
  /** Where TimescaleDB's functions stand. */
  readonly functions: string;
  readonly bucketSeconds: number;
}

/** CALL refresh_continuous_aggregate of one window. */
export interface RefreshDeed extends Refreshed {
  readonly deed: 'timescale-refresh';
  /** Whole buckets; ISO texts in UTC, the second exclusive. */
  readonly from: string;
  readonly to: string;
  /** The last window goes on to so many seconds before the moment it is done, so that nothing is left out until then. */
  readonly untilSecondsAgo?: number;
  readonly number: number;
  readonly of: number;
}

/** So many that a card with two aggregates still shows every statement; a longer history has longer windows. */
const windowsMax = 6;
const daySeconds = 86_400;
/** Buckets of whole days and less begin at multiples from here on, a Monday (TimescaleDB, time_bucket). */
const originSeconds = Date.UTC(2000, 0, 3) / 1000;

interface History {
  /** Since when there are rows, in seconds since 1970. */
  readonly oldest: number;
  readonly lagSeconds: number;
  readonly now: Date;
  /** The bucket of this time is there already. */
  readonly filled?: number;
}

/**
 * From the oldest row to now, oldest first: at least a day each, and few enough to be read. A bucket that is there is not
 * worked out again where rows begin: some of those it was made of may have been dropped since.
 */
export function refreshWindows(
  refreshed: Refreshed,
  { oldest, lagSeconds, now, filled }: History,
): readonly RefreshDeed[] {
  const { bucketSeconds } = refreshed;
  const floor = (seconds: number) =>
    originSeconds + Math.floor((seconds - originSeconds) / bucketSeconds) * bucketSeconds;
  const [first, end] = [floor(oldest), floor(now.getTime() / 1000 - lagSeconds)];
  if (end <= first) return [];
  const least = Math.max(daySeconds, (end - first) / windowsMax);
  const length = Math.ceil(least / daySeconds) * daySeconds;
  const step = Math.ceil(length / bucketSeconds) * bucketSeconds;
  const of = Math.ceil((end - first) / step);
  const start = filled === undefined ? first : floor(filled) + bucketSeconds;
  return Array.from({ length: of }, (_, index) => {
    const to = Math.min(first + (index + 1) * step, end);
    const deed: RefreshDeed = {
      deed: 'timescale-refresh',
      ...refreshed,
      from: iso(Math.max(first + index * step, start)),
      to: iso(to),
      ...(index === of - 1 && { untilSecondsAgo: lagSeconds }),
      number: index + 1,
      of,
    };
    return to > start ? [deed] : [];
  }).flat();
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** `'2026-09-01T00:00:00.000Z'::timestamp with time zone`. */
function writtenTime({ type }: TimeColumn, time: string): string {
  const text = type === 'timestamp with time zone' ? time : time.replace('Z', '');
  return `${quotedText(text)}::${type}`;
}

/**
 * Whether the buckets of the first and the last row before `to` are there; no row where there is no such aggregate. Both,
 * because newer versions fill a window in batches.
 */
export function filledQuery(
  refreshed: Refreshed,
  { from, to }: { readonly from?: string; readonly to: string },
): Query {
  const { name, table, functions, column, bucketSeconds } = refreshed;
  const time = quotedName(column);
  const bucketOf = (value: string) =>
    `exists (select from ${qualified(name)} where ${quotedName(bucketName)} = ${timescaleBucket(functions, bucketSeconds, value)})`;
  const since = from === undefined ? '' : `${time} >= ${writtenTime(refreshed, from)} and `;
  return {
    text: `with raw as materialized (
             select min(${time}) as first, max(${time}) as last from ${qualified(table)}
              where ${since}${time} < ${writtenTime(refreshed, to)})
           select first is null as empty, isfirst and ${bucketOf('last')} as filled,
                  case when isfirst then extract(epoch from first)::float8 end as since
             from (select raw.*, ${bucketOf('first')} as isfirst from raw) as seen`,
    needs: qualified(name),
  };
}

function timescaleBucket(functions: string, seconds: number, value: string): string {
  return `${quotedName(functions)}.time_bucket(${writtenSpan(spanOf(seconds))}, ${value})`;
}

const filledRow = z.object({
  empty: z.boolean(),
  filled: z.boolean(),
  /** The time of the first row, where its bucket is there. */
  since: z.number().nullable(),
});

/** Where rows begin, in seconds since 1970, if the aggregate has their bucket. */
export function filledSince(answers: Answers, index: number): number | undefined {
  return rowsOf(filledRow, answers, index)[0]?.since ?? undefined;
}

/** Undefined where the aggregate is not there. */
export function isFilled(answers: Answers, index: number): boolean | undefined {
  const [row] = rowsOf(filledRow, answers, index);
  return row && (row.empty || row.filled);
}

/** Whether a session that nobody waits for any more is still at the same statement. */
function workingQuery(statement: string): Query {
  return {
    text: `select extract(epoch from clock_timestamp() - query_start)::int as seconds from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query = $1`,
    values: [statement],
  };
}
const workingRow = z.object({ seconds: z.number() });

/** It cannot be in a transaction, and to repeat it is harmless: what is fresh is left alone. */
function write(deed: RefreshDeed): Statements {
  const { name, functions, type, from, to, untilSecondsAgo } = deed;
  const nowThere =
    type === 'timestamp with time zone' ? 'now()' : `(now() at time zone ${quotedText('UTC')})`;
  const end =
    untilSecondsAgo === undefined
      ? writtenTime(deed, to)
      : `${nowThere} - ${writtenSpan(spanOf(untilSecondsAgo))}`;
  const call = timescaleCall(functions, 'refresh_continuous_aggregate', {
    continuous_aggregate: asRelation(name),
    window_start: writtenTime(deed, from),
    window_end: end,
  });
  return { manner: 'build', statements: [`call ${call}`] };
}

function standing(deed: RefreshDeed, answers: Answers): Standing {
  if (isFilled(answers, 0) === true) return { kind: 'reached' };
  const [working] = rowsOf(workingRow, answers, 1);
  return working === undefined
    ? { kind: 'unchanged', write: write(deed) }
    : { kind: 'under-way', progress: `the server has been at it for ${working.seconds} s` };
}

export const refreshDeed: DeedKind<RefreshDeed> = {
  allow: () => 'timescale',
  // It only adds rows that can be worked out again at any time.
  undo: () => ({ kind: 'compensating' }),
  isTakenBack: () => false,
  isDecrease: () => false,
  statements: (deed) => write(deed).statements,
  look: (deed) => [filledQuery(deed, deed), ...write(deed).statements.map(workingQuery)],
  standing,
  words: ({ name, from, to, number, of, untilSecondsAgo }) => {
    const end = untilSecondsAgo === undefined ? `to ${shown(to)}` : 'to now';
    return `refresh of ${name.schema}.${name.name}, ${number} of ${of}: ${shown(from)} ${end}`;
  },
};

function shown(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
