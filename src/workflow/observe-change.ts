// Looks at everything a change is compared with: its workload, that one's autoscaler, and the object it is about.

import type { AutoscalerChange, Change, RemoveChange } from '../change/change.ts';
import type { ClusterState } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import { scaledObjectRef } from '../change/scaled-object.ts';
import type { Parts } from './parts.ts';

/**
 * Who else sets requests is only asked where they change.
 * @throws OperationError when the cluster cannot be asked.
 */
export async function observeChange(
  change: Change | RemoveChange,
  { clusters }: Pick<Parts, 'clusters'>,
): Promise<ClusterState> {
  const { workload } = change;
  if (change.kind === 'scale') return clusters.observe(workload);
  if (change.kind === 'autoscaler') return observeAutoscaler(change, { clusters });
  const rollsOut = change.kind === 'patch' && change.rollout;
  const [state, vertical] = await Promise.all([
    isAboutPods(change) ? clusters.observe(workload) : nothingOfPods,
    rollsOut ? clusters.vertical(workload) : undefined,
  ]);
  const seen = { ...state, ...(vertical && { vertical }) };
  if (seenObjectOf(change.object, seen) !== undefined) return seen;
  const object = await clusters.read(change.object);
  return object === undefined ? seen : { ...seen, objects: [...seen.objects, object] };
}

/** Of one that a ScaledObject makes, that is what is written and compared. */
async function observeAutoscaler(
  { workload, scaledObject }: AutoscalerChange,
  { clusters }: Pick<Parts, 'clusters'>,
): Promise<ClusterState> {
  if (scaledObject === undefined) return clusters.observe(workload);
  const [state, object] = await Promise.all([
    clusters.observe(workload),
    clusters.read(scaledObjectRef(workload, scaledObject)),
  ]);
  return object === undefined ? state : { ...state, objects: [...state.objects, object] };
}

const nothingOfPods: ClusterState = { workload: undefined, autoscaler: undefined, objects: [] };

/** Of other objects, such as a ConfigMap, only they themselves are looked at. */
function isAboutPods(change: Exclude<Change | RemoveChange, { kind: 'scale' | 'autoscaler' }>) {
  const { kind } = change.object;
  return (
    (change.kind !== 'remove' && change.rollout) ||
    kind === 'Deployment' ||
    kind === 'StatefulSet' ||
    kind === 'HorizontalPodAutoscaler'
  );
}
