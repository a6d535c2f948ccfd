// Draws continuous aggregates: made without data, filled window by window, then refreshed and kept by policies; never dropped.

import type { PlannedAggregate } from '../sizing/planned-step.ts';
import { drawPolicy, whyRefreshedTooFar } from './draw-policy.ts';
import type { ServerFacts } from './drawing.ts';
import { columnsOf, parseExpression } from './expression.ts';
import {
  type DrawnPart,
  type Hypertable,
  type HypertableStep,
  NotDrawn,
} from './find-hypertable.ts';
import { type InSchema, whyNoName } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { SqlDeed } from './sql-deed.ts';
import { type AggregateDeed, whyOtherAggregate } from './timescale-aggregate.ts';
import {
  aggregateQuery,
  aggregateRow,
  chunksRow,
  compressionWords,
  policiesQuery,
  spanOf,
} from './timescale-api.ts';
import { bucketName, type Figure } from './timescale-definition.ts';
import {
  filledQuery,
  filledSince,
  isFilled,
  type Refreshed,
  refreshWindows,
  windowTypes,
} from './timescale-refresh.ts';

/** Questions of each aggregate. */
const each = { there: 0, policies: 1, filled: 2, count: 3 };

const daySeconds = 86_400;

/** A bare name is one in the schema of the hypertable. */
function nameOf({ name }: PlannedAggregate, { table }: Hypertable): InSchema {
  const dot = name.indexOf('.');
  return dot < 0
    ? { schema: table.schema, name }
    : { schema: name.slice(0, dot), name: name.slice(dot + 1) };
}

export function aggregateQuestions(
  { aggregates }: HypertableStep,
  found: Hypertable,
  { now }: ServerFacts,
): readonly Query[] {
  return aggregates.flatMap((planned) => {
    const name = nameOf(planned, found);
    const refreshed = refreshedOf(planned, found);
    // Newer rows are for the policy, which may just be about to refresh them.
    const until = new Date(now.getTime() - planned.fromMinutesAgo * 60_000);
    return [
      aggregateQuery(name),
      policiesQuery(name),
      refreshed === undefined || whyNoNameIn(name) !== undefined
        ? { text: 'select where false' }
        : filledQuery(refreshed, { ...keptSince(planned, now), to: until.toISOString() }),
    ];
  });
}

/** What is older is not looked for in an aggregate that keeps rows for less time than the hypertable. */
function keptSince({ keepDays }: PlannedAggregate, now: Date): { readonly from?: string } {
  return keepDays === undefined
    ? {}
    : { from: new Date(now.getTime() - keepDays * daySeconds * 1000).toISOString() };
}

function whyNoNameIn({ schema, name }: InSchema): string | undefined {
  return whyNoName(schema) ?? whyNoName(name);
}

/** Undefined where windows of its time cannot be written. */
function refreshedOf(planned: PlannedAggregate, found: Hypertable): Refreshed | undefined {
  const { table, functions, time } = found;
  const type = windowTypes.find((known) => known === time.type);
  return (
    type && {
      name: nameOf(planned, found),
      table,
      functions,
      column: time.column,
      type,
      bucketSeconds: planned.bucketMinutes * 60,
    }
  );
}

interface Asked {
  readonly answers: Answers;
  /** Where the answers of the aggregates begin, and where those about chunks are. */
  readonly from: number;
  readonly chunks: number;
  readonly columns: readonly string[];
  readonly facts: ServerFacts;
}

export function drawAggregates(
  { aggregates }: HypertableStep,
  found: Hypertable,
  asked: Asked,
): DrawnPart | NotDrawn {
  const deeds: SqlDeed[] = [];
  const notes: string[] = [];
  for (const [number, planned] of aggregates.entries()) {
    const from = asked.from + number * each.count;
    const drawn = drawOne(planned, found, { ...asked, from });
    if (drawn instanceof NotDrawn) {
      return new NotDrawn(`aggregate ${planned.name}: ${drawn.because}`);
    }
    deeds.push(...drawn.deeds);
    notes.push(...drawn.notes);
  }
  return { deeds, notes };
}

function drawOne(planned: PlannedAggregate, found: Hypertable, asked: Asked): DrawnPart | NotDrawn {
  const { answers, from, facts } = asked;
  const figures = figuresOf(planned, found, asked.columns);
  if (figures instanceof NotDrawn) return figures;
  const refreshed = refreshedOf(planned, found);
  if (refreshed === undefined) {
    return new NotDrawn(
      `the column of time ${found.time.column} is a ${found.time.type}; Headroom makes aggregates over ${windowTypes.join(' and ')}`,
    );
  }
  const { name, table, functions, column, bucketSeconds } = refreshed;
  const deed: AggregateDeed = {
    deed: 'timescale-aggregate',
    name,
    table,
    functions,
    column,
    bucketSeconds,
    groupBy: planned.groupBy,
    figures,
  };
  const other = whyOtherAggregate(deed, answers, from + each.there);
  if (other?.because !== undefined) return new NotDrawn(other.because);
  const [there] = rowsOf(aggregateRow, answers, from + each.there);
  if (there !== undefined && !there.own) {
    return new NotDrawn(`it belongs to ${there.owner}: grant ${there.owner} to ${facts.role}`);
  }
  const isNew = other !== undefined;
  const history = drawHistory(planned, refreshed, { asked, isNew, isStored: there?.stored });
  const tooFar =
    planned.keepDays === undefined
      ? undefined
      : whyRefreshedTooFar(there?.above ?? [], planned.keepDays);
  if (tooFar !== undefined) return new NotDrawn(tooFar);
  const oldest = there?.oldest ?? undefined;
  const policies = drawPolicies(planned, refreshed, { asked, oldest, version: found.version });
  if (policies instanceof NotDrawn) return policies;
  return {
    deeds: [...(isNew ? [deed] : []), ...history.deeds, ...policies.deeds],
    notes: [...history.notes, ...policies.notes],
  };
}

