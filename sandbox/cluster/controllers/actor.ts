// What controllers share: reading, writing as kube-controller-manager, owning and telling events.
import { createHash } from 'node:crypto';
import { microTimestamp, timestamp } from '../clock.ts';
import type { JsonObject } from '../json.ts';
import {
  clone,
  equal,
  nameOf,
  namespaceOf,
  object,
  objects,
  sortedText,
  text,
  uidOf,
} from '../json.ts';
import { event } from '../resources/core.ts';
import type { Resource } from '../resources/resource.ts';
import { apiVersionOf } from '../resources/resource.ts';
import type { ClusterState } from '../state.ts';

export const controllerManager = 'kube-controller-manager';
const hashAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A short stable name for a pod template, as ReplicaSets carry in theirs. */
export function templateHash(template: JsonObject): string {
  const digest = createHash('sha256').update(sortedText(template)).digest();
  return [...digest.subarray(0, 10)].map((byte) => hashAlphabet[byte % 27]).join('');
}

/** Children of a kind whose controller is the owner. */
export function ownedBy(state: ClusterState, resource: Resource, owner: JsonObject): JsonObject[] {
  const uid = uidOf(owner);
  return state.store
    .list(resource, namespaceOf(owner))
    .filter((item) =>
      objects(item, 'metadata', 'ownerReferences').some((reference) => reference['uid'] === uid),
    );
}

/** The reference a child keeps to its controller. */
export const ownerReference = (resource: Resource, owner: JsonObject): JsonObject => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  name: nameOf(owner),
  uid: uidOf(owner),
  controller: true,
  blockOwnerDeletion: true,
});

/** Writes `status` when it differs. Returns the stored object. */
export function writeStatus(
  state: ClusterState,
  resource: Resource,
  held: JsonObject,
  status: JsonObject,
  manager = controllerManager,
): JsonObject {
  const current = state.store.get(resource, namespaceOf(held), nameOf(held));
  if (current === undefined || equal(current['status'], status)) return current ?? held;
  return state.writer.update(
    resource,
    current,
    { ...clone(current), status },
    {
      manager,
      subresource: 'status',
    },
  );
}

/** Changes an object through a copy. Returns the stored object. */
export function change(
  state: ClusterState,
  resource: Resource,
  held: JsonObject,
  edit: (copy: JsonObject) => void,
): JsonObject {
  const current = state.store.get(resource, namespaceOf(held), nameOf(held)) ?? held;
  const copy = clone(current);
  edit(copy);
  // Controllers go through everything at every pass, mostly to find it as it should be.
  if (equal(copy, current)) return current;
  return state.writer.update(resource, current, copy, { manager: controllerManager });
}

/** Something to tell people about an object. */
export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  readonly host?: string;
}

let eventNumber = 0;

/** Records an event; the same one again raises its count. */
export function tell(
  state: ClusterState,
  resource: Resource,
  about: JsonObject,
  notice: Notice,
): void {
  const namespace = namespaceOf(about) === '' ? 'default' : namespaceOf(about);
  const now = state.clock.now();
  const same = state.store
    .list(event, namespace)
    .find(
      (item) =>
        text(item, 'involvedObject', 'uid') === uidOf(about) &&
        item['reason'] === notice.reason &&
        item['message'] === notice.message,
    );
  if (same !== undefined) {
    const next = clone(same);
    next['count'] = Number(same['count'] ?? 1) + 1;
    if (next['lastTimestamp'] !== null) next['lastTimestamp'] = timestamp(now);
    state.store.put(event, next);
    return;
  }
  eventNumber += 1;
  const scheduler = notice.component === 'default-scheduler';
  const host = notice.host === undefined ? {} : { host: notice.host };
  const body: JsonObject = {
    metadata: { name: `${nameOf(about)}.${(now.getTime() * 1000 + eventNumber).toString(16)}` },
    involvedObject: {
      kind: resource.kind,
      namespace: namespaceOf(about),
      name: nameOf(about),
      uid: uidOf(about),
      apiVersion: apiVersionOf(resource),
      resourceVersion: text(about, 'metadata', 'resourceVersion'),
    },
    reason: notice.reason,
    message: notice.message,
    source: scheduler ? {} : { component: notice.component, ...host },
    firstTimestamp: scheduler ? null : timestamp(now),
    lastTimestamp: scheduler ? null : timestamp(now),
    ...(scheduler ? { action: 'Scheduling' } : { count: 1 }),
    type: notice.type,
    eventTime: scheduler ? microTimestamp(now) : null,
    reportingComponent: notice.component,
    reportingInstance: scheduler ? 'default-scheduler-sandbox' : (notice.host ?? ''),
  };
  state.writer.create(event, namespace, body, { manager: notice.component });
}

/** Records an event unless the same one is recorded already, for what is tried at every pass. */
export function tellOnce(
  state: ClusterState,
  resource: Resource,
  about: JsonObject,
  notice: Notice,
): void {
  const isTold = state.store
    .list(event, namespaceOf(about))
    .some(
      (item) =>
        text(item, 'involvedObject', 'uid') === uidOf(about) && item['message'] === notice.message,
    );
  if (!isTold) tell(state, resource, about, notice);
}

/** True for pods that serve: their Ready condition holds. */
export function isReady(pod: JsonObject): boolean {
  return objects(pod, 'status', 'conditions').some(
    (item) => item['type'] === 'Ready' && item['status'] === 'True',
  );
}

/** True when a pod has been ready for the given seconds. */
export function isAvailable(pod: JsonObject, minReadySeconds: number, now: Date): boolean {
  const ready = objects(pod, 'status', 'conditions').find((item) => item['type'] === 'Ready');
  if (ready?.['status'] !== 'True') return false;
  const since = Date.parse(text(ready, 'lastTransitionTime'));
  return minReadySeconds === 0 || now.getTime() - since >= minReadySeconds * 1000;
}

/** True for objects on their way out. */
export const isLeaving = (held: JsonObject): boolean =>
  text(held, 'metadata', 'deletionTimestamp') !== '';

/** A pod made from a template. */
export function podFromTemplate(
  template: JsonObject,
  owner: { readonly resource: Resource; readonly object: JsonObject },
): JsonObject {
  const spec = clone(object(template, 'spec'));
  return {
    metadata: {
      ...clone(object(template, 'metadata')),
      ownerReferences: [ownerReference(owner.resource, owner.object)],
    },
    spec,
  };
}
