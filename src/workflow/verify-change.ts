// Watches a change take effect: the rollout seen ready, or the reason why it is not.

import type { AutoscalerChange, Change, RemoveChange, SqlChange } from '../change/change.ts';
import { type ClusterState, compareChange, type State } from '../change/compare.ts';
import { growthOf } from '../change/volume-growth.ts';
import { standingOf } from '../database/sql-deed.ts';
import { OperationError, unreachable } from '../errors.ts';
import type { RunChangeState } from '../ports.ts';
import { type ChangeAtHand, type ChangeEnd, note } from './change-at-hand.ts';
import { limits } from './limits.ts';
import { followChange, observeChange } from './observe-change.ts';
import type { Parts } from './parts.ts';
import { tell } from './tell.ts';

export type Rollout =
  | { readonly kind: 'ready' }
  | { readonly kind: 'on-its-way'; readonly progress: string }
  | { readonly kind: 'failed'; readonly because: string };

/** How far a written change has come, from one look. */
export function rolloutOf(change: Change | RemoveChange, state: State): Rollout {
  if (change.kind === 'sql') return inDatabase(change, state);
  const comparison = compareChange(change, state);
  if (comparison.kind !== 'reached') {
    // An object that was taken away is there until all that holds on to it has let go.
    if (change.kind === 'remove' && comparison.kind === 'unchanged')
      return { kind: 'on-its-way', progress: 'something still holds on to it' };
    return {
      kind: 'failed',
      because:
        comparison.kind === 'drifted'
          ? `it was written, but then ${comparison.because}`
          : 'it was written, but then set back to what it was before',
    };
  }
  switch (change.kind) {
    case 'scale':
      return podsReady(change.after.replicas, state);
    case 'autoscaler':
      // A higher maximum takes effect when the autoscaler wants it; a higher minimum is seen as pods.
      return change.after.minReplicas === change.before.minReplicas || isLeftAtZero(change, state)
        ? { kind: 'ready' }
        : podsReady(change.after.minReplicas, state);
    case 'patch':
      return change.rollout ? podsReplaced(state) : growthOf(change, state);
    case 'create':
      return change.rollout ? podsReplaced(state) : { kind: 'ready' };
    case 'remove':
      return { kind: 'ready' };
    default:
      return unreachable(change);
  }
}

/** An autoscaler starts no pods where there are none: its limits count once somebody else has. KEDA does so itself. */
function isLeftAtZero({ scaledObject }: AutoscalerChange, { workload }: ClusterState): boolean {
  return scaledObject === undefined && workload?.replicas === 0;
}

/** What is written but not in effect yet is waited for like a rollout. */
function inDatabase({ deed }: SqlChange, { answers = [] }: State): Rollout {
  const standing = standingOf(deed, answers);
  switch (standing.kind) {
    case 'reached':
      return { kind: 'ready' };
    case 'under-way':
      return { kind: 'on-its-way', progress: standing.progress };
    case 'unchanged':
      return standing.begun === undefined
        ? { kind: 'failed', because: 'it was written, but then set back to what it was before' }
        : { kind: 'on-its-way', progress: standing.begun };
    case 'drifted':
      return { kind: 'failed', because: `it was written, but then ${standing.because}` };
    default:
      return unreachable(standing);
  }
}

/** Pods of an older template carry load like the others, so a change of their number does not ask for `updated` ones. */
function podsReady(
  wanted: number,
  { workload }: ClusterState,
  { updated = 0 }: { readonly updated?: number } = {},
): Rollout {
  if (workload === undefined) return { kind: 'failed', because: 'the workload is gone' };
  const settled =
    workload.observed && workload.replicas >= wanted && workload.updatedReplicas >= updated;
  if (settled && workload.readyReplicas >= wanted) return { kind: 'ready' };
  const why = workload.notReady.length === 0 ? '' : `: ${workload.notReady.join(', ')}`;
  const progress = `${Math.min(workload.readyReplicas, wanted)} of ${wanted} pods ready${why}`;
  // A rollout that was stuck before the controller saw this change says nothing about it.
  return workload.stuck === undefined || !workload.observed
    ? { kind: 'on-its-way', progress }
    : { kind: 'failed', because: `the rollout is stuck (${workload.stuck}): ${progress}` };
}

/** A new template is in place when every pod has it, no older one is left, and all are ready. */
export function podsReplaced(state: ClusterState): Rollout {
  const wanted = state.workload?.replicas ?? 0;
  const rollout = podsReady(wanted, state, { updated: wanted });
  if (rollout.kind === 'failed' || state.workload === undefined) return rollout;
  const { updatedReplicas, outdatedReplicas = 0 } = state.workload;
  if (rollout.kind === 'ready' && outdatedReplicas === 0) return rollout;
  const replaced = `${Math.min(updatedReplicas, wanted)} of ${wanted} pods replaced`;
  const progress = rollout.kind === 'ready' ? 'the last old pods are ending' : rollout.progress;
  return { kind: 'on-its-way', progress: `${replaced}, ${progress}` };
}

/** Waits for the rollout; what was written stays written whatever comes. `as` is the state stored at the end. */
export async function verifyChange(
  at: ChangeAtHand,
  as: Extract<RunChangeState, 'verified' | 'reached'>,
  parts: Parts,
): Promise<ChangeEnd> {
  const { rolloutMs = limits.rolloutDeadlineMs } = at;
  const deadline = parts.clock.now().getTime() + rolloutMs;
  let told = '';
  for (;;) {
    const rollout = await watch(at, parts);
    if (rollout.kind === 'ready') {
      parts.checkpoint('rollout-seen');
      return (await note(at, as, undefined, parts)) ? { kind: 'done' } : { kind: 'lost' };
    }
    const late = rollout.kind === 'on-its-way' && parts.clock.now().getTime() >= deadline;
    if (rollout.kind === 'failed' || late) {
      const because =
        rollout.kind === 'failed'
          ? rollout.because
          : `not ready after ${rolloutMs / 60_000} minutes: ${rollout.progress}`;
      // What somebody else had written is not ours to take back.
      const failed = as === 'reached' ? 'blocked' : 'failed';
      if (!(await note(at, failed, because, parts))) return { kind: 'lost' };
      return { kind: 'failed', code: 'not-ready', because };
    }
    if (rollout.progress !== told) {
      told = rollout.progress;
      if (!(await tell(at, as === 'reached' ? 'reached' : 'written', told, parts))) {
        return { kind: 'lost' };
      }
    }
    if (at.shutdown.aborted) {
      return {
        kind: 'handed-over',
        because:
          'Headroom was stopped while the rollout was on its way; it looks again and goes on',
      };
    }
    await parts.clock.sleep(limits.rolloutPollMs, at.shutdown);
  }
}

/**
 * Progress as the cluster tells it; that a rollout failed is only believed after asking, because much follows from it. A
 * cluster that does not answer for a while is no failure of the rollout.
 */
export async function watch(
  { change, shutdown }: Pick<ChangeAtHand, 'change' | 'shutdown'>,
  parts: Parts,
): Promise<Rollout> {
  try {
    const told = rolloutOf(change, await followChange(change, parts, shutdown));
    return told.kind === 'failed' ? rolloutOf(change, await observeChange(change, parts)) : told;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { kind: 'on-its-way', progress: error.message };
  }
}
