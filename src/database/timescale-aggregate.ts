// Makes a continuous aggregate without filling it; one that is there is kept, whatever it is, because its rows may be all that is left.

import type { DeedKind } from './deed-kind.ts';
import { writtenExpression } from './expression.ts';
import { type InSchema, qualified, quotedName } from './names.ts';
import { type Answers, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';
import {
  aggregateQuery,
  aggregateRow,
  hypertableLock,
  spanOf,
  writtenSpan,
} from './timescale-api.ts';
import { bucketName, type Definition, whyOtherDefinition } from './timescale-definition.ts';

/** CREATE MATERIALIZED VIEW … WITH (timescaledb.continuous) … WITH NO DATA. */
export interface AggregateDeed extends Definition {
  readonly deed: 'timescale-aggregate';
  readonly name: InSchema;
  readonly table: InSchema;
  /** Where TimescaleDB's functions stand. */
  readonly functions: string;
  readonly bucketSeconds: number;
}

/**
 * It shows what was refreshed and nothing else, which is TimescaleDB's default since 2.13: reading it costs the same at
 * any time. It puts a trigger on the hypertable and on each chunk, before which writers wait until it is through with all,
 * so it is given up within the second like everything else.
 */
function write(deed: AggregateDeed): Statements {
  const { name, table, functions, column, bucketSeconds, groupBy, figures } = deed;
  const bucket = `${quotedName(functions)}.time_bucket(${writtenSpan(spanOf(bucketSeconds))}, ${quotedName(column)})`;
  const columns = [
    `${bucket} as ${quotedName(bucketName)}`,
    ...groupBy.map(quotedName),
    ...figures.map((figure) => `${writtenExpression(figure.of)} as ${quotedName(figure.name)}`),
  ];
  const create = [
    `create materialized view ${qualified(name)}`,
    'with (timescaledb.continuous, timescaledb.materialized_only = true)',
    `as select ${columns.join(', ')}`,
    `from ${qualified(table)}`,
    `group by ${[bucket, ...groupBy.map(quotedName)].join(', ')}`,
    'with no data',
  ].join(' ');
  return { manner: 'together', lock: hypertableLock(table), statements: [create] };
}

/** Undefined when what is there is what is wanted; else why not. */
export function whyOtherAggregate(
  deed: AggregateDeed,
  answers: Answers,
  index: number,
): { readonly because?: string } | undefined {
  const { name, table, bucketSeconds } = deed;
  const [there] = rowsOf(aggregateRow, answers, index);
  if (there === undefined) return {};
  const called = `${name.schema}.${name.name}`;
  if (there.definition === null) {
    return { because: `${called} is there already and no continuous aggregate` };
  }
  const isOfTable = there.schema === table.schema && there.table === table.name;
  const differs = isOfTable
    ? (whyOtherDefinition(there.definition, deed) ??
      (there.seconds === bucketSeconds ? undefined : 'its buckets are of another width'))
    : `it is over ${there.schema}.${there.table}`;
  return differs === undefined
    ? undefined
    : {
        because: `the continuous aggregate ${called} is there with another definition (${differs}); Headroom never drops one: give the new one another name in the profile`,
      };
}

function standing(deed: AggregateDeed, answers: Answers): Standing {
  const other = whyOtherAggregate(deed, answers, 0);
  if (other === undefined) return { kind: 'reached' };
  return other.because === undefined
    ? { kind: 'unchanged', write: write(deed) }
    : { kind: 'drifted', because: other.because };
}

export const aggregateDeed: DeedKind<AggregateDeed> = {
  allow: () => 'timescale',
  // A person may drop it; Headroom never does, as nobody knows who reads it by then.
  undo: () => ({ kind: 'compensating' }),
  isTakenBack: () => false,
  isDecrease: () => false,
  statements: (deed) => write(deed).statements,
  look: ({ name }) => [aggregateQuery(name)],
  standing,
  words: ({ name, table, bucketSeconds, groupBy, figures }) =>
    `continuous aggregate ${name.schema}.${name.name} of ${table.schema}.${table.name}: ${spanOf(bucketSeconds).text} by ${groupBy.length === 0 ? 'time alone' : groupBy.join(', ')}, ${figures.length} figures, without data`,
};
