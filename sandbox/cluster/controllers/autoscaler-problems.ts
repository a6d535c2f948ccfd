// Why an autoscaler cannot work: no metrics, no requests, no metrics API, or a second autoscaler for the same pods.

import type { JsonObject } from '../json.ts';
import { nameOf, namespaceOf, object, objects, text } from '../json.ts';
import { autoscaler } from '../resources/autoscaler.ts';
import { pod } from '../resources/core.ts';
import { resources } from '../resources/registry.ts';
import type { Resource } from '../resources/resource.ts';
import { selectorText } from '../resources/workload.ts';
import { matchesSelector } from '../selector.ts';
import type { ClusterState, Utilization } from '../state.ts';
import { isLeaving } from './actor.ts';

/** What keeps an autoscaler from computing a size. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
  /** The sentence of the second event. */
  readonly summary: string;
  /** Other autoscalers want the same pods: nothing is computed at all. */
  readonly ambiguous: boolean;
}

/** An autoscaler and what it scales. */
export interface Pairing {
  readonly autoscaler: JsonObject;
  readonly resource: Resource;
  readonly workload: JsonObject;
}

function metricProblem(reason: string, kind: string, message: string): Problem {
  const summary = `invalid metrics (1 invalid out of 1), first error is: failed to get ${kind} metric value: ${message}`;
  return { reason, message, summary, ambiguous: false };
}

const resourceProblem = (name: string, because: string) =>
  metricProblem(
    'FailedGetResourceMetric',
    `${name} resource`,
    `failed to get ${name} utilization: ${because}`,
  );

/** The problem of metrics that have not come yet. */
export function noMetrics(held: JsonObject): Problem {
  const [first] = objects(held, 'spec', 'metrics');
  return resourceProblem(
    text(first, 'resource', 'name'),
    'did not receive metrics for targeted pods (pods might be unready)',
  );
}

function rivals(state: ClusterState, { autoscaler: held, workload }: Pairing): JsonObject[] {
  const labels = object(workload, 'spec', 'template', 'metadata', 'labels');
  return state.store.list(autoscaler, namespaceOf(held)).filter((other) => {
    const reference = object(other, 'spec', 'scaleTargetRef');
    const kind = resources.find((item) => item.scale && item.kind === text(reference, 'kind'));
    if (kind === undefined || nameOf(other) === nameOf(held)) return false;
    const target = state.store.get(kind, namespaceOf(other), text(reference, 'name'));
    return target !== undefined && matchesSelector(object(target, 'spec', 'selector'), labels);
  });
}

function ambiguity(state: ClusterState, pairing: Pairing): Problem | undefined {
  const others = rivals(state, pairing);
  if (others.length === 0) return undefined;
  const names = [pairing.autoscaler, ...others].map(
    (item) => `${namespaceOf(item)}/${nameOf(item)}`,
  );
  const selector = selectorText(object(pairing.workload, 'spec', 'selector'));
  const message = `pods by selector ${selector} are controlled by multiple HPAs: [${names.join(' ')}]`;
  return { reason: 'AmbiguousSelector', message, summary: message, ambiguous: true };
}

function missingRequest(state: ClusterState, pairing: Pairing, name: string): Problem | undefined {
  const { workload } = pairing;
  const container = objects(workload, 'spec', 'template', 'spec', 'containers').find(
    (item) => text(item, 'resources', 'requests', name) === '',
  );
  const selector = object(workload, 'spec', 'selector');
  const [held] = state.store
    .list(pod, namespaceOf(workload))
    .filter((item) => !isLeaving(item))
    .filter((item) => matchesSelector(selector, object(item, 'metadata', 'labels')));
  if (container === undefined || held === undefined) return undefined;
  return resourceProblem(
    name,
    `missing request for ${name} in container ${text(container, 'name')} of Pod ${nameOf(held)}`,
  );
}

/** The first thing that keeps an autoscaler from computing; undefined when all is well. */
export function findProblem(
  state: ClusterState,
  pairing: Pairing,
  used: Utilization | undefined,
): Problem | undefined {
  const ambiguous = ambiguity(state, pairing);
  if (ambiguous !== undefined) return ambiguous;
  for (const metric of objects(pairing.autoscaler, 'spec', 'metrics')) {
    const type = text(metric, 'type');
    if (type === 'Resource') {
      const name = text(metric, 'resource', 'name');
      const problem = missingRequest(state, pairing, name);
      if (problem !== undefined) return problem;
    } else if (used === undefined && type === 'Pods') {
      const name = text(metric, 'pods', 'metric', 'name');
      return metricProblem(
        'FailedGetPodsMetric',
        'pods',
        `unable to get metric ${name}: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered`,
      );
    }
  }
  return undefined;
}

/** Why the target of an autoscaler has no scale. */
export function whyNoScale(held: JsonObject): string {
  const reference = object(held, 'spec', 'scaleTargetRef');
  const kind = text(reference, 'kind');
  const scalable = resources.some((item) => item.scale && item.kind === kind);
  return scalable
    ? `${kind.toLowerCase()}s.apps "${text(reference, 'name')}" not found`
    : `no matches for kind "${kind}" in group "${text(reference, 'apiVersion').split('/')[0] ?? ''}"`;
}
