// What every verb on a single object checks first: that it is there, and that path and body mean the same one.

import { asVersion } from './custom/kinds.ts';
import type { JsonObject } from './json.ts';
import { text } from './json.ts';
import type { Target } from './request.ts';
import { namespace as namespaceResource } from './resources/core.ts';
import { byPlural } from './resources/resource.ts';
import type { ClusterState } from './state.ts';
import { badRequest, notFound } from './status.ts';
import { missingNamespace } from './writer.ts';

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

/** Throws 404 when the namespace is not there. */
export function requireNamespace(state: ClusterState, { resource, namespace }: Target): void {
  if (!resource.namespaced) return;
  if (state.store.get(namespaceResource, '', namespace) === undefined) {
    throw missingNamespace(namespace);
  }
}
