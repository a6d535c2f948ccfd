// Makes the partition of one month, or takes it away again while it is empty.

import { z } from 'zod';
import { assert } from '../errors.ts';
import type { Texts } from '../sizing/planned-step.ts';
import type { DeedKind } from './deed-kind.ts';
import { type InSchema, qualified, quotedName, quotedText } from './names.ts';
import { type Range, sameRange } from './partition-bounds.ts';
import { type Child, childrenOf, childrenQuery, isRange, oneForm } from './partition-catalogue.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';
import { isTableSetting } from './table-settings.ts';

/** A partition that is made as a table of its own and then attached; CREATE … PARTITION OF would lock out everybody. */
export interface PartitionDeed {
  readonly deed: 'partition';
  readonly after: 'attached' | 'absent';
  readonly table: InSchema;
  readonly partition: InSchema;
  /** As PostgreSQL shows it in UTC. */
  readonly from: string;
  readonly to: string;
  /** Only where it is not who makes it. */
  readonly owner?: string;
  /** Settings of its own, of the allow-list; PostgreSQL gives it none of other partitions'. */
  readonly settings?: Texts;
  /** Where that is not the database's own. */
  readonly tablespace?: string;
  /** What is published of a row that changes, where it is not its key; without it such rows could not be changed. */
  readonly replicaIdentity?: 'full' | 'nothing';
}

export const relation = z.object({
  kind: z.string(),
  oid: z.number(),
  comment: z.string().nullable(),
});

/** How the session shows times, the partitions of the table, what has the partition's name, what has the table's. */
export function partitionLook({
  table,
  partition,
}: {
  readonly table: InSchema;
  readonly partition: InSchema;
}): readonly Query[] {
  return [oneForm, childrenQuery(`${table.schema}.${table.name}`), named(partition), named(table)];
}

function named({ schema, name }: InSchema): Query {
  return {
    text: `select c.relkind::text as kind, c.oid, obj_description(c.oid, 'pg_class') as comment
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relname = $2`,
    values: [schema, name],
  };
}

/** What a deed about one partition finds. */
export interface PartitionSeen {
  /** The partition, where it is one of the table. */
  readonly own: Child | undefined;
  readonly children: readonly Child[];
  /** Something has the partition's name, a partition or not. */
  readonly isThere: boolean;
  /** What has its name. */
  readonly namesake: { readonly oid: number; readonly comment?: string } | undefined;
}

/** In words why nothing can be said: the table is no longer what it was. */
export function partitionSeen(
  { table, partition }: { readonly table: InSchema; readonly partition: InSchema },
  answers: Answers,
): PartitionSeen | { readonly because: string } {
  const called = `${table.schema}.${table.name}`;
  const [parent] = rowsOf(relation, answers, 3);
  if (parent?.kind !== 'p') return { because: `there is no partitioned table ${called} any more` };
  const children = childrenOf(table, answers, 1);
  if (children === undefined)
    return { because: `${called} is not partitioned by one column any more` };
  const own = children.find(
    ({ schema, name }) => schema === partition.schema && name === partition.name,
  );
  const [there] = rowsOf(relation, answers, 2);
  const namesake = there && {
    oid: there.oid,
    ...(there.comment !== null && { comment: there.comment }),
  };
  return { own, children, isThere: there !== undefined, namesake };
}

export function hasRange({ bound }: Child, range: Range): boolean {
  return bound.kind === 'range' && sameRange(bound, range);
}

/** "FOR VALUES …" of a range. */
export function forValues({ from, to }: Range): string {
  const lower = from === undefined ? 'minvalue' : quotedText(from);
  const upper = to === undefined ? 'maxvalue' : quotedText(to);
  return `for values from (${lower}) to (${upper})`;
}

/**
 * ATTACH takes SHARE UPDATE EXCLUSIVE on the table, behind which nobody who reads or writes waits; the new partition is
 * locked wholly, and nobody knows it yet. A default partition is locked wholly as well, and searched.
 */
