// Makes a partitioned table beside a plain one, with its key and its first partitions; moving the rows is for people.

import type { DeedKind } from './deed-kind.ts';
import type { NewPartition } from './missing-months.ts';
import { type InSchema, qualified, quotedName } from './names.ts';
import { childrenOf } from './partition-catalogue.ts';
import { forValues, hasRange, partitionLook, relation } from './partition-deed.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';

export interface PartitionedDeed {
  readonly deed: 'partitioned';
  readonly after: 'made' | 'absent';
  readonly table: InSchema;
  /** The plain table whose columns it gets. */
  readonly like: InSchema;
  readonly column: string;
  readonly key: readonly string[];
  readonly partitions: readonly NewPartition[];
  /** Only where it is not who makes it. */
  readonly owner?: string;
}

function look({ table }: PartitionedDeed): readonly Query[] {
  return partitionLook({ table, partition: table });
}

/** Nobody knows the table before the end of the transaction, so nobody waits; of the plain one only columns are read. */
function make({ table, like, column, key, partitions, owner }: PartitionedDeed): Statements {
  const parts = ['defaults', 'constraints', 'generated', 'identity', 'storage', 'comments'];
  const source = [qualified(like), ...parts.map((part) => `including ${part}`)].join(' ');
  const names = [table.name, ...partitions.map(({ name }) => name)];
  return {
    manner: 'together',
    statementMs: 30_000,
    statements: [
      `create table ${qualified(table)} (like ${source}, primary key (${key.map(quotedName).join(', ')})) partition by range (${quotedName(column)})`,
      ...partitions.map(
        (each) =>
          `create table ${qualified({ ...table, name: each.name })} partition of ${qualified(table)} ${forValues(each)}`,
      ),
      ...(owner === undefined
        ? []
        : names.map(
            (name) => `alter table ${qualified({ ...table, name })} owner to ${quotedName(owner)}`,
          )),
    ],
  };
}

function unmake({ table }: PartitionedDeed): Statements {
  return {
    manner: 'together',
    lock: `lock table ${qualified(table)} in access exclusive mode`,
    statements: [`drop table ${qualified(table)}`],
  };
}

function standing(deed: PartitionedDeed, answers: Answers): Standing {
  const { table, partitions, after } = deed;
  const called = `${table.schema}.${table.name}`;
  const [there] = rowsOf(relation, answers, 2);
  if (there === undefined) {
    return after === 'absent' ? { kind: 'reached' } : { kind: 'unchanged', write: make(deed) };
  }
  const children = there.kind === 'p' ? childrenOf(table, answers, 1) : undefined;
  if (children === undefined) return drifted(`something else is called ${called} already`);
  const isOurs = partitions.every((each) =>
    children.some((child) => child.name === each.name && hasRange(child, each)),
  );
  if (!isOurs) return drifted(`${called} is there with other partitions than the plan saw`);
  if (after === 'made') return { kind: 'reached' };
  if (children.length > partitions.length) {
    return drifted(`${called} has more partitions by now, so it stays`);
  }
  return children.some(({ bytes }) => bytes > 0)
    ? drifted(`rows were written into ${called}, so it stays`)
    : { kind: 'unchanged', write: unmake(deed) };
}

function drifted(because: string): Standing {
  return { kind: 'drifted', because };
}

export const partitionedDeed: DeedKind<PartitionedDeed> = {
  allow: () => 'partitions',
  undo: (deed) => ({
    kind: 'exact',
    by: { ...deed, after: deed.after === 'made' ? 'absent' : 'made' },
  }),
  isTakenBack: () => false,
  isDecrease: ({ after }) => after === 'absent',
  statements: (deed) => (deed.after === 'made' ? make(deed) : unmake(deed)).statements,
  look,
  standing,
  words: ({ after, table, like, column, partitions }) => {
    const called = `${table.schema}.${table.name}`;
    if (after === 'absent') return `drop ${called} while it is empty`;
    const [first, last] = [partitions.at(0)?.from, partitions.at(-1)?.to];
    return `new table ${called} like ${like.schema}.${like.name}, partitioned by month of ${column}: ${partitions.length} partitions, ${first} to ${last}`;
  },
};
