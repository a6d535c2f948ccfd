// What follows from a pod alone: its workload, its class of service, and whether any node could hold it.

import type { JsonObject } from '../json.ts';
import { object, objects, text } from '../json.ts';
import { quantityNanos } from '../quantity.ts';

/** The nodes of the sandbox. */
export const nodes = ['sandbox-node-0', 'sandbox-node-1'] as const;
/** What one node offers; a pod that asks for more never finds a place. */
const nodeCapacity = { cpu: '64', memory: '128Gi' } as const;

/** The workload a pod belongs to, for the failure switches. */
export function workloadOfPod(held: JsonObject): string {
  const [owner] = objects(held, 'metadata', 'ownerReferences');
  const name = text(owner, 'name');
  if (text(owner, 'kind') !== 'ReplicaSet') return name;
  const hash = text(held, 'metadata', 'labels', 'pod-template-hash');
  return hash !== '' && name.endsWith(`-${hash}`) ? name.slice(0, -hash.length - 1) : name;
}

/** Guaranteed, Burstable or BestEffort. */
export function qosClass(held: JsonObject): string {
  const resources = objects(held, 'spec', 'containers').map((item) => object(item, 'resources'));
  const bare = resources.every((item) => Object.keys(item).length === 0);
  if (bare) return 'BestEffort';
  const equalParts = resources.every((item) =>
    ['cpu', 'memory'].every((name) => {
      const limit = object(item, 'limits')[name];
      return limit !== undefined && limit === object(item, 'requests')[name];
    }),
  );
  return equalParts ? 'Guaranteed' : 'Burstable';
}

/** The resource of which a pod asks more than any node has. */
export function tooLarge(held: JsonObject): string | undefined {
  for (const name of ['cpu', 'memory'] as const) {
    const total = objects(held, 'spec', 'containers').reduce((sum, container) => {
      const asked = text(container, 'resources', 'requests', name);
      return sum + (quantityNanos(asked) ?? 0n);
    }, 0n);
    if (total > (quantityNanos(nodeCapacity[name]) ?? 0n)) return name;
  }
  return undefined;
}
