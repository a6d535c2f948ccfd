// Finds the table that shall have its months: the one a profile names, or the new one that shall take its place.

import type { DatabaseDeed } from '../sizing/planned-step.ts';
import type { ServerFacts } from './drawing.ts';
import { askable, type FoundTable, foundTable, tableQuery, whyNotOwn } from './find-table.ts';
import { hypertableQuery, hypertablesOf } from './hypertables.ts';
import { isKnownZone, shown } from './months.ts';
import { type InSchema, whyNoName } from './names.ts';
import type { TimeType } from './partition-bounds.ts';
import {
  type Child,
  type Column,
  childrenOf,
  childrenQuery,
  columnOf,
  columnQuery,
  newestOf,
  oneForm,
  type Tie,
  tiesOf,
  tiesQuery,
  zonesOf,
  zonesQuery,
} from './partition-catalogue.ts';
import type { Answers, Query } from './query.ts';

export type PartitionsStep = Extract<DatabaseDeed, { readonly deed: 'partitions' }>;

/** A table with partitions by range of one column that holds times. */
export interface PartitionedPlace {
  readonly kind: 'partitioned';
  readonly table: FoundTable;
  readonly type: TimeType;
  readonly children: readonly Child[];
  /** Where the newest of them stands, and so the next one. */
  readonly monthsSchema: string;
  /** Time zones of the database, the likely ones first. */
  readonly zones: readonly string[];
  /** The present instant as the column counts time, in ms: without a time zone it is what the database's clock shows. */
  readonly now: number;
  /** The plain table whose place it shall take. */
  readonly plain?: PlainTable;
}

/** A table without partitions, and what hangs on it. */
export interface PlainTable {
  readonly table: FoundTable;
  readonly column: Column;
  readonly ties: readonly Tie[];
}

/** A plain table that shall be left for a new one. */
export interface PlainPlace extends PlainTable {
  readonly kind: 'plain';
  readonly type: TimeType;
  readonly zones: readonly string[];
  readonly now: number;
  readonly to: InSchema;
  readonly key: readonly string[];
}

export interface Refusal {
  readonly kind: 'refused';
  readonly because: string;
}

const eachTable = 4;

/** What `placeOf` reads, in its order. */
export function placeQueries(
  { table, through, column }: PartitionsStep,
  facts: ServerFacts,
): readonly Query[] {
  const written = [table, ...(through === undefined ? [] : [beside(table, through.table)])].map(
    askable,
  );
  const name = whyNoName(column) === undefined ? column : '';
  return [
    oneForm,
    zonesQuery,
    hypertableQuery(facts),
    ...written.flatMap((each) => [
      tableQuery(each, facts),
      childrenQuery(each),
      columnQuery(each, name),
      tiesQuery(each, name),
    ]),
  ];
}

/** What is made new under a bare name stands in the schema of the table that it is made for. */
function beside(table: string, bare: string): string {
  const dot = table.indexOf('.');
  return dot < 0 || bare.includes('.') ? bare : table.slice(0, dot + 1) + bare;
}

/** How many of the answers those are. */
export function placeQueryCount({ through }: PartitionsStep): number {
  return 3 + eachTable * (through === undefined ? 1 : 2);
}

export function placeOf(
  step: PartitionsStep,
  answers: Answers,
  facts: ServerFacts,
): PartitionedPlace | PlainPlace | Refusal {
  if (facts.isStandby) {
    return refused('the address in headroom.yaml leads to a standby, not to the primary');
  }
  const found = look(step.table, 0, { step, answers, facts });
  if ('because' in found) return refused(found.because);
  const { table } = found;
  const called = `${table.schema}.${table.name}`;
  if (hypertablesOf(answers, 2).some(({ name }) => name === called)) {
    return refused(`${called} is a hypertable of TimescaleDB, which makes its chunks itself`);
  }
  if (table.isPartitioned) return partitioned(found, { step, answers, facts });
  const { through } = step;
  if (through === undefined) return refused(whyPlain(found, step));
  const isNew = answers[3 + eachTable]?.length === 0;
  if (isNew) return plain(found, { ...step, through }, { answers, facts });
  const next = look(through.table, 1, { step, answers, facts });
  if ('because' in next) return refused(next.because);
  if (!next.table.isPartitioned) {
    return refused(`${through.table} is there already, and is no partitioned table`);
  }
  const place = partitioned(next, { step, answers, facts });
  return place.kind === 'refused' ? place : { ...place, plain: found };
}

