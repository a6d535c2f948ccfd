// Says whose workload an autoscaler scales, once the cluster has said which one that is: the system that names it comes first.

import { targetKey, type WorkloadRef } from '../change/change.ts';
import type { System } from '../plan/system.ts';
import type { Autoscaled } from '../ports.ts';
import type { AutoscalerRoute } from './route-to-autoscaler.ts';

export type Owner =
  | {
      readonly kind: 'owned';
      readonly system: System;
      /** A component of the system's profile; without a profile, the workload's name. */
      readonly component: string;
      readonly workload: WorkloadRef;
    }
  | { readonly kind: 'unowned'; readonly because: string };

/** `listed` is what the cluster says of the route's namespace; `systems` are all, so that nobody answers for another's workload. */
export function ownerOfAutoscaler(
  { cluster, namespace, by, among }: AutoscalerRoute,
  listed: readonly Autoscaled[],
  systems: readonly System[],
): Owner {
  const found = listed.find((each) =>
    'autoscaler' in by
      ? each.autoscaler === by.autoscaler
      : each.workload === by.deployment && each.kind === 'Deployment',
  );
  if (found === undefined) {
    return unowned(
      'autoscaler' in by
        ? `cluster ${cluster} has no autoscaler of that name in namespace ${namespace}`
        : `in namespace ${namespace} of cluster ${cluster} no autoscaler scales a Deployment of that name`,
    );
  }
  const { kind, workload: name } = found;
  if (kind !== 'Deployment' && kind !== 'StatefulSet') {
    return unowned(`autoscaler ${found.autoscaler} scales a ${kind}, which Headroom does not know`);
  }
  const workload: WorkloadRef = { cluster, namespace, kind, name };
  const named = owners(systems, targetKey(workload))[0];
  const owner = named ?? {
    system: among.find(({ wholeNamespace }) => wholeNamespace === namespace),
    component: name,
  };
  if (owner.system === undefined) {
    return unowned(`no system in headroom.yaml looks after ${kind} ${name} of ${namespace}`);
  }
  if (!among.includes(owner.system)) {
    return unowned(`${kind} ${name} is ${owner.component} of system ${owner.system.id}`);
  }
  return { kind: 'owned', system: owner.system, component: owner.component, workload };
}

function owners(systems: readonly System[], target: string) {
  return systems.flatMap((system) =>
    [...system.workloads]
      .filter(([, workload]) => targetKey(workload) === target)
      .map(([component]) => ({ system, component })),
  );
}

function unowned(because: string): Owner {
  return { kind: 'unowned', because };
}
