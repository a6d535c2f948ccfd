// Looks at everything the changes of a plan are compared with, each thing once, and says how each change stands now.

import { type Change, targetKey, type WorkloadRef } from '../change/change.ts';
import { compareBeforeWrite, type State } from '../change/compare.ts';
import { buildsOn, fromNow } from '../change/on-top.ts';
import { type Write, writeFor } from '../change/write.ts';
import { OperationError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import type { Clusters } from '../ports.ts';
import { observeChange } from './observe-change.ts';
import type { Parts } from './parts.ts';

/** One change as it stands now. */
export type LookedAt =
  | {
      readonly kind: 'seen';
      readonly change: Change;
      readonly state: State;
      /** Where somebody has moved what it expects. */
      readonly drift?: string;
      /** What would be written now; absent where nothing would, or it builds on what is not there yet. */
      readonly write?: Write;
      /** What it stands on is only made by an earlier change of the plan, so nobody can try it yet. */
      readonly isEarly?: true;
    }
  | { readonly kind: 'unseen'; readonly change: Change; readonly because: string };

/**
 * `followed`: of workloads what the cluster has told, which may be a moment old. Never throws for trouble with a
 * cluster or a database: what could not be seen says why.
 */
export async function lookAtChanges(
  plan: Pick<Plan, 'id' | 'steps'>,
  { clusters, databases }: Pick<Parts, 'clusters' | 'databases'>,
  sight: 'followed' | 'asked',
): Promise<readonly LookedAt[]> {
  const seen =
    sight === 'asked'
      ? clusters
      : { ...clusters, observe: (workload: WorkloadRef) => clusters.follow(workload) };
  const once = { clusters: askedOnce(seen), databases };
  const changes = changesOf(plan);
  return Promise.all(
    changes.map(async (change, index): Promise<LookedAt> => {
      try {
        const state = await observeChange(change, once);
        const isLater = buildsOn(change, changes.slice(0, index));
        return { kind: 'seen', change, state, ...standing({ change, state, isLater }, plan.id) };
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        return { kind: 'unseen', change, because: error.message };
      }
    }),
  );
}

interface Seen {
  readonly change: Change;
  readonly state: State;
  /** An earlier change of the plan writes what this one expects. */
  readonly isLater: boolean;
}

function standing(
  { change, state, isLater }: Seen,
  planId: string,
): Pick<Extract<LookedAt, { kind: 'seen' }>, 'drift' | 'write' | 'isEarly'> {
  const writeOf = (of: Change) => {
    const write = writeFor(of, planId, state);
    return write === undefined ? {} : { write };
  };
  if (isLater) {
    const now = fromNow(change, state);
    return now === undefined ? { isEarly: true } : writeOf(now);
  }
  const comparison = compareBeforeWrite(change, state);
  return comparison.kind === 'drifted' ? { drift: comparison.because } : writeOf(change);
}

/** Several changes are often about one workload: what was asked for one is the answer for all. */
function askedOnce(clusters: Clusters): Clusters {
  const asked = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const before = asked.get(key) as Promise<T> | undefined;
    if (before !== undefined) return before;
    const answer = ask();
    asked.set(key, answer);
    return answer;
  };
  return {
    ...clusters,
    observe: (workload) => once(`observe ${targetKey(workload)}`, () => clusters.observe(workload)),
    vertical: (workload) =>
      once(`vertical ${targetKey(workload)}`, () => clusters.vertical(workload)),
    read: (object) => once(`read ${JSON.stringify(object)}`, () => clusters.read(object)),
  };
}
