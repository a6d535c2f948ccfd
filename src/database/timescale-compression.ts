// Turns the compression of a hypertable on, or sets how it segments and orders rows; that alone compresses nothing.

import type { DeedKind } from './deed-kind.ts';
import { type InSchema, qualified, quotedName, quotedText } from './names.ts';
import { type Answers, type Row, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';
import {
  type CompressionWords,
  chunksQuery,
  chunksRow,
  compressionQuery,
  compressionRow,
  hypertableLock,
  hypertableQuery,
  hypertableRow,
} from './timescale-api.ts';

/** How rows are laid out; what is absent is left to TimescaleDB. */
export interface Compression {
  readonly segmentBy?: readonly string[];
  readonly orderBy?: readonly Ordering[];
}

export interface Ordering {
  readonly column: string;
  readonly descending: boolean;
}

/** ALTER TABLE … SET (timescaledb.…) of one hypertable. */
export interface CompressionDeed {
  readonly deed: 'timescale-compression';
  readonly table: InSchema;
  readonly words: CompressionWords;
  /** Absent: it is off. */
  readonly before?: Compression;
  readonly after?: Compression;
}

/** What a hypertable has, by the rows of `compressionQuery`. */
export function compressionOf(rows: readonly Row[]): Compression {
  const parsed = rows.map((row) => compressionRow.parse(row));
  const orderBy = parsed.flatMap(({ column, order, asc }) =>
    order === null ? [] : [{ column, descending: asc === false }],
  );
  return {
    segmentBy: parsed.flatMap(({ column, segment }) => (segment === null ? [] : [column])),
    ...(orderBy.length > 0 && { orderBy }),
  };
}

/**
 * Whether what is there does what is wanted. TimescaleDB puts the column of time behind an order that lacks it, so more
 * columns at its end are no difference.
 */
export function isCompressedAs(now: Compression, wanted: Compression): boolean {
  const columns = ({ segmentBy = [] }: Compression) => segmentBy.join('\0');
  const isSegmented = wanted.segmentBy === undefined || columns(now) === columns(wanted);
  return (
    isSegmented &&
    (wanted.orderBy ?? []).every(({ column, descending }, index) => {
      const there = now.orderBy?.[index];
      return there?.column === column && there.descending === descending;
    })
  );
}

/** TimescaleDB reads these texts as lists of SQL itself, so names are quoted in them once more. */
function write({ table, words, after }: CompressionDeed): Statements {
  const isNew = words === 'columnstore';
  const [turn, segment, order] = isNew
    ? ['enable_columnstore', 'segmentby', 'orderby']
    : ['compress', 'compress_segmentby', 'compress_orderby'];
  const options = [
    `timescaledb.${turn} = ${after !== undefined}`,
    ...(after?.segmentBy === undefined
      ? []
      : [`timescaledb.${segment} = ${quotedText(after.segmentBy.map(quotedName).join(', '))}`]),
    ...(after?.orderBy === undefined
      ? []
      : [`timescaledb.${order} = ${quotedText(after.orderBy.map(written).join(', '))}`]),
  ];
  return {
    manner: 'together',
    lock: hypertableLock(table),
    statements: [`alter table ${qualified(table)} set (${options.join(', ')})`],
  };
}

function written({ column, descending }: Ordering): string {
  return `${quotedName(column)}${descending ? ' desc' : ''}`;
}

function standing(deed: CompressionDeed, answers: Answers): Standing {
  const { table, before, after } = deed;
  const now = rowsOf(hypertableRow, answers, 0).find(({ schema }) => schema === table.schema);
  const [chunks] = rowsOf(chunksRow, answers, 1);
  if (now === undefined) return drifted(`${table.schema}.${table.name} is no hypertable any more`);
  const set = now.compressed ? compressionOf(answers[2] ?? []) : undefined;
  if (after === undefined ? set === undefined : set !== undefined && isCompressedAs(set, after)) {
    return { kind: 'reached' };
  }
  const isAsBefore =
    before === undefined ? set === undefined : set !== undefined && isCompressedAs(set, before);
  if (!isAsBefore) {
    return drifted(`it is compressed ${layout(set)}, the plan saw ${layout(before)}`);
  }
  const compressed = chunks?.compressed ?? 0;
  return after === undefined && compressed > 0
    ? drifted(`${compressed} of its chunks are compressed: a person decompresses them first`)
    : { kind: 'unchanged', write: write(deed) };
}

function drifted(because: string): Standing {
  return { kind: 'drifted', because };
}

function layout(compression: Compression | undefined): string {
  if (compression === undefined) return 'not at all';
  const { segmentBy = [], orderBy = [] } = compression;
  const parts = [
    ...(segmentBy.length === 0 ? [] : [`by ${segmentBy.join(', ')}`]),
    ...(orderBy.length === 0
      ? []
      : [
          `in the order ${orderBy.map(({ column, descending }) => `${column}${descending ? ' DESC' : ''}`).join(', ')}`,
        ]),
  ];
  return parts.length === 0 ? 'as TimescaleDB chooses' : parts.join(' ');
}

export const compressionDeed: DeedKind<CompressionDeed> = {
  allow: () => 'timescale',
  // What was compressed in the meantime stays so.
  undo: (deed) => ({ kind: 'compensating', by: undone(deed) }),
  isTakenBack: () => false,
  isDecrease: () => false,
  statements: (deed) => write(deed).statements,
  look: ({ table }) => [hypertableQuery(table.name), chunksQuery(table), compressionQuery(table)],
  standing,
  words: ({ table, before, after }) =>
    `compression of ${table.schema}.${table.name}: ${layout(before)} → ${layout(after)}`,
};

function undone({ before, after, ...rest }: CompressionDeed): CompressionDeed {
  return {
    ...rest,
    ...(after !== undefined && { before: after }),
    ...(before !== undefined && { after: before }),
  };
}
