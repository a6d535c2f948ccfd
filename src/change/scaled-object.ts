// What plans know of a ScaledObject (KEDA): its limits, whether it is paused, and which autoscaler it makes.

import type { ScalingBounds, WorkloadRef } from './change.ts';
import type { SeenObject } from './compare.ts';
import type { ObjectRef } from './kinds.ts';
import { valueAt } from './pointer.ts';

/** How a ScaledObject calls the limits of the autoscaler it makes, and what they are where it does not say. */
export const scaledObjectLimits = {
  minReplicas: { field: 'minReplicaCount', byDefault: 0 },
  maxReplicas: { field: 'maxReplicaCount', byDefault: 100 },
} as const;

/** The label KEDA puts on the autoscalers it makes. */
const madeByLabel = '/metadata/labels/scaledobject.keda.sh~1name';

/** Where the ScaledObject of a workload stands: always beside it. */
export function scaledObjectRef({ cluster, namespace }: WorkloadRef, name: string): ObjectRef {
  return { cluster, namespace, kind: 'ScaledObject', name };
}

/** The ScaledObject that made an autoscaler; undefined where none did. */
export function madeBy({ value }: SeenObject): string | undefined {
  const label = valueAt(value, madeByLabel);
  if (typeof label === 'string' && label !== '') return label;
  const owners = valueAt(value, '/metadata/ownerReferences');
  const owner: unknown = Array.isArray(owners)
    ? owners.find((each: unknown) => valueAt(each, '/kind') === 'ScaledObject')
    : undefined;
  const name = valueAt(owner, '/name');
  return typeof name === 'string' ? name : undefined;
}

/** The limits a ScaledObject gives its autoscaler. */
export function limitsOf({ value }: SeenObject): ScalingBounds {
  const stated = (of: keyof typeof scaledObjectLimits): number | undefined => {
    const number = valueAt(value, `/spec/${scaledObjectLimits[of].field}`);
    return typeof number === 'number' ? number : undefined;
  };
  const { minReplicas, maxReplicas } = scaledObjectLimits;
  const unstated = (['minReplicas', 'maxReplicas'] as const).filter(
    (each) => stated(each) === undefined,
  );
  return {
    minReplicas: stated('minReplicas') ?? minReplicas.byDefault,
    maxReplicas: stated('maxReplicas') ?? maxReplicas.byDefault,
    ...(unstated.length > 0 && { unstated }),
  };
}

/** `at` is the number of replicas it holds the workload at; without one it leaves them as they are. */
interface Pause {
  readonly annotation: string;
  readonly at?: string;
}

/** KEDA reads the annotation as Go reads a boolean, and takes any other text for yes. */
const noes = new Set(['0', 'f', 'F', 'false', 'False', 'FALSE']);

/** Whether a person has paused it: then it has no autoscaler, and its limits mean nothing. */
export function pauseOf({ value }: SeenObject): Pause | undefined {
  const annotated = (name: string) =>
    valueAt(value, `/metadata/annotations/${name.replaceAll('/', '~1')}`);
  const [held, paused] = ['autoscaling.keda.sh/paused-replicas', 'autoscaling.keda.sh/paused'];
  const replicas = annotated(held);
  if (typeof replicas === 'string') return { annotation: held, at: replicas };
  const says = annotated(paused);
  return typeof says === 'string' && !noes.has(says) ? { annotation: paused } : undefined;
}
