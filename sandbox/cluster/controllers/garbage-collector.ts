// Takes children along when their owner goes, or lets them stay when the delete said orphan.

import type { DeleteQuery } from '../deletion.ts';
import { deleteObject } from '../deletion.ts';
import type { Json, JsonObject } from '../json.ts';
import { clone, list, nameOf, namespaceOf, object, objects, text, uidOf } from '../json.ts';
import { cronJob, job } from '../resources/batch.ts';
import { pod } from '../resources/core.ts';
import { deployment } from '../resources/deployment.ts';
import { replicaSet } from '../resources/replica-set.ts';
import type { Resource } from '../resources/resource.ts';
import { statefulSet } from '../resources/stateful-set.ts';
import type { ClusterState } from '../state.ts';
import { isLeaving, ownedBy } from './actor.ts';
import { contentKinds } from './namespaces.ts';

const owners: readonly Resource[] = [deployment, replicaSet, statefulSet, cronJob, job];
const children: readonly Resource[] = [replicaSet, job, pod];

const soon: DeleteQuery = {
  dryRun: false,
  propagation: undefined,
  uid: '',
  resourceVersion: '',
  graceSeconds: undefined,
};
const foreground: DeleteQuery = { ...soon, propagation: 'Foreground' };

function removeChild(state: ClusterState, resource: Resource, child: JsonObject): void {
  if (resource === pod) deleteObject(state, pod, child, soon);
  else state.store.remove(resource, namespaceOf(child), nameOf(child));
}

function disown(state: ClusterState, resource: Resource, child: JsonObject, uid: string): void {
  const free = clone(child);
  const metadata = object(free, 'metadata');
  const left = objects(metadata, 'ownerReferences').filter((item) => item['uid'] !== uid);
  if (left.length > 0) metadata['ownerReferences'] = left;
  else delete metadata['ownerReferences'];
  state.store.put(resource, free);
}

function dependants(state: ClusterState, owner: JsonObject): [Resource, JsonObject][] {
  return children.flatMap((resource) =>
    ownedBy(state, resource, owner).map((child): [Resource, JsonObject] => [resource, child]),
  );
}

/** What a deletion waits for that takes children along, or lets them go first. */
const own: readonly Json[] = ['foregroundDeletion', 'orphan'];

function finishLeaving(state: ClusterState, resource: Resource, owner: JsonObject): void {
  const finalizers = list(owner, 'metadata', 'finalizers');
  if (!finalizers.some((item) => own.includes(item))) return;
  const direct = dependants(state, owner);
  if (finalizers.includes('orphan')) {
    for (const [kind, child] of direct) disown(state, kind, child, uidOf(owner));
  } else if (direct.length > 0) {
    for (const [kind, child] of direct) {
      if (!isLeaving(child)) deleteObject(state, kind, child, kind === pod ? soon : foreground);
    }
    return;
  }
  const left = finalizers.filter((item) => !own.includes(item));
  // A pod goes when its containers have ended; what others hold, they let go.
  if (left.length === 0 && resource !== pod) {
    state.store.remove(resource, namespaceOf(owner), nameOf(owner));
    return;
  }
  const free = clone(owner);
  object(free, 'metadata')['finalizers'] = left;
  state.store.put(resource, free);
}

/** One pass: finishes deletions and removes children whose owner is gone. */
export function collectGarbage(state: ClusterState): void {
  const alive = new Set<string>();
  for (const resource of contentKinds(state)) {
    for (const held of state.store.list(resource)) {
      if (isLeaving(held)) finishLeaving(state, resource, held);
    }
  }
  for (const resource of owners) {
    for (const owner of state.store.list(resource)) alive.add(uidOf(owner));
  }
  for (const resource of children) {
    for (const child of state.store.list(resource)) {
      const references = objects(child, 'metadata', 'ownerReferences').filter((item) =>
        owners.some((owner) => owner.kind === item['kind']),
      );
      const orphaned =
        references.length > 0 && references.every((item) => !alive.has(text(item, 'uid')));
      if (orphaned && !isLeaving(child)) removeChild(state, resource, child);
    }
  }
}
