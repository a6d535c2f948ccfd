// The resize of a pod: other requests and limits for its containers, and nothing else of it.
import { decodeBody, decodePatched, patchFormat, patchObject } from './bodies.ts';
import type { JsonObject } from './json.ts';
import { clone, object, objects } from './json.ts';
import type { ObjectAnswer } from './object-checks.ts';
import { checkIdentity, requireObject } from './object-checks.ts';
import type { ApiRequest, Target } from './request.ts';
import { optionsOf, parseObjectBody, parseWriteQuery } from './request.ts';
import { pod } from './resources/core.ts';
import { validateResize } from './resources/pod-update.ts';
import type { Resource } from './resources/resource.ts';
import type { ClusterState } from './state.ts';
import { methodNotAllowed, unsupportedMediaType } from './status.ts';

/** Pods by the rules of resize. */
const resizable: Resource = { ...pod, validate: validateResize };

/** The pod with the resources of another one; all else that was sent is dropped without a word. */
function withResources(current: JsonObject, sent: JsonObject): JsonObject {
  const next = clone(current);
  for (const container of objects(next, 'spec', 'containers')) {
    const twin = objects(sent, 'spec', 'containers').find(
      (item) => item['name'] === container['name'],
    );
    if (twin !== undefined) container['resources'] = clone(object(twin, 'resources'));
  }
  const version = object(sent, 'metadata')['resourceVersion'];
  if (version !== undefined) object(next, 'metadata')['resourceVersion'] = version;
  return next;
}

/** PUT and PATCH of a pod's resize. Throws 422 for what may not change and for nodes that cannot do it. */
export function resizePod(state: ClusterState, target: Target, request: ApiRequest): ObjectAnswer {
  const current = requireObject(state, target);
  const query = parseWriteQuery(request, false);
  const decoded = () => {
    if (request.method === 'PUT') return decodeBody(parseObjectBody(request, pod.kind), pod, query);
    if (request.method !== 'PATCH') throw methodNotAllowed();
    const format = patchFormat(request.contentType, pod);
    if (format === 'apply') throw unsupportedMediaType();
    const patched = patchObject(current, request.body, format, pod.schema);
    return decodePatched(patched, pod, query);
  };
  const { value, warnings } = decoded();
  checkIdentity(value, target);
  const body = state.writer.update(resizable, current, withResources(current, value), {
    ...optionsOf(query),
    subresource: 'resize',
  });
  return { status: 200, body, warnings };
}
