// The Deployment controller: rolls from the old ReplicaSets to the new one within maxSurge and maxUnavailable.

import type { JsonObject } from '../json.ts';
import { clone, count, equal, nameOf, namespaceOf, object, text } from '../json.ts';
import { deployment } from '../resources/deployment.ts';
import { replicaSet } from '../resources/replica-set.ts';
import type { ClusterState } from '../state.ts';
import {
  change,
  controllerManager,
  isLeaving,
  ownedBy,
  ownerReference,
  tell,
  templateHash,
} from './actor.ts';
import { newReplicaSetCreated, writeDeploymentStatus } from './deployment-status.ts';
import type { Limits } from './rollout-limits.ts';
import { limitsOf } from './rollout-limits.ts';

const revisionKey = 'deployment.kubernetes.io/revision';
const historyKey = 'deployment.kubernetes.io/revision-history';
const desiredKey = 'deployment.kubernetes.io/desired-replicas';
const maxKey = 'deployment.kubernetes.io/max-replicas';
const hashKey = 'pod-template-hash';

const replicasOf = (set: JsonObject) => count(set, ['spec', 'replicas']);
const availableOf = (set: JsonObject) => count(set, ['status', 'availableReplicas']);
const sum = (sets: readonly JsonObject[], size: (set: JsonObject) => number) =>
  sets.reduce((total, set) => total + size(set), 0);
const revisionOf = (set: JsonObject) =>
  Number(object(set, 'metadata', 'annotations')[revisionKey] ?? 0);

function sameTemplate(held: JsonObject, set: JsonObject): boolean {
  const own = clone(object(set, 'spec', 'template'));
  delete object(own, 'metadata', 'labels')[hashKey];
  return equal(own, object(held, 'spec', 'template'));
}

function copiedAnnotations(held: JsonObject): JsonObject {
  const { [revisionKey]: _revision, ...rest } = object(held, 'metadata', 'annotations');
  delete rest['kubectl.kubernetes.io/last-applied-configuration'];
  return rest;
}

function limitAnnotations({ desired, surge }: Limits): JsonObject {
  return { [desiredKey]: String(desired), [maxKey]: String(desired + surge) };
}

function createSet(state: ClusterState, held: JsonObject, old: readonly JsonObject[]): JsonObject {
  const limits = limitsOf(held);
  const template = clone(object(held, 'spec', 'template'));
  const hash = templateHash(template);
  const labels = { ...object(template, 'metadata', 'labels'), [hashKey]: hash };
  object(template, 'metadata')['labels'] = labels;
  const selector = clone(object(held, 'spec', 'selector'));
  selector['matchLabels'] = { ...object(selector, 'matchLabels'), [hashKey]: hash };
  const room = limits.desired + limits.surge - sum(old, replicasOf);
  const recreate = text(held, 'spec', 'strategy', 'type') === 'Recreate';
  const replicas = recreate ? limits.desired : Math.max(0, Math.min(room, limits.desired));
  const revision = String(Math.max(0, ...old.map(revisionOf)) + 1);
  const minReady = count(held, ['spec', 'minReadySeconds']);
  const made = state.writer.create(
    replicaSet,
    namespaceOf(held),
    {
      metadata: {
        name: `${nameOf(held)}-${hash}`,
        labels,
        annotations: {
          ...copiedAnnotations(held),
          ...limitAnnotations(limits),
          [revisionKey]: revision,
        },
        ownerReferences: [ownerReference(deployment, held)],
      },
      spec: {
        replicas,
        ...(minReady > 0 ? { minReadySeconds: minReady } : {}),
        selector,
        template,
      },
    },
    { manager: controllerManager },
  );
  if (replicas > 0) tellScaling(state, held, made, 0, replicas);
  newReplicaSetCreated(state, noteRevision(state, held, revision), nameOf(made));
  return made;
}

function noteRevision(state: ClusterState, held: JsonObject, revision: string): JsonObject {
  const current = object(held, 'metadata', 'annotations')[revisionKey];
  if (current === revision) return held;
  const stored = state.store.get(deployment, namespaceOf(held), nameOf(held)) ?? held;
  const copy = clone(stored);
  const metadata = object(copy, 'metadata');
  metadata['annotations'] = { ...object(metadata, 'annotations'), [revisionKey]: revision };
  return state.writer.update(deployment, stored, copy, {
    manager: controllerManager,
    subresource: 'status',
  });
}

function tellScaling(
  state: ClusterState,
  held: JsonObject,
  set: JsonObject,
  from: number,
  to: number,
): void {
  tell(state, deployment, held, {
    type: 'Normal',
    reason: 'ScalingReplicaSet',
    message: `Scaled ${to > from ? 'up' : 'down'} replica set ${nameOf(set)} from ${from} to ${to}`,
    component: 'deployment-controller',
  });
}

function resize(state: ClusterState, held: JsonObject, set: JsonObject, replicas: number): void {
  const from = replicasOf(set);
  const annotations = limitAnnotations(limitsOf(held));
  change(state, replicaSet, set, (copy) => {
    object(copy, 'spec')['replicas'] = replicas;
    const metadata = object(copy, 'metadata');
    metadata['annotations'] = { ...object(metadata, 'annotations'), ...annotations };
  });
  if (from !== replicas) tellScaling(state, held, set, from, replicas);
}

