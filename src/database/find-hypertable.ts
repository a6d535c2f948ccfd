// Finds the hypertable that a step means, and says before anybody approves why nothing can be done with it where that is so.

import type { DatabaseDeed } from '../sizing/planned-step.ts';
import type { ServerFacts } from './drawing.ts';
import { askable, type FoundTable, foundTable, tableQuery, whyNotOwn } from './find-table.ts';
import type { InSchema } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { SqlDeed } from './sql-deed.ts';
import {
  extensionQuery,
  extensionRow,
  type HypertableRow,
  hypertableQuery,
  hypertableRow,
  isAtLeast,
  oldestTimescale,
} from './timescale-api.ts';

export type HypertableStep = Extract<DatabaseDeed, { readonly deed: 'hypertable' }>;

/** A step's hypertable, as it was found. */
export interface Hypertable {
  readonly table: InSchema;
  /** The schema of TimescaleDB's functions. */
  readonly functions: string;
  readonly version: string;
  readonly time: HypertableRow;
}

/** Why something cannot be drawn, in words for people. */
export class NotDrawn {
  readonly because: string;
  constructor(because: string) {
    this.because = because;
  }
}

/** What one part of a step comes to. */
export interface DrawnPart {
  readonly deeds: readonly SqlDeed[];
  readonly notes: readonly string[];
}

/** Where TimescaleDB is not there, its views must not be asked. */
export function hypertableQuestions(table: string, facts: ServerFacts): readonly Query[] {
  return [
    tableQuery(table, facts),
    ...(facts.extensions.has('timescaledb')
      ? [extensionQuery, hypertableQuery(askable(table))]
      : []),
  ];
}

/** The step's hypertable by the answers to `hypertableQuestions`, or why nothing can be done with it. */
export function foundHypertable(
  step: HypertableStep,
  answers: Answers,
  facts: ServerFacts,
): Hypertable | NotDrawn {
  const { extensions, isStandby, role } = facts;
  if (isStandby) {
    return new NotDrawn('the address in headroom.yaml leads to a standby, not to the primary');
  }
  const version = extensions.get('timescaledb');
  if (version === undefined) {
    return new NotDrawn(
      'this database has no TimescaleDB: a person installs it, loads it by shared_preload_libraries and runs CREATE EXTENSION timescaledb',
    );
  }
  if (!isAtLeast(version, oldestTimescale)) {
    return new NotDrawn(
      `TimescaleDB ${version} is older than ${oldestTimescale}, the oldest that Headroom knows: update it with ALTER EXTENSION timescaledb UPDATE`,
    );
  }
  const [extension] = rowsOf(extensionRow, answers, 1);
  if (extension === undefined) return new NotDrawn('TimescaleDB was removed just now');
  const needs = needsLicence(step);
  if (extension.license === 'apache' && needs !== undefined) {
    return new NotDrawn(
      `TimescaleDB runs in its Apache edition here, which has no ${needs}: install the community edition and set timescaledb.license to timescale, or leave that out of the profile`,
    );
  }
  const table = foundTable(step.table, answers, 0, facts);
  if ('because' in table) return new NotDrawn(table.because);
  return asHypertable(table, answers, { version, role, functions: extension.schema });
}

function asHypertable(
  found: FoundTable,
  answers: Answers,
  { version, role, functions }: { version: string; role: string; functions: string },
): Hypertable | NotDrawn {
  const { schema, name } = found;
  const called = `${schema}.${name}`;
  const time = rowsOf(hypertableRow, answers, 2).find(
    (each) => each.schema === schema && each.name === name,
  );
  if (time === undefined) {
    return new NotDrawn(
      `${called} is no hypertable: a person makes it one with create_hypertable, because its rows are moved and it is locked for as long`,
    );
  }
  if (time.distributed) {
    return new NotDrawn(
      `${called} is spread over data nodes, which TimescaleDB has given up with 2.14: a person brings it back to one server first`,
    );
  }
  if (time.seconds === null) {
    return new NotDrawn(
      `${called} counts time in whole numbers (${time.column} ${time.type}), and what they mean is not known: a person sets it`,
    );
  }
  const notOwn = whyNotOwn(found, role);
  if (notOwn !== undefined) return new NotDrawn(notOwn);
  return { table: { schema, name }, functions, version, time };
}

/** What only the community edition has. */
function needsLicence({ compress, keepDays, aggregates }: HypertableStep): string | undefined {
  if (compress !== undefined) return 'compression';
  if (aggregates.length > 0) return 'continuous aggregates';
  return keepDays === undefined ? undefined : 'policies';
}
