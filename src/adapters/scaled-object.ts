// Finds the ScaledObject (KEDA) that scales a workload; the kind is a custom one that most clusters do not have.

import type { Configuration } from '@kubernetes/client-node';
import { z } from 'zod';
import type { WorkloadRef } from '../change/change.ts';
import type { ScaledObjectSeen } from '../change/compare.ts';
import { objectPath } from '../change/kinds.ts';
import { readObject, seenObject } from './kubernetes-state.ts';
import { readIfAllowed } from './tolerant-read.ts';

const list = z.object({
  items: z.array(
    z.looseObject({
      spec: z.object({
        // Without a kind it means a Deployment.
        scaleTargetRef: z.object({ kind: z.string().default('Deployment'), name: z.string() }),
      }),
    }),
  ),
});

/**
 * Where the kind is not served there is none. Not being allowed to look is an answer too: nobody knows.
 * @throws OperationError when the cluster cannot be asked.
 */
export async function findScaledObject(
  configuration: Configuration,
  { cluster, namespace, kind, name }: WorkloadRef,
): Promise<ScaledObjectSeen> {
  const told = await readIfAllowed(
    configuration,
    objectPath('ScaledObject', { namespace }),
    `listing the ScaledObjects of ${namespace} in cluster ${cluster}`,
  );
  if (told.kind === 'absent') return { kind: 'none' };
  if (told.kind === 'unknown') return told;
  const parsed = list.safeParse(told.value);
  if (!parsed.success) {
    return { kind: 'unknown', because: 'the list of ScaledObjects has an unknown form' };
  }
  const places = parsed.data.items.map(({ spec }) => spec.scaleTargetRef);
  const at = places.findIndex((target) => target.kind === kind && target.name === name);
  return at === -1
    ? { kind: 'none' }
    : { kind: 'seen', object: seenObject('ScaledObject', readObject(itemsOf(told.value)[at])) };
}

/** The items as the server gave them: the schema keeps of their spec only what is looked at here. */
function itemsOf(value: unknown): readonly unknown[] {
  return z.object({ items: z.array(z.unknown()) }).parse(value).items;
}