interface Found extends PlainTable {
  readonly type: TimeType;
  readonly index: number;
}

interface Looking {
  readonly step: PartitionsStep;
  readonly answers: Answers;
  readonly facts: ServerFacts;
}

function look(
  written: string,
  which: number,
  { step, answers, facts }: Looking,
): Found | { readonly because: string } {
  const index = 3 + eachTable * which;
  const table = foundTable(written, answers, index, facts);
  if ('because' in table) return table;
  const because = whyNotOwn(table, facts.role);
  if (because !== undefined) return { because };
  const column = columnOf(table, answers, index + 2);
  const called = `${table.schema}.${table.name}`;
  if (column === undefined) return { because: `${called} has no column ${step.column}` };
  if (!isTimeType(column.type)) {
    return {
      because: `${step.column} of ${called} is ${column.type}, and months need a date or a time`,
    };
  }
  return { table, column, type: column.type, ties: tiesOf(table, answers, index + 3), index };
}

function isTimeType(type: string): type is TimeType {
  return type === 'timestamptz' || type === 'timestamp' || type === 'date';
}

/** Where times have no zone, `current_date` of the database says which month it is. */
function presentOf(type: TimeType, zones: readonly string[], { now }: ServerFacts): number {
  const zone = type === 'timestamptz' ? undefined : zones.find(isKnownZone);
  return zone === undefined ? now.getTime() : shown(now.getTime(), zone);
}

function partitioned(
  { table, column, type, index }: Found,
  { step, answers, facts }: Looking,
): PartitionedPlace | Refusal {
  const called = `${table.schema}.${table.name}`;
  const children = childrenOf(table, answers, index + 1);
  if (!column.isRangeKey || children === undefined) {
    return refused(`${called} is not partitioned by range of ${step.column} alone`);
  }
  const foreign = children.find(({ isOrdinary }) => !isOrdinary);
  if (foreign !== undefined) {
    return refused(
      `partition ${foreign.name} of ${called} is no ordinary table but partitioned again or foreign, and Headroom makes ordinary ones`,
    );
  }
  const zones = zonesOf(answers, 1);
  return {
    kind: 'partitioned',
    table,
    type,
    children,
    monthsSchema: newestOf(children)?.schema ?? table.schema,
    zones,
    now: presentOf(type, zones, facts),
  };
}

/** A key that does not hold the column cannot be kept, so what the key shall be is for the profile to say. */
function whyPlain({ table, ties }: Found, { column }: PartitionsStep): string {
  const called = `${table.schema}.${table.name}`;
  const keys = keysWithout(ties);
  const key =
    keys.length === 0
      ? ''
      : ` A partitioned table has its column in every key, and ${keys.join(', ')} ${keys.length === 1 ? 'does' : 'do'} not hold ${column}.`;
  return `${called} is not partitioned, and a table cannot become so in place: name a new one and its key in the profile (through: { table, key: [id, ${column}] }).${key}`;
}

/** The unique indexes that cannot be had on a table partitioned by the column. */
export function keysWithout(ties: readonly Tie[]): readonly string[] {
  return ties.filter(({ what, holds }) => what === 'key' && !holds).map(({ name }) => name);
}

function plain(
  found: Found,
  { through, column }: PartitionsStep & Required<Pick<PartitionsStep, 'through'>>,
  { answers, facts }: Pick<Looking, 'answers' | 'facts'>,
): PlainPlace | Refusal {
  const { table, type, ties } = found;
  if (!through.key.includes(column)) {
    return refused(
      `the key (${through.key.join(', ')}) of ${through.table} lacks ${column}, which a partitioned table needs in every key`,
    );
  }
  const prefix = `${table.schema}.`;
  const name = through.table.startsWith(prefix)
    ? through.table.slice(prefix.length)
    : through.table;
  const zones = zonesOf(answers, 1);
  return {
    kind: 'plain',
    table,
    type,
    column: found.column,
    ties,
    zones,
    now: presentOf(type, zones, facts),
    to: { schema: table.schema, name },
    key: through.key,
  };
}

function refused(because: string): Refusal {
  return { kind: 'refused', because };
}
