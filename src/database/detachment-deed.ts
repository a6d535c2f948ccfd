// Detaches a partition whose rows shall no longer be found through its table, or attaches it again; its rows stay.

import {
  addingCheck,
  type Bounded,
  boundsChecked,
  boundsCheckName,
  boundsCheckQuery,
  droppingCheck,
  validatingCheck,
} from './bounds-check.ts';
import type { DeedKind } from './deed-kind.ts';
import { commentOn, rangeInMark, withMark, withoutMark } from './detachment-mark.ts';
import { type InSchema, qualified } from './names.ts';
import { oldReaderQueries, whoseIsOld } from './old-transactions.ts';
import { defaultBytesMax, type Range } from './partition-bounds.ts';
import {
  forValues,
  hasRange,
  type PartitionSeen,
  partitionLook,
  partitionSeen,
} from './partition-deed.ts';
import type { Answers, Query } from './query.ts';
import type { Standing, Statements } from './standing.ts';

export interface DetachmentDeed extends Range {
  readonly deed: 'detachment';
  readonly after: 'detached' | 'attached';
  readonly table: InSchema;
  readonly partition: InSchema;
  /** What the table is partitioned by; plans of older versions do not say. */
  readonly column?: string;
  /** Beside everybody; not where the table has a default partition, and not before PostgreSQL 14. */
  readonly concurrently: boolean;
  /** Which table the partition is, so that once it is detached it is told from another one of its name. */
  readonly oid?: number;
  /** What somebody wrote about the partition, which stays before the mark. */
  readonly comment?: string;
}

/** It ends by locking the partition and what its foreign keys refer to, one after the other. */
const inSteps = { manner: 'alone', statementMs: 900, isPart: true } as const;

/**
 * Concurrently it takes SHARE UPDATE EXCLUSIVE on the table, and waits between two transactions for those that may still
 * read the partition, behind which nobody waits; cut off there, it is finished by FINALIZE, as often as that takes. Else the
 * whole table is locked for an instant.
 */
function detach(deed: DetachmentDeed): Statements {
  const { table, partition, concurrently } = deed;
  const statement = `alter table ${qualified(table)} detach partition ${qualified(partition)}`;
  return concurrently
    ? { ...inSteps, statements: [`${statement} concurrently`] }
    : {
        manner: 'together',
        lock: `lock table only ${qualified(table)} in access exclusive mode`,
        statements: [statement, marking(deed)],
      };
}

/** Nothing else would tell later that it was a partition, so nothing else could be trusted to drop it by. */
function marking(deed: DetachmentDeed): string {
  return commentOn(deed.partition, withMark(deed.comment, deed));
}

/**
 * Attaching takes SHARE UPDATE EXCLUSIVE on the table and locks the month wholly, what its foreign keys refer to, and a
 * default partition, which is searched. The month is not: a CHECK of its bounds was validated before, and goes in the same
 * transaction.
 */
function attach(deed: DetachmentDeed, comment: string | undefined): Statements {
  const { table, partition, column } = deed;
  const isMarked = rangeInMark(comment, deed) !== undefined;
  return {
    manner: 'together',
    lock: `lock table only ${qualified(table)} in share update exclusive mode`,
    isPatient: true,
    statements: [
      `alter table ${qualified(table)} attach partition ${qualified(partition)} ${forValues(deed)}`,
      ...(column === undefined ? [] : [droppingCheck(partition)]),
      ...(isMarked ? [commentOn(partition, withoutMark(comment, deed))] : []),
    ],
  };
}

/** Undefined for a plan of an older version, whose month is searched while it is attached. */
function bounded({ column, ...deed }: DetachmentDeed): Bounded | undefined {
  return column === undefined ? undefined : { ...deed, column };
}

function look(deed: DetachmentDeed): readonly Query[] {
  const month = deed.after === 'attached' ? bounded(deed) : undefined;
  return [
    ...partitionLook(deed),
    ...oldReaderQueries([deed.table, deed.partition]),
    ...(month === undefined ? [] : [boundsCheckQuery(month)]),
  ];
}

const lookCount = 4;
const checkAt = lookCount + 1;

function standing(deed: DetachmentDeed, answers: Answers): Standing {
  const { name } = deed.partition;
  const seen = partitionSeen(deed, answers);
  if ('because' in seen) return { kind: 'drifted', ...seen };
  const { own, isThere } = seen;
  if (!isThere) return drifted(`there is no table ${name} any more`);
  if (own !== undefined && !hasRange(own, deed)) {
    return drifted(`partition ${name} has other bounds than the plan saw`);
  }
  if (own !== undefined && deed.oid !== undefined && own.oid !== deed.oid) {
    return drifted(`${name} is another table than the plan saw`);
  }
  if (own?.isPending === true) return halfDetached(deed);
  if (deed.after === 'attached') return reattachment(deed, seen, answers);
  const old = deed.concurrently ? whoseIsOld(answers, lookCount) : undefined;
  return own !== undefined && old !== undefined
    ? drifted(`${name} is not detached: ${old}`)
    : detachment(deed, seen);
}

