// How objects go away: at once, after their children, without their children, or after a grace period.
import { timestamp } from './clock.ts';
import type { Json, JsonObject } from './json.ts';
import { clone, isObject, list, nameOf, namespaceOf, object, text, uidOf } from './json.ts';
import type { Admit } from './pending-write.ts';
import { isFinished } from './pod-amounts.ts';
import { namespace as namespaceResource } from './resources/core.ts';
import { definition } from './resources/definition.ts';
import type { Resource } from './resources/resource.ts';
import { byPlural } from './resources/resource.ts';
import type { ClusterState } from './state.ts';
import { badRequest, conflict, detailsOf, failure, invalid, notSupported } from './status.ts';

/** Who happens to the children of a deleted object. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** What a DELETE asks for. */
export interface DeleteQuery {
  readonly dryRun: boolean;
  readonly propagation: Propagation | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly graceSeconds: number | undefined;
  /** Judges the deletion; without it (controllers, the control) everything goes. */
  readonly admit?: Admit;
}

const propagations = ['Foreground', 'Background', 'Orphan'] as const;

/** Reads delete options from query and body; the body may hold preconditions. */
export function parseDeleteQuery(query: URLSearchParams, body: string): DeleteQuery {
  let options: JsonObject = {};
  if (body.trim() !== '') {
    let parsed: Json;
    try {
      parsed = JSON.parse(body);
    } catch {
      throw badRequest('error decoding delete options');
    }
    if (isObject(parsed)) options = parsed;
  }
  return deleteQueryOf(options, query);
}

/** Delete options; those of a query go before. Throws 422 for an unknown policy. */
export function deleteQueryOf(options: JsonObject, query = new URLSearchParams()): DeleteQuery {
  const asked = query.get('propagationPolicy') ?? text(options, 'propagationPolicy');
  const propagation = propagations.find((item) => item === asked);
  if (asked !== '' && propagation === undefined) {
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions', name: '' }, [
      notSupported('propagationPolicy', asked, [...propagations, 'nil']),
    ]);
  }
  const grace = query.get('gracePeriodSeconds') ?? options['gracePeriodSeconds'];
  return {
    dryRun: query.has('dryRun') || list(options, 'dryRun').length > 0,
    propagation,
    uid: text(options, 'preconditions', 'uid'),
    resourceVersion: text(options, 'preconditions', 'resourceVersion'),
    graceSeconds: grace === undefined || grace === null ? undefined : Number(grace),
  };
}

function checkPreconditions(resource: Resource, current: JsonObject, query: DeleteQuery): void {
  const subject = { group: resource.group, kind: resource.kind, name: nameOf(current) };
  const { uid, resourceVersion } = query;
  if (uid !== '' && uid !== uidOf(current)) {
    throw conflict(
      subject,
      `the UID in the precondition (${uid}) does not match the UID in record (${uidOf(current)}). The object might have been deleted and then recreated`,
    );
  }
  const version = text(current, 'metadata', 'resourceVersion');
  if (resourceVersion !== '' && resourceVersion !== version) {
    throw conflict(
      subject,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`,
    );
  }
}

function marked(
  current: JsonObject,
  at: Date,
  graceSeconds: number,
  finalizer?: string,
): JsonObject {
  const next = clone(current);
  const metadata = object(next, 'metadata');
  metadata['deletionTimestamp'] = timestamp(new Date(at.getTime() + graceSeconds * 1000));
  metadata['deletionGracePeriodSeconds'] = graceSeconds;
  if (finalizer !== undefined) {
    metadata['finalizers'] = [...list(metadata, 'finalizers'), finalizer];
  }
  if (typeof metadata['generation'] === 'number') metadata['generation'] += 1;
  return next;
}

/** A definition stays until its objects are gone; it says so at once. */
function leavingDefinition(current: JsonObject, at: Date): JsonObject {
  const next = clone(current);
  const metadata = object(next, 'metadata');
  const now = timestamp(at);
  metadata['deletionTimestamp'] = now;
  metadata['finalizers'] = [
    ...list(metadata, 'finalizers'),
    'customresourcecleanup.apiextensions.k8s.io',
  ];
  object(next, 'status')['conditions'] = [
    ...list(next, 'status', 'conditions'),
    {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: now,
      reason: 'InstanceDeletionPending',
      message:
        'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    },
  ];
  return next;
}

const permanentNamespaces = ['default', 'kube-system', 'kube-public'];

/** A namespace stays until its content is gone; nothing new comes in meanwhile. */
function leavingNamespace(current: JsonObject, at: Date): JsonObject {
  const name = nameOf(current);
  if (permanentNamespaces.includes(name)) {
    throw failure(
      403,
      'Forbidden',
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      { name, kind: 'namespaces' },
    );
  }
  const next = clone(current);
  object(next, 'metadata')['deletionTimestamp'] = timestamp(at);
  object(next, 'status')['phase'] = 'Terminating';
  return next;
}

const doneStatus = (resource: Resource, gone: JsonObject): JsonObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: detailsOf(byPlural(resource, nameOf(gone)), { uid: uidOf(gone) }),
});

/** Deletes an object and answers as the server does: a Status, or the object when it stays for a while. */
export function deleteObject(
  state: ClusterState,
  resource: Resource,
  current: JsonObject,
  query: DeleteQuery,
): JsonObject {
  checkPreconditions(resource, current, query);
  query.admit?.({
    operation: 'DELETE',
    resource,
    subresource: '',
    namespace: namespaceOf(current),
    name: nameOf(current),
    next: undefined,
    old: current,
    dryRun: query.dryRun,
  });
  const now = state.clock.now();
  const already = text(current, 'metadata', 'deletionTimestamp') !== '';
  const finalizer = { Foreground: 'foregroundDeletion', Orphan: 'orphan', Background: undefined }[
    query.propagation ?? (resource.orphansChildren === true ? 'Orphan' : 'Background')
  ];
  const isPod = resource.plural === 'pods';
  const grace = isPod && text(current, 'spec', 'nodeName') !== '' && !isFinished(current);
  const seconds = grace
    ? (query.graceSeconds ?? Number(object(current, 'spec')['terminationGracePeriodSeconds'] ?? 30))
    : 0;
  if (already) return current;
  if (resource === definition) {
    const next = leavingDefinition(current, now);
    return query.dryRun ? next : state.store.put(resource, next);
  }
  if (resource === namespaceResource) {
    const next = leavingNamespace(current, now);
    return query.dryRun ? next : state.store.put(resource, next);
  }
  if (
    finalizer !== undefined ||
    (grace && seconds > 0) ||
    list(current, 'metadata', 'finalizers').length > 0
  ) {
    const next = marked(current, now, seconds, finalizer);
    return query.dryRun ? next : state.store.put(resource, next);
  }
  const gone = query.dryRun
    ? current
    : (state.store.remove(resource, namespaceOf(current), nameOf(current)) ?? current);
  if (resource.deleteAnswers === 'status') return doneStatus(resource, current);
  return isPod ? marked(gone, now, 0) : current;
}
