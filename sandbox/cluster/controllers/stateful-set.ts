// The StatefulSet controller: one ordinal after another, up and down, and updates from the highest one.

import { createPod } from '../create-pod.ts';
import type { JsonObject } from '../json.ts';
import { clone, count, nameOf, namespaceOf, object, text } from '../json.ts';
import { pod } from '../resources/core.ts';
import { statefulSet } from '../resources/stateful-set.ts';
import type { ClusterState } from '../state.ts';
import { ApiError } from '../status.ts';
import {
  controllerManager,
  isAvailable,
  isLeaving,
  isReady,
  ownedBy,
  podFromTemplate,
  tell,
  tellOnce,
  templateHash,
  writeStatus,
} from './actor.ts';
import { removePod } from './replica-set.ts';
import { claimVolumes } from './set-claims.ts';

const component = 'statefulset-controller';
const revisionLabel = 'controller-revision-hash';

const ordinalOf = (held: JsonObject) => Number(nameOf(held).split('-').at(-1));
const revisionOf = (held: JsonObject) => text(held, 'metadata', 'labels', revisionLabel);

function say(state: ClusterState, set: JsonObject, verb: 'Create' | 'Delete', name: string): void {
  tell(state, statefulSet, set, {
    type: 'Normal',
    reason: `Successful${verb}`,
    message: `${verb} Pod ${name} in StatefulSet ${nameOf(set)} successful`,
    component,
  });
}

function createOne(state: ClusterState, set: JsonObject, ordinal: number, revision: string): void {
  const body = podFromTemplate(object(set, 'spec', 'template'), {
    resource: statefulSet,
    object: set,
  });
  const name = `${nameOf(set)}-${ordinal}`;
  const metadata = object(body, 'metadata');
  metadata['name'] = name;
  metadata['generateName'] = `${nameOf(set)}-`;
  metadata['labels'] = {
    ...object(metadata, 'labels'),
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionLabel]: revision,
    'statefulset.kubernetes.io/pod-name': name,
  };
  const spec = object(body, 'spec');
  spec['hostname'] = name;
  const service = text(set, 'spec', 'serviceName');
  if (service !== '') spec['subdomain'] = service;
  claimVolumes(state, set, ordinal, spec);
  try {
    createPod(state, namespaceOf(set), body, { manager: controllerManager });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 403) throw error;
    tellOnce(state, statefulSet, set, {
      type: 'Warning',
      reason: 'FailedCreate',
      message: `create Pod ${name} in StatefulSet ${nameOf(set)} failed error: ${error.message}`,
      component,
    });
    return;
  }
  say(state, set, 'Create', name);
}

/** What a pass looks at. */
interface View {
  readonly pods: readonly JsonObject[];
  readonly wished: number;
  readonly parallel: boolean;
  readonly current: string;
  readonly update: string;
}

function viewOf(state: ClusterState, set: JsonObject): View {
  const update = `${nameOf(set)}-${templateHash(object(set, 'spec', 'template'))}`;
  const current = text(set, 'status', 'currentRevision') || update;
  return {
    pods: ownedBy(state, pod, set).toSorted((a, b) => ordinalOf(a) - ordinalOf(b)),
    wished: count(set, ['spec', 'replicas'], 1),
    parallel: text(set, 'spec', 'podManagementPolicy') === 'Parallel',
    current,
    update,
  };
}

/** Grows or shrinks. Returns whether the set has the right pods and all of them serve. */
function resize(state: ClusterState, set: JsonObject, view: View): boolean {
  const minReady = count(set, ['spec', 'minReadySeconds']);
  const partition = count(set, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']);
  const serves = (held: JsonObject) => isAvailable(held, minReady, state.clock.now());
  for (let ordinal = 0; ordinal < view.wished; ordinal += 1) {
    const held = view.pods.find((item) => ordinalOf(item) === ordinal);
    if (held === undefined) {
      createOne(state, set, ordinal, ordinal < partition ? view.current : view.update);
      if (!view.parallel) return false;
    } else if (!view.parallel && (isLeaving(held) || !serves(held))) return false;
  }
  const extra = view.pods.filter((item) => ordinalOf(item) >= view.wished).toReversed();
  for (const held of extra) {
    if (isLeaving(held)) {
      if (view.parallel) continue;
      return false;
    }
    removePod(state, held);
    say(state, set, 'Delete', nameOf(held));
    if (!view.parallel) return false;
  }
  return extra.length === 0 && view.pods.length === view.wished && view.pods.every(serves);
}

function replaceOne(state: ClusterState, set: JsonObject, view: View): void {
  if (text(set, 'spec', 'updateStrategy', 'type') !== 'RollingUpdate') return;
  const partition = count(set, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']);
  const outdated = view.pods
    .toReversed()
    .find((item) => ordinalOf(item) >= partition && revisionOf(item) !== view.update);
  if (outdated === undefined || isLeaving(outdated)) return;
  removePod(state, outdated);
  say(state, set, 'Delete', nameOf(outdated));
}

function writeCounts(state: ClusterState, set: JsonObject, view: View): void {
  const pods = ownedBy(state, pod, set).filter((item) => !isLeaving(item));
  const minReady = count(set, ['spec', 'minReadySeconds']);
  const ready = pods.filter(isReady).length;
  const available = pods.filter((item) => isAvailable(item, minReady, state.clock.now())).length;
  const updated = pods.filter((item) => revisionOf(item) === view.update).length;
  const done = updated === pods.length && pods.length === view.wished && ready === view.wished;
  const current = done ? view.update : view.current;
  const ofCurrent = pods.filter((item) => revisionOf(item) === current).length;
  const some = (key: string, value: number) => (value === 0 ? {} : { [key]: value });
  writeStatus(state, statefulSet, set, {
    observedGeneration: count(set, ['metadata', 'generation']),
    replicas: pods.length,
    ...some('readyReplicas', ready),
    ...some('currentReplicas', ofCurrent),
    ...some('updatedReplicas', updated),
    currentRevision: current,
    updateRevision: view.update,
    collisionCount: 0,
    availableReplicas: available,
  });
}

/** One pass over one StatefulSet. */
export function syncStatefulSet(state: ClusterState, set: JsonObject): void {
  if (isLeaving(set)) return;
  const view = viewOf(state, clone(set));
  const settled = resize(state, set, view);
  if (settled) replaceOne(state, set, view);
  writeCounts(state, set, view);
}
