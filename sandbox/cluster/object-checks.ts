// What every verb on a single object checks first: that it is there, and that path and body mean the same one.

import { asVersion } from './custom/kinds.ts';
import type { JsonObject } from './json.ts';
import { text } from './json.ts';
import type { Target } from './request.ts';
import { namespace as namespaceResource } from './resources/core.ts';
import { byPlural } from './resources/resource.ts';
import type { ClusterState } from './state.ts';
import { badRequest, detailsOf, failure, notFound } from './status.ts';

/** An answer with an object in it. */
export interface ObjectAnswer {
  readonly status: number;
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** The object a target names. Throws 404. */
export function requireObject(state: ClusterState, target: Target): JsonObject {
  const { resource, namespace, name } = target;
  const found = state.store.get(resource, namespace, name);
  if (found === undefined) throw notFound(byPlural(resource, name));
  return asVersion(resource, found);
}

/** Throws 400 when the body names another object than the path. */
export function checkIdentity(body: JsonObject, target: Target): void {
  const name = text(body, 'metadata', 'name');
  const namespace = text(body, 'metadata', 'namespace');
  if (name !== '' && name !== target.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
  if (namespace !== '' && namespace !== target.namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
}

/** 404 for a namespace nobody made, as a create in it answers. */
const missingNamespace = (name: string) =>
  failure(404, 'NotFound', `namespaces "${name}" not found`, { name, kind: 'namespaces' });

/** Throws for a new object whose namespace is not there (404) or on its way out (403). */
export function requireNamespace(state: ClusterState, target: Target, name: string): void {
  const { resource, namespace } = target;
  if (!resource.namespaced) return;
  const found = state.store.get(namespaceResource, '', namespace);
  if (found === undefined) throw missingNamespace(namespace);
  if (text(found, 'metadata', 'deletionTimestamp') === '') return;
  const subject = byPlural(resource, name);
  const plural = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw failure(
    403,
    'Forbidden',
    `${plural} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    detailsOf(subject, { causes: [cause] }),
  );
}