function make(deed: PartitionDeed): Statements {
  const { table, partition, owner, settings = {}, tablespace, replicaIdentity } = deed;
  const [parent, child] = [qualified(table), qualified(partition)];
  const values = Object.entries(settings).map(([name, value]) => {
    assert(isTableSetting(name), 'only settings of the list are drawn');
    return `${name} = ${quotedText(value)}`;
  });
  return {
    manner: 'together',
    lock: `lock table only ${parent} in share update exclusive mode`,
    isPatient: true,
    statements: [
      // The numbers of an identity column are given by the table, and a partition may not have its own.
      [
        `create table ${child} (like ${parent} including all excluding identity)`,
        ...(values.length === 0 ? [] : [`with (${values.join(', ')})`]),
        ...(tablespace === undefined ? [] : [`tablespace ${quotedName(tablespace)}`]),
      ].join(' '),
      ...(replicaIdentity === undefined
        ? []
        : [`alter table ${child} replica identity ${replicaIdentity}`]),
      ...(owner === undefined ? [] : [`alter table ${child} owner to ${quotedName(owner)}`]),
      `alter table ${parent} attach partition ${child} ${forValues(deed)}`,
    ],
  };
}

/** Here everybody waits, for as long as it takes to drop an empty table; the lock is given up after half a second. */
function unmake({ table, partition }: PartitionDeed): Statements {
  return {
    manner: 'together',
    lock: `lock table only ${qualified(table)}, only ${qualified(partition)} in access exclusive mode`,
    statements: [
      `alter table ${qualified(table)} detach partition ${qualified(partition)}`,
      `drop table ${qualified(partition)}`,
    ],
  };
}

function standing(deed: PartitionDeed, answers: Answers): Standing {
  const seen = partitionSeen(deed, answers);
  if ('because' in seen) return { kind: 'drifted', ...seen };
  return deed.after === 'absent' ? removal(deed, seen) : creation(deed, seen);
}

function creation(deed: PartitionDeed, { own, children, isThere }: PartitionSeen): Standing {
  const { name } = deed.partition;
  if (own?.isPending === true) return drifted(`somebody is detaching partition ${name}`);
  if (own !== undefined) {
    return hasRange(own, deed)
      ? { kind: 'reached' }
      : drifted(`partition ${name} is there with other bounds`);
  }
  const twin = children.filter(isRange).find((each) => hasRange(each, deed));
  if (twin !== undefined) return { kind: 'reached', note: `${twin.name} has that month already` };
  if (isThere) return drifted(`something else is called ${name} already`);
  return { kind: 'unchanged', write: make(deed) };
}

function removal(deed: PartitionDeed, { own, isThere }: PartitionSeen): Standing {
  const { name } = deed.partition;
  if (!isThere) return { kind: 'reached' };
  if (own === undefined)
    return drifted(`${name} is no partition of its table any more, so it stays`);
  if (own.isPending) return drifted(`somebody is detaching partition ${name}`);
  if (!hasRange(own, deed)) return drifted(`partition ${name} has other bounds now, so it stays`);
  // The lock keeps rows out between this look and the drop.
  if (own.bytes > 0) return drifted(`rows were written into partition ${name}, so it stays`);
  return { kind: 'unchanged', write: unmake(deed) };
}

function drifted(because: string): Standing {
  return { kind: 'drifted', because };
}

export const partitionDeed: DeedKind<PartitionDeed> = {
  allow: () => 'partitions',
  undo: (deed) => ({
    kind: 'exact',
    by: { ...deed, after: deed.after === 'attached' ? 'absent' : 'attached' },
  }),
  isTakenBack: () => false,
  isDecrease: ({ after }) => after === 'absent',
  statements: (deed) => (deed.after === 'attached' ? make(deed) : unmake(deed)).statements,
  look: partitionLook,
  standing,
  words: ({ after, table, partition, from, to, settings = {}, tablespace, replicaIdentity }) => {
    const range = [
      `${from} to ${to}`,
      ...Object.entries(settings).map(([name, value]) => `${name} ${value}`),
      ...(tablespace === undefined ? [] : [`tablespace ${tablespace}`]),
      ...(replicaIdentity === undefined ? [] : [`replica identity ${replicaIdentity}`]),
    ].join(', ');
    return after === 'attached'
      ? `new partition ${partition.name} of ${table.schema}.${table.name}, ${range}`
      : `drop partition ${partition.name} of ${table.schema}.${table.name} while it is empty, ${range}`;
  },
};
