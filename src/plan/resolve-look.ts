// Puts names and addresses into what a step of a procedure looks at; what Headroom cannot look at is left to a person.

import type { WorkloadRef } from '../change/change.ts';
import type { PlannedLook, StepTarget } from '../sizing/planned-step.ts';
import { isMeasured } from './measured-fact.ts';
import type { Bound, Look } from './step.ts';
import type { System } from './system.ts';

export type ResolvedLook =
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'unmeasured'; readonly because: string };

/** `target` is the workload of the step it belongs to, which may have a name of its own. */
export function resolveLook(
  planned: PlannedLook,
  system: System,
  target: StepTarget | undefined,
): ResolvedLook {
  const { http, rollout, promql, fact, withinSeconds } = planned;
  const workload = workloadOf(planned, system, target);
  const cluster = workload?.cluster ?? system.cluster;
  const url = http === undefined ? undefined : addressOf(http, planned.component, system);
  if (http !== undefined && url === undefined) {
    return unmeasured(`headroom.yaml names no address for ${http}`);
  }
  if (rollout && workload === undefined) return unmeasured('it does not say of which workload');
  if (fact !== undefined && !isMeasured(fact)) {
    return unmeasured('Headroom does not measure this itself');
  }
  return {
    kind: 'look',
    look: {
      ...(url !== undefined && { http: { url, status: planned.status ?? 200 } }),
      ...(rollout && workload && { rollout: workload }),
      ...(promql !== undefined && { metric: { promql, cluster, ...boundOf(planned) } }),
      ...(fact !== undefined && {
        fact: { name: fact, cluster, ...(workload && { workload }), ...boundOf(planned) },
      }),
      ...(withinSeconds !== undefined && { withinSeconds }),
    },
  };
}

/** The workload a step is about, in its cluster. */
export function workloadOfTarget(target: StepTarget, system: System): WorkloadRef {
  const { kind, namespace, name } = target;
  return { cluster: target.cluster ?? system.cluster, namespace, kind, name };
}

function workloadOf(
  { component, workload }: PlannedLook,
  system: System,
  target: StepTarget | undefined,
): WorkloadRef | undefined {
  const isOfStep =
    target !== undefined && (workload === target.name || component === target.component);
  if (isOfStep) return workloadOfTarget(target, system);
  const own = component === undefined ? undefined : system.workloads.get(component);
  if (own === undefined) return undefined;
  const { cluster, namespace, kind, name } = own;
  return { cluster, namespace, kind, name: workload ?? name };
}

function addressOf(
  http: string,
  component: string | undefined,
  { endpoints, addresses }: System,
): string | undefined {
  if (http.includes('://')) return http;
  if (!http.startsWith('/')) return endpoints.get(http);
  const base = component === undefined ? undefined : addresses.get(component);
  return base === undefined ? undefined : new URL(http, base).href;
}

function boundOf({ above, atLeast, below, atMost }: Bound): Bound {
  return {
    ...(above !== undefined && { above }),
    ...(atLeast !== undefined && { atLeast }),
    ...(below !== undefined && { below }),
    ...(atMost !== undefined && { atMost }),
  };
}

function unmeasured(because: string): ResolvedLook {
  return { kind: 'unmeasured', because };
}
