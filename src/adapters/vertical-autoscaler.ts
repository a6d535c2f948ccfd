// Finds a VerticalPodAutoscaler that sets the requests of a workload; the kind is a custom one that most clusters do not have.

import { ApiException, type CustomObjectsApi } from '@kubernetes/client-node';
import { z } from 'zod';
import type { WorkloadRef } from '../change/change.ts';
import type { VerticalAutoscaler } from '../change/compare.ts';
import { OperationError } from '../errors.ts';
import { readTrouble } from './kubernetes-errors.ts';

const list = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        targetRef: z.object({ kind: z.string(), name: z.string() }).optional(),
        updatePolicy: z.object({ updateMode: z.string().optional() }).optional(),
      }),
    }),
  ),
});

/** The answer where the kind is not served: then there is none, and soon asking again tells nothing new. */
export const notServed: VerticalAutoscaler = { kind: 'none' };

/** `notServed` itself where the kind is not served. Not being allowed to look is an answer too: nobody knows. */
export async function verticalAutoscaler(
  custom: CustomObjectsApi,
  { cluster, namespace, kind, name }: WorkloadRef,
): Promise<VerticalAutoscaler> {
  let answer: unknown;
  try {
    answer = await custom.listNamespacedCustomObject({
      group: 'autoscaling.k8s.io',
      version: 'v1',
      namespace,
      plural: 'verticalpodautoscalers',
    });
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return notServed;
    const doing = `listing the vertical autoscalers of ${namespace} in cluster ${cluster}`;
    const trouble = readTrouble(doing, error);
    if (trouble instanceof OperationError && trouble.code === 'forbidden') {
      return { kind: 'unknown', because: trouble.message };
    }
    throw trouble;
  }
  const parsed = list.safeParse(answer);
  if (!parsed.success) {
    return { kind: 'unknown', because: 'the list of vertical autoscalers has an unknown form' };
  }
  for (const { metadata, spec } of parsed.data.items) {
    const { targetRef, updatePolicy } = spec;
    const mode = updatePolicy?.updateMode ?? 'Auto';
    if (targetRef?.kind === kind && targetRef.name === name && mode !== 'Off') {
      return { kind: 'seen', name: metadata.name, mode };
    }
  }
  return { kind: 'none' };
}
