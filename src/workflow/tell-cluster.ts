// Leaves a Kubernetes Event beside what was written, so that whoever looks at the object there learns of the plan.

import { admittedVotes } from '../approval/admitted.ts';
import { plainChange } from '../change/plain-words.ts';
import { writtenObject } from '../change/written-object.ts';
import { OperationError } from '../errors.ts';
import type { ObjectEvent } from '../ports.ts';
import type { ChangeAtHand } from './change-at-hand.ts';
import type { Parts } from './parts.ts';
import { readCase } from './read-plan.ts';

/** Kubernetes takes no longer message. */
const messageCharsMax = 1_000;
/** With the plan's id behind it a name stays within the 253 characters of Kubernetes. */
const nameCharsMax = 200;

const suffixes = {
  HeadroomApplied: '',
  HeadroomReverted: '.reverted',
  HeadroomGaveBack: '.given-back',
} as const satisfies Record<ObjectEvent['reason'], string>;

/** The change is written, whatever becomes of this: that it could not be told is counted and logged, no more. */
export async function tellCluster(
  at: Pick<ChangeAtHand, 'run' | 'record' | 'position' | 'change'>,
  reason: ObjectEvent['reason'],
  parts: Parts,
): Promise<void> {
  const { change, run, position } = at;
  // What was taken away is no longer there to be looked at, and a database has no place for such words.
  if (change.kind === 'remove' || change.kind === 'sql') return;
  const object = writtenObject(change);
  try {
    const words = `${plainChange(change)} (plan ${run.planId}${await approvedBy(at, parts)})`;
    const suffix = suffixes[reason];
    await parts.clusters.tell({
      object,
      // Told twice, after an interruption, it has the same name and stays one.
      name: `${object.name.slice(0, nameCharsMax)}.${run.planId}.${position}${suffix}`,
      reason,
      message: words.length > messageCharsMax ? `${words.slice(0, messageCharsMax)}…` : words,
      at: parts.clock.now(),
    });
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    parts.counters.untold(object.cluster);
    parts.log.warn({ planId: run.planId, err: error }, 'a change is not told to the cluster');
  }
}

async function approvedBy({ record }: Pick<ChangeAtHand, 'record'>, parts: Parts): Promise<string> {
  const input = await parts.store.transaction((tx) => readCase(tx, record, parts));
  const yes = admittedVotes(input).filter(({ vote }) => vote.kind === 'approve');
  return yes.length === 0 ? '' : `, approved by ${yes.map(({ vote }) => vote.userId).join(', ')}`;
}
