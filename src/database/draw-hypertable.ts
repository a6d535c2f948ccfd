// Draws what a profile wants of a hypertable, in the order in which nothing is lost: what drops rows comes last.

import { z } from 'zod';
import { aggregateQuestions, drawAggregates } from './draw-aggregates.ts';
import { drawPolicy, whyRefreshedTooFar } from './draw-policy.ts';
import type { Drawing, ServerFacts } from './drawing.ts';
import {
  type DrawnPart,
  foundHypertable,
  type Hypertable,
  type HypertableStep,
  hypertableQuestions,
  NotDrawn,
} from './find-hypertable.ts';
import { lockRoom, whyTooManyChunks } from './hypertables.ts';
import type { InSchema } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { SqlDeed } from './sql-deed.ts';
import {
  chunksQuery,
  chunksRow,
  compressionQuery,
  compressionWords,
  isAtLeast,
  policiesQuery,
  refreshedQuery,
  refreshedRow,
  type Span,
  spanOf,
} from './timescale-api.ts';
import { type Compression, compressionOf, isCompressedAs } from './timescale-compression.ts';
import { policiesSeen } from './timescale-policy.ts';

/** Where the answers of the second round are. */
const at = { chunks: 3, compression: 4, policies: 5, refreshed: 6, columns: 7, aggregates: 8 };

const daySeconds = 86_400;
/** What is counted with where no policy says how long rows are kept; the guides keep raw rows for so long. */
const keptDaysUnknown = 90;
/** Of the locks of a server, for one statement over all chunks: more, and two of them at once would be too many. */
const locksShareMax = 0.5;

export const drawHypertable: Drawing<HypertableStep> = {
  questions: ({ table }, facts) => hypertableQuestions(table, facts),
  further(step, answers, facts) {
    const found = foundHypertable(step, answers, facts);
    if (found instanceof NotDrawn) return [];
    const { table } = found;
    return [
      chunksQuery(table),
      compressionQuery(table),
      policiesQuery(table),
      refreshedQuery(table),
      columnsQuery(table),
      ...aggregateQuestions(step, found, facts),
    ];
  },
  draw(step, answers, facts) {
    const found = foundHypertable(step, answers, facts);
    if (found instanceof NotDrawn) return { kind: 'refused', because: found.because };
    const drawing = { step, found, answers, facts };
    const parts = [drawChunks, drawCompression, drawAggregatesOf, drawRetention];
    const deeds: SqlDeed[] = [];
    const notes: string[] = [];
    for (const draw of parts) {
      const drawn = draw(drawing);
      if (drawn instanceof NotDrawn) return { kind: 'refused', because: drawn.because };
      deeds.push(...drawn.deeds);
      notes.push(...drawn.notes);
    }
    // A new aggregate puts a trigger on each chunk that there is.
    const isOverAll = deeds.some(({ deed }) => deed === 'timescale-aggregate');
    const [there] = rowsOf(chunksRow, answers, at.chunks);
    const tooMany = isOverAll ? whyTooManyChunks(there?.chunks ?? 0, facts) : undefined;
    if (tooMany !== undefined) return { kind: 'refused', because: `a new aggregate: ${tooMany}` };
    if (deeds.length === 0) notes.unshift('all of it is so already');
    return { kind: 'deeds', deeds, notes };
  },
};

interface Parts {
  readonly step: HypertableStep;
  readonly found: Hypertable;
  readonly answers: Answers;
  readonly facts: ServerFacts;
}

const nothing: DrawnPart = { deeds: [], notes: [] };

const columnsRow = z.object({ columns: z.array(z.string()), indexes: z.number() });

function columnsQuery(table: InSchema): Query {
  return {
    text: `select (select array_agg(attname::text order by attnum) from pg_attribute
                    where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
                  (select count(*)::int from pg_index where indrelid = c.oid) as indexes
             from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`,
    values: [table.schema, table.name],
  };
}

function columnsOf(answers: Answers): z.infer<typeof columnsRow> {
  return rowsOf(columnsRow, answers, at.columns)[0] ?? { columns: [], indexes: 0 };
}

function drawChunks({ step, found, answers, facts }: Parts): DrawnPart | NotDrawn {
  if (step.chunkHours === undefined) return nothing;
  const { table, functions, time } = found;
  if (step.chunkHours <= 0) return new NotDrawn('a chunk of no time cannot be');
  const after = spanOf(step.chunkHours * 3600);
  const before: Span = { seconds: time.seconds ?? 0, text: time.text ?? '' };
  const isSo = before.seconds === after.seconds;
  const locks = locksNeeded(step, answers, facts);
  if (!isSo && locks.problem !== undefined) return new NotDrawn(locks.problem);
  if (isSo) return { deeds: [], notes: [locks.problem ?? locks.note] };
  const deed = { deed: 'timescale-chunks', table, functions, column: time.column } as const;
  return { deeds: [{ ...deed, before, after }], notes: [locks.note] };
}

/**
 * A statement over all chunks, such as a dump, takes a lock for each and for each index of each. With more than the server
 * has, it fails, and with it everybody else who needs one at that moment (PostgreSQL manual, 19.12).
 */
