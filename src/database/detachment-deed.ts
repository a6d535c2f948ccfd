// Detaches a partition whose rows shall no longer be found through its table, or attaches it again; its rows stay.

import type { DeedKind } from './deed-kind.ts';
import { commentOn, rangeInMark, withMark, withoutMark } from './detachment-mark.ts';
import { type InSchema, qualified } from './names.ts';
import type { Range } from './partition-bounds.ts';
import {
  forValues,
  hasRange,
  type PartitionSeen,
  partitionLook,
  partitionSeen,
} from './partition-deed.ts';
import type { Answers } from './query.ts';
import type { Standing, Statements } from './standing.ts';

export interface DetachmentDeed extends Range {
  readonly deed: 'detachment';
  readonly after: 'detached' | 'attached';
  readonly table: InSchema;
  readonly partition: InSchema;
  /** Beside everybody; not where the table has a default partition, and not before PostgreSQL 14. */
  readonly concurrently: boolean;
  /** Which table the partition is, so that once it is detached it is told from another one of its name. */
  readonly oid?: number;
  /** What somebody wrote about the partition, which stays before the mark. */
  readonly comment?: string;
}

/**
 * Concurrently it takes SHARE UPDATE EXCLUSIVE on the table, and waits between two transactions for those that may still
 * read the partition; cut off there, it is finished by FINALIZE. Else the whole table is locked for an instant.
 */
function detach(deed: DetachmentDeed): Statements {
  const { table, partition, concurrently } = deed;
  const statement = `alter table ${qualified(table)} detach partition ${qualified(partition)}`;
  return concurrently
    ? { manner: 'alone', statements: [`${statement} concurrently`], isPart: true }
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

/** What was detached concurrently has a CHECK of its old bounds, so it is not searched when it comes back. */
function attach(deed: DetachmentDeed, comment: string | undefined): Statements {
  const { table, partition } = deed;
  const isMarked = rangeInMark(comment, deed) !== undefined;
  return {
    manner: 'together',
    lock: `lock table only ${qualified(table)} in share update exclusive mode`,
    isPatient: true,
    statements: [
      attachment(deed),
      ...(isMarked ? [commentOn(partition, withoutMark(comment, deed))] : []),
    ],
  };
}

function attachment(deed: DetachmentDeed): string {
  const [table, partition] = [qualified(deed.table), qualified(deed.partition)];
  return `alter table ${table} attach partition ${partition} ${forValues(deed)}`;
}

function standing(deed: DetachmentDeed, answers: Answers): Standing {
  const { name } = deed.partition;
  const seen = partitionSeen(deed, answers);
  if ('because' in seen) return { kind: 'drifted', ...seen };
  const { own, isThere } = seen;
  if (!isThere) return drifted(`there is no table ${name} any more`);
  if (own !== undefined && !hasRange(own, deed)) {
    return drifted(`partition ${name} has other bounds than the plan saw`);
  }
  if (own?.isPending === true) return halfDetached(deed);
  return deed.after === 'detached' ? detachment(deed, seen) : reattachment(deed, seen);
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

function reattachment(deed: DetachmentDeed, { own, namesake }: PartitionSeen): Standing {
  return own === undefined
    ? { kind: 'unchanged', write: attach(deed, namesake?.comment) }
    : { kind: 'reached' };
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
  const { table, partition, after } = deed;
  const finalize = `alter table ${qualified(table)} detach partition ${qualified(partition)} finalize`;
  return {
    kind: 'unchanged',
    begun: `${partition.name} is half detached, and older transactions may still read it`,
    write:
      after === 'detached'
        ? { manner: 'alone', statements: [finalize], isPart: true }
        : { manner: 'alone', statements: [finalize, attachment(deed)] },
  };
}

function drifted(because: string): Standing {
  return { kind: 'drifted', because };
}

/** The mark comes with the detachment, and goes with it. */
function allStatements(deed: DetachmentDeed): readonly string[] {
  if (deed.after === 'attached') return attach(deed, withMark(deed.comment, deed)).statements;
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
  look: partitionLook,
  standing,
  words: ({ after, table, partition, from = 'the beginning', to = 'the end' }) =>
    `${after === 'detached' ? 'detach' : 'attach'} partition ${partition.name} ${after === 'detached' ? 'from' : 'to'} ${table.schema}.${table.name}, ${from} to ${to}; its rows stay in it`,
};
