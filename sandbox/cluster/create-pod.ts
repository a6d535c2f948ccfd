// Makes pods past admission, whoever asks: defaults of LimitRanges first, then their bounds and the quotas.

import type { JsonObject } from './json.ts';
import { clone, nameOf, object } from './json.ts';
import { fillLimits, limitProblems } from './limit-ranger.ts';
import { podRefusal } from './quotas.ts';
import { pod } from './resources/core.ts';
import { defaultPodSpec } from './resources/pod-spec.ts';
import { limitRange, resourceQuota } from './resources/quota.ts';
import type { ClusterState } from './state.ts';
import { type ApiError, failure } from './status.ts';
import type { WriteOptions } from './writer.ts';

/** Creates a pod. Throws ApiError for broken rules, and 403 for what a LimitRange or a quota refuses. */
export function createPod(
  state: ClusterState,
  namespace: string,
  body: JsonObject,
  options: WriteOptions,
): JsonObject {
  const isRuled = [limitRange, resourceQuota].some(
    (rule) => state.store.list(rule, namespace).length > 0,
  );
  if (!isRuled) return state.writer.create(pod, namespace, body, options);
  const asked = clone(body);
  defaultPodSpec(object(asked, 'spec'));
  fillLimits(state, namespace, asked);
  const { admit: _later, ...unjudged } = options;
  const checked = state.writer.create(pod, namespace, asked, { ...unjudged, dryRun: true });
  const problems = limitProblems(state, namespace, checked);
  const [first] = problems;
  if (first !== undefined) {
    throw podForbidden(checked, problems.length === 1 ? first : `[${problems.join(', ')}]`);
  }
  const refusal = podRefusal(state, namespace, checked);
  if (refusal !== undefined) throw podForbidden(checked, refusal);
  // What was checked has a generated name already.
  object(asked, 'metadata')['name'] = nameOf(checked);
  return state.writer.create(pod, namespace, asked, options);
}

/** 403 for a pod, with the reason of whoever refuses it. */
export function podForbidden(made: JsonObject, because: string): ApiError {
  const name = nameOf(made);
  return failure(403, 'Forbidden', `pods "${name}" is forbidden: ${because}`, {
    name,
    kind: 'pods',
  });
}