function figuresOf(
  { groupBy, figures, bucketMinutes, fromMinutesAgo, toMinutesAgo, name }: PlannedAggregate,
  { time }: Hypertable,
  columns: readonly string[],
): readonly Figure[] | NotDrawn {
  const wrong = whyNoName(name.slice(name.lastIndexOf('.') + 1));
  if (wrong !== undefined) return new NotDrawn(wrong);
  if (bucketMinutes <= 0) return new NotDrawn('its bucket is of no time');
  // TimescaleDB refuses a policy that could not refresh two whole buckets.
  if (fromMinutesAgo - toMinutesAgo < 2 * bucketMinutes) {
    return new NotDrawn(
      `its refresh from ${fromMinutesAgo} to ${toMinutesAgo} minutes ago is shorter than two buckets of ${bucketMinutes} minutes`,
    );
  }
  const names = [bucketName, ...groupBy, ...Object.keys(figures)];
  const twice = names.find((each_, index) => names.indexOf(each_) !== index);
  if (twice !== undefined) return new NotDrawn(`it has the column ${twice} twice`);
  const read: Figure[] = [];
  for (const [figure, text] of Object.entries(figures)) {
    const parsed = parseExpression(text, { aggregates: true });
    if ('problem' in parsed) return new NotDrawn(`${figure}: ${parsed.problem}`);
    read.push({ name: figure, of: parsed.expression });
  }
  if (read.length === 0) return new NotDrawn('it has no figures');
  const needed = [...groupBy, ...read.flatMap(({ of }) => [...columnsOf(of)])];
  const missing = needed.find((column) => !columns.includes(column));
  if (missing !== undefined) return new NotDrawn(`the hypertable has no column ${missing}`);
  return groupBy.includes(time.column)
    ? new NotDrawn(`it cannot be grouped by ${time.column} itself`)
    : read;
}

/** An aggregate that also reads the hypertable itself looks filled at any time, so it is left to its policy. */
function drawHistory(
  { keepDays, toMinutesAgo }: PlannedAggregate,
  refreshed: Refreshed,
  {
    asked: { answers, from, chunks, facts },
    isNew,
    isStored,
  }: {
    readonly asked: Asked;
    readonly isNew: boolean;
    readonly isStored: boolean | null | undefined;
  },
): DrawnPart {
  const called = `${refreshed.name.schema}.${refreshed.name.name}`;
  if (!isNew && isStored !== true) {
    return {
      deeds: [],
      notes: [
        `${called} is there and computes what is not stored yet as it is read: its history is not refreshed`,
      ],
    };
  }
  const [{ oldest } = { oldest: null }] = rowsOf(chunksRow, answers, chunks);
  if (oldest === null || isFilled(answers, from + each.filled) === true) {
    return { deeds: [], notes: [] };
  }
  const { now } = facts;
  const kept = keepDays === undefined ? oldest : now.getTime() / 1000 - keepDays * daySeconds;
  const filled = filledSince(answers, from + each.filled);
  const deeds = refreshWindows(refreshed, {
    oldest: Math.max(oldest, kept),
    lagSeconds: toMinutesAgo * 60,
    now,
    ...(filled !== undefined && { filled }),
  });
  return {
    deeds,
    notes: isNew ? [] : [`${called} is there and not filled yet: it is gone on with`],
  };
}

function drawPolicies(
  { fromMinutesAgo, toMinutesAgo, refreshEveryMinutes, keepDays }: PlannedAggregate,
  { name, table, functions }: Refreshed,
  {
    asked: { answers, from, facts },
    oldest,
    version,
  }: {
    readonly asked: Asked;
    /** The age of its rows, where it has any. */
    readonly oldest: number | undefined;
    readonly version: string;
  },
): DrawnPart | NotDrawn {
  const deed = { deed: 'timescale-policy', on: name, table, functions } as const;
  const words = compressionWords(version);
  const where = { answers, index: from + each.policies };
  const refresh = drawPolicy(
    { ...deed, policy: 'refresh', words },
    {
      ...where,
      times: {
        start: spanOf(fromMinutesAgo * 60),
        end: spanOf(toMinutesAgo * 60),
        every: spanOf(refreshEveryMinutes * 60),
      },
    },
  );
  if (refresh instanceof NotDrawn || keepDays === undefined) return refresh;
  const since = facts.now.getTime() / 1000 - keepDays * daySeconds;
  const isYoung = oldest === undefined || oldest >= since;
  const retain = drawPolicy(
    { ...deed, policy: 'retain', words },
    { ...where, isYoung, times: { after: spanOf(keepDays * daySeconds) } },
  );
  if (retain instanceof NotDrawn) return retain;
  return {
    deeds: [...refresh.deeds, ...retain.deeds],
    notes: [...refresh.notes, ...retain.notes],
  };
}
