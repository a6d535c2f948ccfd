// The ReplicaSet controller: keeps the wished number of pods and counts them.

import { timestamp } from '../clock.ts';
import { createPod } from '../create-pod.ts';
import { deleteObject } from '../deletion.ts';
import type { Json, JsonObject } from '../json.ts';
import { count, nameOf, namespaceOf, object, objects, text } from '../json.ts';
import { pod } from '../resources/core.ts';
import { deployment } from '../resources/deployment.ts';
import { replicaSet } from '../resources/replica-set.ts';
import type { ClusterState } from '../state.ts';
import { workloadKey } from '../state.ts';
import { ApiError } from '../status.ts';
import {
  controllerManager,
  isAvailable,
  isLeaving,
  isReady,
  ownedBy,
  podFromTemplate,
  tell,
  writeStatus,
} from './actor.ts';

const component = 'replicaset-controller';
const now = (state: ClusterState) => timestamp(state.clock.now());
const background = {
  dryRun: false,
  propagation: undefined,
  uid: '',
  resourceVersion: '',
  graceSeconds: undefined,
} as const;

/** Deletes a pod with its grace period. */
export function removePod(state: ClusterState, held: JsonObject): void {
  deleteObject(state, pod, held, background);
}

/** The name of the Deployment behind a ReplicaSet, or its own name. */
function workloadOf(set: JsonObject): string {
  const owner = objects(set, 'metadata', 'ownerReferences').find(
    (item) => item['kind'] === deployment.kind,
  );
  return owner === undefined ? nameOf(set) : text(owner, 'name');
}

/** The order in which pods are given up: those that do not serve first, then the youngest. */
function givenUpFirst(a: JsonObject, b: JsonObject): number {
  const rank = (held: JsonObject) => (isReady(held) ? 1 : 0);
  const byReady = rank(a) - rank(b);
  if (byReady !== 0) return byReady;
  return (
    Number(text(b, 'metadata', 'resourceVersion')) - Number(text(a, 'metadata', 'resourceVersion'))
  );
}

/** The same refusal names another pod each time. */
const withoutPodName = (message: string) => message.replace(/^pods "[^"]*"/, 'pods');

/** Remembers why a pod could not be made, and says so once: whoever tries again meets the same wall. */
function refused(state: ClusterState, set: JsonObject, message: string): JsonObject {
  const [known] = objects(set, 'status', 'conditions');
  if (withoutPodName(text(known, 'message')) === withoutPodName(message)) return known ?? {};
  tell(state, replicaSet, set, {
    type: 'Warning',
    reason: 'FailedCreate',
    message: `Error creating: ${message}`,
    component,
  });
  return { reason: 'FailedCreate', message };
}

/** Makes a pod past admission; answers why it was refused, where it was. */
function createOne(
  state: ClusterState,
  set: JsonObject,
  body: JsonObject,
): { readonly made: JsonObject } | { readonly failed: JsonObject } {
  try {
    return { made: createPod(state, namespaceOf(set), body, { manager: controllerManager }) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 403) throw error;
    return { failed: refused(state, set, error.message) };
  }
}

function createPods(state: ClusterState, set: JsonObject, missing: number): JsonObject | undefined {
  const namespace = namespaceOf(set);
  for (let made = 0; made < missing; made += 1) {
    const body = podFromTemplate(object(set, 'spec', 'template'), {
      resource: replicaSet,
      object: set,
    });
    object(body, 'metadata')['generateName'] = `${nameOf(set)}-`;
    if (state.podFailures.get(workloadKey(namespace, workloadOf(set))) === 'Quota') {
      const requests = objects(set, 'spec', 'template', 'spec', 'containers')
        .map((item) => text(item, 'resources', 'requests', 'cpu'))
        .join('+');
      const message = `pods "${nameOf(set)}-xxxxx" is forbidden: exceeded quota: sandbox-quota, requested: requests.cpu=${requests}, used: requests.cpu=8, limited: requests.cpu=8`;
      return refused(state, set, message);
    }
    const created = createOne(state, set, body);
    if ('failed' in created) return created.failed;
    tell(state, replicaSet, set, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${nameOf(created.made)}`,
      component,
    });
  }
  return undefined;
}

function failureCondition(
  state: ClusterState,
  set: JsonObject,
  failed: JsonObject | undefined,
): Json[] {
  if (failed === undefined) return [];
  const [existing] = objects(set, 'status', 'conditions');
  return [
    {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: text(existing, 'lastTransitionTime') || now(state),
      reason: text(failed, 'reason'),
      message: text(failed, 'message'),
    },
  ];
}

/** One pass over one ReplicaSet. */
export function syncReplicaSet(state: ClusterState, set: JsonObject): void {
  const owned = ownedBy(state, pod, set);
  if (isLeaving(set)) {
    writeStatus(state, replicaSet, set, countPods(state, set, owned, []));
    return;
  }
  const active = owned.filter((item) => !isLeaving(item));
  const wished = count(set, ['spec', 'replicas'], 1);
  let failed: JsonObject | undefined;
  if (active.length < wished) failed = createPods(state, set, wished - active.length);
  for (const extra of active.toSorted(givenUpFirst).slice(0, Math.max(0, active.length - wished))) {
    removePod(state, extra);
    tell(state, replicaSet, set, {
      type: 'Normal',
      reason: 'SuccessfulDelete',
      message: `Deleted pod: ${nameOf(extra)}`,
      component,
    });
  }
  const conditions = failureCondition(state, set, failed);
  writeStatus(state, replicaSet, set, countPods(state, set, owned, conditions));
}

function countPods(
  state: ClusterState,
  set: JsonObject,
  before: readonly JsonObject[],
  conditions: Json[],
): JsonObject {
  const pods = ownedBy(state, pod, set);
  const active = pods.filter((item) => !isLeaving(item));
  const minReady = count(set, ['spec', 'minReadySeconds']);
  const ready = active.filter(isReady).length;
  const available = active.filter((item) => isAvailable(item, minReady, state.clock.now())).length;
  const terminating = pods.length - active.length;
  const counted = before.length === 0 && active.length > 0 ? 0 : active.length;
  return {
    replicas: counted,
    ...(counted > 0 ? { fullyLabeledReplicas: counted } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    terminatingReplicas: terminating,
    observedGeneration: count(set, ['metadata', 'generation']),
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}
