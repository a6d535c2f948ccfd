// Makes objects past the bounds of their namespace, whichever way they come in: created or applied.

import { createPod } from './create-pod.ts';
import type { JsonObject } from './json.ts';
import { nameOf } from './json.ts';
import { claimProblems } from './limit-ranger.ts';
import { countRefusal } from './quotas.ts';
import type { Resource } from './resources/resource.ts';
import { byPlural } from './resources/resource.ts';
import { claim } from './resources/storage.ts';
import type { ClusterState } from './state.ts';
import { detailsOf, failure } from './status.ts';
import type { WriteOptions } from './writer.ts';

/** Where an object is made. */
export interface Place {
  readonly resource: Resource;
  readonly namespace: string;
}

/** Creates an object. Throws ApiError for broken rules, and 403 for what a LimitRange or a quota refuses. */
export function createBounded(
  state: ClusterState,
  { resource, namespace }: Place,
  body: JsonObject,
  options: WriteOptions,
): JsonObject {
  if (resource.kind === 'Pod') return createPod(state, namespace, body, options);
  const problems = resource === claim ? claimProblems(state, namespace, body) : [];
  const because = problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
  const refusal = because ?? countRefusal(state, namespace, resource, body);
  if (refusal === undefined) return state.writer.create(resource, namespace, body, options);
  const subject = byPlural(resource, nameOf(body));
  const { group, kind, name } = subject;
  const plural = group === '' ? kind : `${kind}.${group}`;
  throw failure(
    403,
    'Forbidden',
    `${plural} "${name}" is forbidden: ${refusal}`,
    detailsOf(subject),
  );
}
