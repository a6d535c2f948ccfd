// Looks at everything a change is compared with: its workload, that one's autoscaler, the object it is about; or its database.

import type { Change, ClusterChange, RemoveChange } from '../change/change.ts';
import type { ClusterState, SeenObject, State } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import type { ObjectRef } from '../change/kinds.ts';
import { scaledObjectRef } from '../change/scaled-object.ts';
import { claimsOf } from '../change/volume-growth.ts';
import { lookOfDeed } from '../database/sql-deed.ts';
import { assert, OperationError } from '../errors.ts';
import type { Parts } from './parts.ts';

type Outside = Pick<Parts, 'clusters' | 'databases'>;

/**
 * As it is now: what a write is decided by, and what became of one. Who else sets requests is only asked where they change.
 * @throws OperationError when the cluster or the database cannot be asked.
 */
export function observeChange(
  change: ClusterChange | RemoveChange,
  parts: Pick<Parts, 'clusters'>,
): Promise<ClusterState>;
export function observeChange(change: Change | RemoveChange, parts: Outside): Promise<State>;
export async function observeChange(
  change: Change | RemoveChange,
  { clusters, databases }: Pick<Parts, 'clusters'> & Partial<Outside>,
): Promise<State> {
  if (change.kind === 'sql') {
    assert(databases !== undefined, 'what is about a database is given the databases');
    const answers = await databases.read(change.database, lookOfDeed(change.deed));
    return { ...nothingOfPods, answers };
  }
  const rollsOut = change.kind === 'patch' && change.rollout;
  const [state, vertical] = await Promise.all([
    isAboutPods(change) ? clusters.observe(change.workload) : nothingOfPods,
    rollsOut ? clusters.vertical(change.workload) : undefined,
  ]);
  return withObject(change, { ...state, ...(vertical && { vertical }) }, clusters);
}

/**
 * As the cluster last told it, for waiting: a rollout takes minutes, and asking all the time would not make it faster.
 * Databases tell nothing by themselves and are asked.
 * @throws OperationError when the cluster or the database must be asked and cannot be.
 */
export async function followChange(
  change: Change | RemoveChange,
  parts: Outside,
  signal: AbortSignal,
): Promise<State> {
  return change.kind === 'sql'
    ? observeChange(change, parts)
    : followInCluster(change, parts, signal);
}

/** The same of what is in a cluster. */
export async function followInCluster(
  change: ClusterChange | RemoveChange,
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
  change: ClusterChange | RemoveChange,
  seen: ClusterState,
  clusters: Parts['clusters'],
): Promise<ClusterState> {
  const ref = objectOf(change);
  if (ref === undefined || seenObjectOf(ref, seen) !== undefined) return seen;
  const object = await clusters.read(ref);
  if (object === undefined) return seen;
  const claims = await readClaims(change, object, clusters);
  return { ...seen, objects: [...seen.objects, object, ...claims] };
}

/** The claims that an operator makes larger: they say when they are. One that we may not read says nothing. */
async function readClaims(
  change: ClusterChange | RemoveChange,
  { value }: SeenObject,
  clusters: Parts['clusters'],
): Promise<readonly SeenObject[]> {
  if (change.kind !== 'patch' || change.object.kind === 'PersistentVolumeClaim') return [];
  const { object } = change;
  const read = claimsOf(change, value).map(async (name) => {
    try {
      return await clusters.read({ ...object, kind: 'PersistentVolumeClaim', name });
    } catch (error) {
      if (error instanceof OperationError && !error.retryable) return undefined;
      throw error;
    }
  });
  return (await Promise.all(read)).filter((claim) => claim !== undefined);
}

/** Of an autoscaler that a ScaledObject makes, that is what is written and compared. */
function objectOf(change: ClusterChange | RemoveChange): ObjectRef | undefined {
  if (change.kind === 'scale') return undefined;
  if (change.kind !== 'autoscaler') return change.object;
  const { workload, scaledObject } = change;
  return scaledObject === undefined ? undefined : scaledObjectRef(workload, scaledObject);
}

const nothingOfPods: ClusterState = { workload: undefined, autoscaler: undefined, objects: [] };

/** Of other objects, such as a ConfigMap, only they themselves are looked at. */
function isAboutPods(change: ClusterChange | RemoveChange): boolean {
  if (change.kind === 'scale' || change.kind === 'autoscaler') return true;
  const { kind } = change.object;
  return (
    (change.kind !== 'remove' && change.rollout) ||
    kind === 'Deployment' ||
    kind === 'StatefulSet' ||
    kind === 'HorizontalPodAutoscaler'
  );
}
