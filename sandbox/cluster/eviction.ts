// Evictions: a polite delete of a pod, which its disruption budget may refuse for now.
import { decodeBody, type Expected } from './bodies.ts';
import { timestamp } from './clock.ts';
import { isReady, writeStatus } from './controllers/actor.ts';
import { allowedCondition, covers } from './controllers/disruption.ts';
import { deleteObject, deleteQueryOf } from './deletion.ts';
import type { JsonObject } from './json.ts';
import { clone, count, nameOf, namespaceOf, object, text } from './json.ts';
import { requireObject } from './object-checks.ts';
import type { ApiRequest, Target } from './request.ts';
import { parseObjectBody, parseWriteQuery } from './request.ts';
import { pod } from './resources/core.ts';
import { disruptionBudget } from './resources/disruption-budget.ts';
import { objectMeta, typeMeta } from './resources/shapes.ts';
import * as s from './schema.ts';
import type { ClusterState } from './state.ts';
import type { ApiError } from './status.ts';
import { badRequest, failure, internalError } from './status.ts';

const expected: Expected = {
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  schema: s.struct('Eviction', { ...typeMeta, metadata: objectMeta, deleteOptions: s.any }),
};

/** Seconds a client waits when the budget was changed and not looked at yet. */
const processingSeconds = 10;

function refused(budget: JsonObject, because: string, retryAfterSeconds = 0): ApiError {
  const message = `The disruption budget ${nameOf(budget)} ${because}`;
  return failure(
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: 'DisruptionBudget', message }],
      ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
    },
  );
}

/** A pod that does not serve anyway may go where the budget says so or is satisfied without it. */
function mayGoUnhealthy(budget: JsonObject, held: JsonObject): boolean {
  if (isReady(held)) return false;
  if (text(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const desired = count(budget, ['status', 'desiredHealthy']);
  return desired > 0 && count(budget, ['status', 'currentHealthy']) >= desired;
}

/** Takes one eviction off a budget. Throws 429 when it has none left. */
function take(state: ClusterState, budget: JsonObject, name: string, dryRun: boolean): void {
  const status = object(budget, 'status');
  if (count(status, ['observedGeneration']) < count(budget, ['metadata', 'generation'])) {
    throw refused(budget, 'is still being processed by the server.', processingSeconds);
  }
  const allowed = count(status, ['disruptionsAllowed']);
  if (allowed <= 0) {
    const needs = count(status, ['desiredHealthy']);
    const has = count(status, ['currentHealthy']);
    throw refused(budget, `needs ${needs} healthy pods and has ${has} currently`);
  }
  if (dryRun) return;
  const now = timestamp(state.clock.now());
  writeStatus(
    state,
    disruptionBudget,
    budget,
    {
      ...clone(status),
      disruptionsAllowed: allowed - 1,
      disruptedPods: { ...object(status, 'disruptedPods'), [name]: now },
      conditions: [allowedCondition(budget, allowed - 1, now)],
    },
    'kube-apiserver',
  );
}

/** POST to a pod's eviction. Throws 429 when the budget forbids it now, 400 when the names differ. */
export function evict(state: ClusterState, target: Target, request: ApiRequest): JsonObject {
  const query = parseWriteQuery(request, false);
  const { value } = decodeBody(parseObjectBody(request, expected.kind), expected, query);
  if (nameOf(value) !== target.name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const held = requireObject(state, target);
  const options = deleteQueryOf(object(value, 'deleteOptions'));
  const dryRun = query.dryRun || options.dryRun;
  const budgets = state.store
    .list(disruptionBudget, namespaceOf(held))
    .filter((budget) => covers(budget, held));
  const isOver =
    ['Pending', 'Succeeded', 'Failed'].includes(text(held, 'status', 'phase')) ||
    text(held, 'metadata', 'deletionTimestamp') !== '';
  const [budget] = budgets;
  if (!isOver && budgets.length > 1) {
    throw internalError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  if (!isOver && budget !== undefined && !mayGoUnhealthy(budget, held)) {
    take(state, budget, target.name, dryRun);
  }
  deleteObject(state, pod, held, { ...options, dryRun, admit: request.admit });
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}
