// One request in, one answer out: who may, what is meant, and which verb does it.

import { accessOf, refusal } from './auth.ts';
import { isCustomGroup, withCustomKinds } from './custom/discovery.ts';
import { deleteObject, parseDeleteQuery } from './deletion.ts';
import { discover, knowsGroup, knowsVersion } from './discovery.ts';
import { aggregate, aggregatedType, wantsAggregated } from './discovery-aggregated.ts';
import { evict } from './eviction.ts';
import type { JsonObject } from './json.ts';
import { listGone, listObjects, metadataOf, selectorsOf } from './list.ts';
import { answerMetrics } from './metrics-api.ts';
import { requireObject } from './object-checks.ts';
import { createObject, deleteTarget, patchTarget, replaceObject } from './objects-api.ts';
import { logOf } from './pod-logs.ts';
import type { Authorizer } from './rbac.ts';
import type { Tokens } from './rbac-tokens.ts';
import type { ApiRequest, Target } from './request.ts';
import { parseTarget } from './request.ts';
import { resizePod } from './resize-api.ts';
import { scaleOf } from './resources/scale.ts';
import { answerReview } from './reviews.ts';
import type { ClusterState } from './state.ts';
import { failure, methodNotAllowed, unknownPath } from './status.ts';
import type { Store } from './store.ts';
import { answerTokenRequest } from './token-request.ts';
import type { WatchPlan } from './watch.ts';
import { planWatch } from './watch.ts';

/** An answer: a document, or a stream of changes. */
export type ApiAnswer =
  | {
      readonly type: 'document';
      readonly status: number;
      readonly body: JsonObject | string;
      readonly warnings: readonly string[];
      /** (Default: JSON for an object, plain text for a text.) */
      readonly contentType?: string;
    }
  | { readonly type: 'watch'; readonly plan: WatchPlan };

/** What answering needs besides the state. */
export interface Surroundings {
  readonly authorizer: Authorizer;
  readonly tokens: Tokens;
  readonly address: string;
}

const document = (status: number, body: JsonObject | string) => ({
  type: 'document' as const,
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
  const access = accessOf({ ...request, path });
  const decision = surroundings.authorizer.decide(access);
  if (!decision.allowed) throw refusal(access, decision.reason);
  checkAccept(request, path);
  if (['/healthz', '/livez', '/readyz'].includes(path)) return document(200, 'ok');
  const review = answerReview(state, { ...request, path }, surroundings.authorizer);
  if (review !== undefined) return document(201, review);
  const metrics = answerMetrics(state, { ...request, path });
  if (metrics !== undefined) return document(200, metrics);
  const find = (at: string) => withCustomKinds(state.store, at, discover(at, surroundings.address));
  const found = find(path);
  if (found !== undefined) {
    if (request.method !== 'GET') throw methodNotAllowed();
    if (!wantsAggregated(path, request.accept)) return document(200, found);
    return { ...document(200, aggregate(path, find)), contentType: aggregatedType };
  }
  checkGroup(state.store, path);
  const target = parseTarget(path, state.store);
  if (target === undefined) throw unknownPath();
  if (target.subresource === 'token') {
    if (request.method !== 'POST') throw methodNotAllowed();
    const account = requireObject(state, target);
    return document(201, answerTokenRequest(state, request, account, surroundings.tokens));
  }
  return dispatch(state, request, target);
}

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

function checkGroup(store: Store, path: string): void {
  const [root, first = '', second = ''] = path.split('/').filter((part) => part !== '');
  if (root !== 'apis' || first === '') return;
  if (isCustomGroup(store, first)) return;
  if (!knowsGroup(first)) throw unknownPath();
  if (second !== '' && !knowsVersion(first, second)) {
    throw failure(404, 'NotFound', 'the server could not find the requested resource', {});
  }
}

function dispatch(state: ClusterState, request: ApiRequest, target: Target): ApiAnswer {
  const { method, query } = request;
  if (target.subresource === 'resize' && method !== 'GET') {
    return { type: 'document', ...resizePod(state, target, request) };
  }
  switch (method) {
    case 'GET':
      return read(state, request, target);
    case 'POST': {
      if (target.subresource === 'eviction') return document(201, evict(state, target, request));
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
        deleteObject(state, target.resource, item, {
          ...options,
          uid: '',
          resourceVersion: '',
          admit: request.admit,
        });
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
  if (target.subresource === 'log') {
    const written = logOf(held, query);
    return written === undefined
      ? document(204, '')
      : { ...document(200, written), contentType: 'text/plain' };
  }
  if (target.subresource === 'scale') return document(200, scaleOf(target.resource, held));
  if (request.accept.includes('as=PartialObjectMetadata')) {
    return document(200, metadataOf(held));
  }
  return document(200, held);
}
