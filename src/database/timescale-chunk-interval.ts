// Sets how much time a chunk of a hypertable holds; chunks that are there stay as they are.

import type { DeedKind } from './deed-kind.ts';
import { type InSchema, quotedText } from './names.ts';
import { type Answers, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';
import {
  asRelation,
  hypertableLock,
  hypertableQuery,
  hypertableRow,
  type Span,
  timescaleCall,
  writtenSpan,
} from './timescale-api.ts';

/** set_chunk_time_interval of one hypertable. */
export interface ChunkIntervalDeed {
  readonly deed: 'timescale-chunks';
  readonly table: InSchema;
  /** Where TimescaleDB's functions stand. */
  readonly functions: string;
  /** The dimension of time. */
  readonly column: string;
  readonly before: Span;
  readonly after: Span;
}

function write({ table, functions, column, after }: ChunkIntervalDeed): Statements {
  const call = timescaleCall(functions, 'set_chunk_time_interval', {
    hypertable: asRelation(table),
    chunk_time_interval: writtenSpan(after),
    dimension_name: quotedText(column),
  });
  return { manner: 'together', lock: hypertableLock(table), statements: [`select ${call}`] };
}

function standing(deed: ChunkIntervalDeed, answers: Answers): Standing {
  const { table, before, after } = deed;
  const now = rowsOf(hypertableRow, answers, 0).find(({ schema }) => schema === table.schema);
  if (now === undefined) {
    return { kind: 'drifted', because: `${table.schema}.${table.name} is no hypertable any more` };
  }
  if (now.seconds === after.seconds) return { kind: 'reached' };
  if (now.seconds === before.seconds) return { kind: 'unchanged', write: write(deed) };
  const because = `its chunks are of ${now.text ?? 'something else than time'}, the plan saw ${before.text}`;
  return { kind: 'drifted', because };
}

export const chunkIntervalDeed: DeedKind<ChunkIntervalDeed> = {
  allow: () => 'timescale',
  undo: (deed) => ({ kind: 'exact', by: { ...deed, before: deed.after, after: deed.before } }),
  isTakenBack: () => true,
  isDecrease: () => false,
  statements: (deed) => write(deed).statements,
  look: ({ table }) => [hypertableQuery(table.name)],
  standing,
  words: ({ table, before, after }) =>
    `chunks of ${table.schema}.${table.name}: ${before.text} → ${after.text}, from the next chunk on`,
};