function detachment(deed: DetachmentDeed, { own, namesake }: PartitionSeen): Standing {
  if (own !== undefined) {
    return { kind: 'unchanged', write: detach(withComment(deed, own.comment)) };
  }
  const isIt = namesake !== undefined && namesake.oid === deed.oid;
  if (!isIt || rangeInMark(namesake.comment, deed) !== undefined) return { kind: 'reached' };
  return {
    kind: 'unchanged',
    begun: `${deed.partition.name} is detached and has no mark of it yet`,
    write: { manner: 'together', statements: [marking(withComment(deed, namesake.comment))] },
  };
}

/** What a process that died left is gone on with; what is refused in the middle takes the CHECK away again. */
function reattachment(
  deed: DetachmentDeed,
  { own, children, namesake }: PartitionSeen,
  answers: Answers,
): Standing {
  if (own !== undefined) return { kind: 'reached' };
  const { name } = deed.partition;
  if (deed.oid !== undefined && namesake?.oid !== deed.oid) {
    return drifted(`${name} is another table than the plan saw`);
  }
  const rest = children.find(({ bound }) => bound.kind === 'default');
  if (rest !== undefined && rest.bytes > defaultBytesMax) {
    return drifted(
      `${name} is not attached: the default partition ${rest.name} is large, and everybody would wait while it is searched for rows of that month; detach it, attach ${name}, move its rows of that month, and attach it again`,
    );
  }
  const write = attach(deed, namesake?.comment);
  const month = bounded(deed);
  if (month === undefined) return { kind: 'unchanged', write };
  const leftover = [
    { ...inSteps, statements: [droppingCheck(deed.partition)] },
  ] satisfies Statements[];
  switch (boundsChecked(answers, checkAt)) {
    case 'no':
      return { kind: 'unchanged', write: addingCheck(month) };
    case 'by-another':
      return { kind: 'unchanged', write };
    case 'begun': {
      const begun = `${name} gets a CHECK of its bounds before it is attached, which is not validated yet`;
      return { kind: 'unchanged', write: validatingCheck(month), begun, leftover };
    }
    case 'ours': {
      const begun = `${name} has a CHECK of its bounds and is not attached yet`;
      return { kind: 'unchanged', write, begun, leftover };
    }
    case 'foreign':
      return drifted(`${name} has another constraint ${boundsCheckName}; rename it first`);
  }
}

/** As it is now: what somebody wrote since the plan was drawn stays as well. */
function withComment(
  { comment: _before, ...deed }: DetachmentDeed,
  comment: string | undefined,
): DetachmentDeed {
  return { ...deed, ...(comment !== undefined && { comment }) };
}

/** A detached one that was only half so is finished first: there is no way back from there. */
function halfDetached(deed: DetachmentDeed): Standing {
  const { table, partition } = deed;
  const finalize = `alter table ${qualified(table)} detach partition ${qualified(partition)} finalize`;
  return {
    kind: 'unchanged',
    begun: `${partition.name} is half detached, and older transactions may still read it`,
    write: { ...inSteps, statements: [finalize] },
  };
}

function drifted(because: string): Standing {
  return { kind: 'drifted', because };
}

/** The mark comes with the detachment, and goes with it. */
function allStatements(deed: DetachmentDeed): readonly string[] {
  if (deed.after === 'attached') {
    const month = bounded(deed);
    const before = month === undefined ? [] : [addingCheck(month), validatingCheck(month)];
    const all = [...before, attach(deed, withMark(deed.comment, deed))];
    return all.flatMap(({ statements }) => statements);
  }
  const { manner, statements } = detach(deed);
  return manner === 'alone' ? [...statements, marking(deed)] : statements;
}

export const detachmentDeed: DeedKind<DetachmentDeed> = {
  allow: () => 'partitions',
  undo: (deed) => ({
    kind: 'compensating',
    by: { ...deed, after: deed.after === 'detached' ? 'attached' : 'detached' },
  }),
  isTakenBack: () => false,
  isDecrease: ({ after }) => after === 'detached',
  statements: allStatements,
  look,
  standing,
  leaves: ({ after, partition }) =>
    after === 'attached' ? `constraint ${boundsCheckName} of ${partition.name}` : undefined,
  words: ({ after, table, partition, from = 'the beginning', to = 'the end' }) =>
    `${after === 'detached' ? 'detach' : 'attach'} partition ${partition.name} ${after === 'detached' ? 'from' : 'to'} ${table.schema}.${table.name}, ${from} to ${to}; its rows stay in it`,
};
