// Looks at everything a change is compared with: its workload, that one's autoscaler, and the object it is about.

import type { Change, RemoveChange } from '../change/change.ts';
import type { ClusterState } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import type { ObjectRef } from '../change/kinds.ts';
import { scaledObjectRef } from '../change/scaled-object.ts';
import type { Parts } from './parts.ts';

/**
 * As it is now: what a write is decided by, and what became of one. Who else sets requests is only asked where they change.
 * @throws OperationError when the cluster cannot be asked.
 */
export async function observeChange(
  change: Change | RemoveChange,
  { clusters }: Pick<Parts, 'clusters'>,
): Promise<ClusterState> {
  const rollsOut = change.kind === 'patch' && change.rollout;
  const [state, vertical] = await Promise.all([
    isAboutPods(change) ? clusters.observe(change.workload) : nothingOfPods,
    rollsOut ? clusters.vertical(change.workload) : undefined,
  ]);
  return withObject(change, { ...state, ...(vertical && { vertical }) }, clusters);
}

/**
 * As the cluster last told it, for waiting: a rollout takes minutes, and asking all the time would not make it faster.
 * @throws OperationError when the cluster must be asked and cannot be.
 */
export async function followChange(
  change: Change | RemoveChange,
  { clusters }: Pick<Parts, 'clusters'>,
  signal: AbortSignal,
): Promise<ClusterState> {
  const state = isAboutPods(change)
    ? await clusters.follow(change.workload, signal)
    : nothingOfPods;
  return withObject(change, state, clusters);
}

/** The workload and its autoscaler are there already; of anything else the object itself is read. */
async function withObject(
  change: Change | RemoveChange,
  seen: ClusterState,
  clusters: Parts['clusters'],
): Promise<ClusterState> {
  const ref = objectOf(change);
  if (ref === undefined || seenObjectOf(ref, seen) !== undefined) return seen;
  const object = await clusters.read(ref);
  return object === undefined ? seen : { ...seen, objects: [...seen.objects, object] };
}

/** Of an autoscaler that a ScaledObject makes, that is what is written and compared. */
function objectOf(change: Change | RemoveChange): ObjectRef | undefined {
  if (change.kind === 'scale') return undefined;
  if (change.kind !== 'autoscaler') return change.object;
  const { workload, scaledObject } = change;
  return scaledObject === undefined ? undefined : scaledObjectRef(workload, scaledObject);
}

const nothingOfPods: ClusterState = { workload: undefined, autoscaler: undefined, objects: [] };

/** Of other objects, such as a ConfigMap, only they themselves are looked at. */
function isAboutPods(change: Change | RemoveChange): boolean {
  if (change.kind === 'scale' || change.kind === 'autoscaler') return true;
  const { kind } = change.object;
  return (
    (change.kind !== 'remove' && change.rollout) ||
    kind === 'Deployment' ||
    kind === 'StatefulSet' ||
    kind === 'HorizontalPodAutoscaler'
  );
}