function locksNeeded(
  { chunkHours = 1, keepDays }: HypertableStep,
  answers: Answers,
  { settings, now }: ServerFacts,
): { readonly problem?: string; readonly note: string } {
  const [chunks] = rowsOf(chunksRow, answers, at.chunks);
  const [kept] = policiesSeen('retain', answers, at.policies);
  const age = chunks?.oldest == null ? 0 : now.getTime() / 1000 - chunks.oldest;
  const keptSeconds = keepDays === undefined ? kept?.times?.after?.seconds : keepDays * daySeconds;
  const unknown = Math.max(age, keptDaysUnknown * daySeconds);
  const days = Math.ceil((keptSeconds ?? unknown) / daySeconds);
  const count = Math.ceil((days * 24) / chunkHours);
  const { indexes } = columnsOf(answers);
  const needed = count * (1 + indexes);
  const { holders, locks: there } = lockRoom({ settings });
  const since = keptSeconds === undefined ? ' (nothing says how long rows are kept)' : '';
  const sum = `${count} chunks in ${days} days${since}, and ${indexes} indexes on each: a statement over all of them takes ${needed} of the ${there} locks that the server has (max_locks_per_transaction × (max_connections + max_prepared_transactions))`;
  if (needed <= there * locksShareMax) return { note: sum };
  const wanted = Math.ceil(needed / locksShareMax / Math.max(holders, 1));
  const what = `set max_locks_per_transaction to ${wanted} or more, which needs a restart`;
  const isTooMany = needed > there;
  return {
    note: `${sum}: ${what}`,
    ...(isTooMany && {
      problem: `${sum}. That fails for everybody: first ${what}, or make longer chunks`,
    }),
  };
}

function drawCompression({ step, found, answers }: Parts): DrawnPart | NotDrawn {
  if (step.compress === undefined) return nothing;
  const { table, functions, version, time } = found;
  const words = compressionWords(version);
  const before = time.compressed ? compressionOf(answers[at.compression] ?? []) : undefined;
  const wanted = wantedCompression(step.compress, time.column, columnsOf(answers).columns);
  if (wanted instanceof NotDrawn) return wanted;
  const isSet = before !== undefined && isCompressedAs(before, wanted);
  const [chunks] = rowsOf(chunksRow, answers, at.chunks);
  if (!isSet && (chunks?.compressed ?? 0) > 0 && !isAtLeast(version, '2.14')) {
    return new NotDrawn(
      `TimescaleDB ${version} cannot change how ${table.schema}.${table.name} is compressed while ${chunks?.compressed} of its chunks are: update it to 2.14 or newer, or decompress them first`,
    );
  }
  const after: Compression = { ...before, ...wanted };
  const settings: SqlDeed = {
    deed: 'timescale-compression',
    table,
    words,
    ...(before && { before }),
    after,
  };
  const policy = drawPolicy(
    { deed: 'timescale-policy', policy: 'compress', on: table, table, functions, words },
    { times: { after: spanOf(step.compress.afterDays * daySeconds) }, answers, index: at.policies },
  );
  if (policy instanceof NotDrawn) return policy;
  const isPointless = step.keepDays !== undefined && step.compress.afterDays >= step.keepDays;
  const note = 'chunks are dropped before they would be compressed';
  return {
    deeds: [...(isSet ? [] : [settings]), ...policy.deeds],
    notes: [...policy.notes, ...(isPointless ? [note] : [])],
  };
}

function wantedCompression(
  { segmentBy, orderBy }: NonNullable<HypertableStep['compress']>,
  time: string,
  columns: readonly string[],
): Compression | NotDrawn {
  const order = orderBy?.map((text) => ({
    column: text.replace(/ (ASC|DESC)$/, ''),
    descending: text.endsWith(' DESC'),
  }));
  const names = [...(segmentBy ?? []), ...(order ?? []).map(({ column }) => column)];
  const missing = names.find((name) => !columns.includes(name));
  if (missing !== undefined) return new NotDrawn(`the hypertable has no column ${missing}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    return new NotDrawn(
      `compression cannot have the column ${twice} twice in segmentBy and orderBy`,
    );
  }
  if (segmentBy?.includes(time)) {
    return new NotDrawn(`compression cannot segment by ${time}, the column of time`);
  }
  return { ...(segmentBy && { segmentBy }), ...(order && { orderBy: order }) };
}

function drawAggregatesOf({ step, found, answers, facts }: Parts): DrawnPart | NotDrawn {
  const { columns } = columnsOf(answers);
  return drawAggregates(step, found, {
    answers,
    from: at.aggregates,
    chunks: at.chunks,
    columns,
    facts,
  });
}

function drawRetention({ step, found, answers }: Parts): DrawnPart | NotDrawn {
  if (step.keepDays === undefined) return nothing;
  const seconds = step.keepDays * daySeconds;
  const tooFar = whyRefreshedTooFar(
    [
      ...rowsOf(refreshedRow, answers, at.refreshed),
      ...step.aggregates.map((each) => ({ name: each.name, seconds: each.fromMinutesAgo * 60 })),
    ],
    step.keepDays,
  );
  if (tooFar !== undefined) return new NotDrawn(tooFar);
  const { table, functions, version } = found;
  return drawPolicy(
    {
      deed: 'timescale-policy',
      policy: 'retain',
      on: table,
      table,
      functions,
      words: compressionWords(version),
    },
    { times: { after: spanOf(seconds) }, answers, index: at.policies },
  );
}
