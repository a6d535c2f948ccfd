// One request in, one answer out: who may, what is meant, and which verb does it.

import type { Access, Prohibition } from './auth.ts';
import { anonymous, isAllowed, refusal, verbOf } from './auth.ts';
import { deleteObject, parseDeleteQuery } from './deletion.ts';
import { discover, knowsGroup, knowsVersion } from './discovery.ts';
import type { JsonObject } from './json.ts';
import { listGone, listObjects, metadataOf, selectorsOf } from './list.ts';
import { requireObject } from './object-checks.ts';
import { createObject, deleteTarget, patchTarget, replaceObject } from './objects-api.ts';
import type { ApiRequest, Target } from './request.ts';
import { parseObjectBody, parseTarget } from './request.ts';
import { scaleOf } from './resources/scale.ts';
import { answerReview, isReview } from './reviews.ts';
import type { ClusterState } from './state.ts';
import { failure, methodNotAllowed, unknownPath } from './status.ts';
import type { WatchPlan } from './watch.ts';
import { planWatch } from './watch.ts';

/** An answer: a document, or a stream of changes. */
export type ApiAnswer =
  | {
      readonly type: 'document';
      readonly status: number;
      readonly body: JsonObject | string;
      readonly warnings: readonly string[];
    }
  | { readonly type: 'watch'; readonly plan: WatchPlan };

/** What answering needs besides the state. */
export interface Surroundings {
  readonly prohibitions: readonly Prohibition[];
  readonly address: string;
}

const document = (status: number, body: JsonObject | string): ApiAnswer => ({
  type: 'document',
  status,
  body,
  warnings: [],
});

const isTrue = (value: string | null) => value === 'true' || value === '1';

/** Answers a request. Throws ApiError for everything that is not a success. */
export function answerRequest(
  state: ClusterState,
  request: ApiRequest,
  surroundings: Surroundings,
): ApiAnswer {
  const path = request.path.length > 1 ? request.path.replace(/\/+$/, '') : request.path;
  checkAccept(request, path);
  if (['/healthz', '/livez', '/readyz'].includes(path)) return document(200, 'ok');
  if (isReview(path)) {
    if (request.method !== 'POST') throw methodNotAllowed();
    const body = parseObjectBody(request, 'SelfSubjectAccessReview');
    return document(201, answerReview(path, request.user, body, surroundings.prohibitions));
  }
  const found = discover(path, surroundings.address);
  if (found !== undefined) {
    if (request.method !== 'GET') throw methodNotAllowed();
    if (request.user === anonymous && path !== '/version') throw anonymousPath(path);
    return document(200, found);
  }
  checkGroup(path);
  const target = parseTarget(path);
  if (target === undefined) throw unknownPath();
  authorise(request, target, surroundings);
  return dispatch(state, request, target);
}

const anonymousPath = (path: string) =>
  failure(403, 'Forbidden', `forbidden: User "${anonymous}" cannot get path "${path}"`, {});

function checkAccept(request: ApiRequest, path: string): void {
  const { accept } = request;
  if (accept === '' || accept.includes('*/*') || accept.includes('json')) return;
  if (['/healthz', '/livez', '/readyz'].includes(path)) return;
  const served = path.startsWith('/api')
    ? 'application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
    : 'application/json';
  throw failure(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${served}`,
    {},
  );
}

function checkGroup(path: string): void {
  const [root, first = '', second = ''] = path.split('/').filter((part) => part !== '');
  if (root !== 'apis' || first === '') return;
  if (!knowsGroup(first)) throw unknownPath();
  if (second !== '' && !knowsVersion(first, second)) {
    throw failure(404, 'NotFound', 'the server could not find the requested resource', {});
  }
}

function authorise(request: ApiRequest, target: Target, { prohibitions }: Surroundings): void {
  const { resource, namespace, name, subresource } = target;
  const access: Access = {
    user: request.user,
    verb: verbOf(request.method, name !== '', isTrue(request.query.get('watch'))),
    group: resource.group,
    resource: resource.plural,
    subresource,
    namespace: resource.plural === 'namespaces' ? name : namespace,
    name,
  };
  if (!isAllowed(access, prohibitions)) throw refusal(access);
}

function dispatch(state: ClusterState, request: ApiRequest, target: Target): ApiAnswer {
  const { method, query } = request;
  switch (method) {
    case 'GET':
      return read(state, request, target);
    case 'POST': {
      if (target.subresource !== '' || target.name !== '') throw methodNotAllowed();
      return { type: 'document', ...createObject(state, target, request) };
    }
    case 'PUT':
      return { type: 'document', ...replaceObject(state, target, request) };
    case 'PATCH':
      return { type: 'document', ...patchTarget(state, target, request) };
    case 'DELETE': {
      const options = parseDeleteQuery(query, request.body);
      if (target.name !== '') {
        return { type: 'document', ...deleteTarget(state, target, request, options) };
      }
      const matches = selectorsOf(target, query);
      const items = state.store.list(target.resource, target.namespace).filter(matches);
      for (const item of items) {
        deleteObject(state, target.resource, item, { ...options, uid: '', resourceVersion: '' });
      }
      return document(200, listGone(state, target, items));
    }
    default:
      throw methodNotAllowed();
  }
}

function read(state: ClusterState, request: ApiRequest, target: Target): ApiAnswer {
  const { query } = request;
  if (target.name === '') {
    if (isTrue(query.get('watch')))
      return { type: 'watch', plan: planWatch(target, query, request.accept) };
    return document(200, listObjects(state, target, query));
  }
  const held = requireObject(state, target);
  if (target.subresource === 'scale') return document(200, scaleOf(held));
  if (request.accept.includes('as=PartialObjectMetadata')) {
    return document(200, metadataOf(held));
  }
  return document(200, held);
}