/** An old template came back: its ReplicaSet becomes the newest revision. */
function adopt(
  state: ClusterState,
  held: JsonObject,
  set: JsonObject,
  old: readonly JsonObject[],
): void {
  const own = revisionOf(set);
  const newest = Math.max(0, ...old.map(revisionOf)) + 1;
  const revision = Math.max(own, newest);
  const wished = { ...copiedAnnotations(held), ...limitAnnotations(limitsOf(held)) };
  change(state, replicaSet, set, (copy) => {
    const metadata = object(copy, 'metadata');
    const annotations = { ...object(metadata, 'annotations'), ...wished };
    if (revision > own) {
      annotations[revisionKey] = String(revision);
      const history = text(annotations, historyKey);
      annotations[historyKey] = history === '' ? String(own) : `${history},${own}`;
    }
    metadata['annotations'] = annotations;
  });
  noteRevision(state, held, String(revision));
}

function shrinkOld(
  state: ClusterState,
  held: JsonObject,
  fresh: JsonObject,
  old: readonly JsonObject[],
): void {
  const limits = limitsOf(held);
  const all = [...old, fresh];
  const floor = limits.desired - limits.unavailable;
  const missing = replicasOf(fresh) - availableOf(fresh);
  let room = sum(all, replicasOf) - floor - missing;
  for (const set of old) {
    const broken = replicasOf(set) - availableOf(set);
    const fewer = Math.min(room, broken);
    if (fewer > 0) {
      resize(state, held, set, replicasOf(set) - fewer);
      room -= fewer;
    }
  }
  let spare = Math.min(room, sum(all, availableOf) - floor);
  for (const set of old) {
    const now = state.store.get(replicaSet, namespaceOf(set), nameOf(set)) ?? set;
    const fewer = Math.min(spare, replicasOf(now));
    if (fewer > 0) {
      resize(state, held, now, replicasOf(now) - fewer);
      spare -= fewer;
    }
  }
}

function growNew(
  state: ClusterState,
  held: JsonObject,
  fresh: JsonObject,
  old: readonly JsonObject[],
): boolean {
  const { desired, surge } = limitsOf(held);
  const own = replicasOf(fresh);
  if (own > desired) {
    resize(state, held, fresh, desired);
    return true;
  }
  const room = desired + surge - sum([...old, fresh], replicasOf);
  const more = Math.min(room, desired - own);
  if (more <= 0) return false;
  resize(state, held, fresh, own + more);
  return true;
}

function dropOldest(state: ClusterState, held: JsonObject, old: readonly JsonObject[]): void {
  const keep = count(held, ['spec', 'revisionHistoryLimit'], 10);
  const idle = old
    .filter((set) => replicasOf(set) === 0 && count(set, ['status', 'replicas']) === 0)
    .toSorted((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of idle.slice(0, Math.max(0, idle.length - keep))) {
    state.store.remove(replicaSet, namespaceOf(set), nameOf(set));
  }
}

function roll(
  state: ClusterState,
  held: JsonObject,
  fresh: JsonObject,
  old: readonly JsonObject[],
): void {
  const active = old.filter((set) => replicasOf(set) > 0);
  if (text(held, 'spec', 'strategy', 'type') === 'Recreate' && active.length > 0) {
    for (const set of active) resize(state, held, set, 0);
    return;
  }
  if (growNew(state, held, fresh, active)) return;
  if (active.length > 0) shrinkOld(state, held, fresh, active);
}

/** One pass over one Deployment. */
export function syncDeployment(state: ClusterState, held: JsonObject): void {
  const sets = ownedBy(state, replicaSet, held);
  const fresh = sets.find((set) => sameTemplate(held, set));
  const old = sets.filter((set) => set !== fresh);
  if (isLeaving(held)) {
    writeDeploymentStatus(state, held, fresh, old);
    return;
  }
  const paused = object(held, 'spec')['paused'] === true;
  if (fresh === undefined && !paused) {
    const waits =
      text(held, 'spec', 'strategy', 'type') === 'Recreate' &&
      old.some((set) => replicasOf(set) > 0 || count(set, ['status', 'replicas']) > 0);
    if (waits) for (const set of old) if (replicasOf(set) > 0) resize(state, held, set, 0);
    if (!waits) createSet(state, held, old);
    if (waits) writeDeploymentStatus(state, held, undefined, old);
    return;
  }
  if (fresh !== undefined && !paused) {
    adopt(state, held, fresh, old);
    const now = state.store.get(replicaSet, namespaceOf(fresh), nameOf(fresh)) ?? fresh;
    roll(state, held, now, old);
    dropOldest(state, held, old);
  } else {
    const newest = sets.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
    const { desired } = limitsOf(held);
    const total = sum(sets, replicasOf);
    if (newest !== undefined && total !== desired) {
      resize(state, held, newest, Math.max(0, replicasOf(newest) + desired - total));
    }
  }
  // The status shows what the controller saw before it acted, as the real one does.
  writeDeploymentStatus(state, held, fresh, old);
}
