// What follows from a pod alone, or from its node: its workload, its class of service, its zone.

import type { JsonObject } from '../json.ts';
import { nameOf, object, objects, text } from '../json.ts';

/** The workload a pod belongs to, for the failure switches. */
export function workloadOfPod(held: JsonObject): string {
  const [owner] = objects(held, 'metadata', 'ownerReferences');
  if (owner === undefined) return nameOf(held);
  const name = text(owner, 'name');
  if (text(owner, 'kind') !== 'ReplicaSet') return name;
  const hash = text(held, 'metadata', 'labels', 'pod-template-hash');
  return hash !== '' && name.endsWith(`-${hash}`) ? name.slice(0, -hash.length - 1) : name;
}

/** Pods that are not always started again come to an end; all others go on until somebody stops them. */
export const endsByItself = (held: JsonObject): boolean =>
  text(held, 'spec', 'restartPolicy') !== 'Always';

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

const zoneLabel = 'topology.kubernetes.io/zone';

/** The label a pod gets from the zone of its node. */
export function zoneOf(node: JsonObject): JsonObject {
  const zone = text(node, 'metadata', 'labels', zoneLabel);
  return zone === '' ? {} : { [zoneLabel]: zone };
}
