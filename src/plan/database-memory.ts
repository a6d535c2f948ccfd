// Finds how much memory a database server has: the limit of its container.

import type { SeenObject } from '../change/compare.ts';
import type { ObjectRef } from '../change/kinds.ts';
import { valueAt } from '../change/pointer.ts';
import { parseMemoryMi } from '../profile/quantity.ts';
import { containersOf } from './pod-containers.ts';
import type { DatabasePlace, System } from './system.ts';

/** The object that says it; undefined where headroom.yaml and the profile name none. */
export function objectOfServer(
  { operated, restart, namespace }: DatabasePlace,
  { cluster, workloads, profile }: System,
): ObjectRef | undefined {
  const component = profile.database?.component;
  const own = component === undefined ? undefined : workloads.get(component);
  const [first] = workloads.values();
  const place = { cluster, namespace: namespace ?? own?.namespace ?? first?.namespace ?? '' };
  if (operated !== undefined) return { ...place, kind: 'Cluster', name: operated };
  if (restart?.statefulSet !== undefined) {
    return { ...place, kind: 'StatefulSet', name: restart.statefulSet };
  }
  return own && { ...place, kind: own.kind, name: own.name };
}

/** In bytes; of several containers the one that may use most is the server. */
export function memoryOfServer(seen: SeenObject): number | undefined {
  const ofOperator = valueAt(seen.value, '/spec/resources/limits/memory');
  const limits =
    seen.kind === 'Cluster'
      ? [typeof ofOperator === 'string' ? parseMemoryMi(ofOperator) : undefined]
      : containersOf(seen).map(({ memory }) => memory.limit);
  const most = Math.max(0, ...limits.map((limit) => limit ?? 0));
  return most === 0 ? undefined : most * 1024 ** 2;
}
