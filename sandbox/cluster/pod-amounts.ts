// How much pods ask for: added up in billionths as the scheduler and quotas do, and printed as the server prints it.

import type { JsonObject } from './json.ts';
import { list, objects, text } from './json.ts';
import { printQuantity, quantityNanos } from './quantity.ts';
import { pod } from './resources/core.ts';
import type { ClusterState } from './state.ts';

export type AmountKind = 'requests' | 'limits';

const nanosAt = (value: JsonObject, ...path: readonly string[]): bigint =>
  quantityNanos(text(value, ...path)) ?? 0n;

/** What a pod asks for of `cpu` or `memory`: the larger of what starts in turn and what runs, sidecars beside both. */
export function podAmount(spec: JsonObject, kind: AmountKind, name: string): bigint {
  let sidecars = 0n;
  let starting = 0n;
  for (const container of objects(spec, 'initContainers')) {
    const amount = nanosAt(container, 'resources', kind, name);
    if (sidecars + amount > starting) starting = sidecars + amount;
    if (container['restartPolicy'] === 'Always') sidecars += amount;
  }
  let running = sidecars;
  for (const container of objects(spec, 'containers')) {
    running += nanosAt(container, 'resources', kind, name);
  }
  return (running > starting ? running : starting) + nanosAt(spec, 'overhead', name);
}

/** Pods that have not finished; an empty namespace means all. */
export function unfinishedPods(state: ClusterState, namespace = ''): readonly JsonObject[] {
  return state.store.list(pod, namespace).filter((held) => !isFinished(held));
}

/** Whether a pod has ended for good. */
export function isFinished(held: JsonObject): boolean {
  return ['Succeeded', 'Failed'].includes(text(held, 'status', 'phase'));
}

/** `1500m` of CPU, `1536Mi` of memory. */
export function printAmount(name: string, nanos: bigint): string {
  return printQuantity(nanos, /memory|storage/.test(name));
}

/** Names of containers of a pod that do not state an amount, those that start first last. */
export function silentContainers(
  spec: JsonObject,
  kind: AmountKind,
  name: string,
): readonly string[] {
  return [...list(spec, 'containers'), ...list(spec, 'initContainers')]
    .filter((container) => text(container, 'resources', kind, name) === '')
    .map((container) => text(container, 'name'));
}
