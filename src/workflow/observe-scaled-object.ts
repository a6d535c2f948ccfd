// Looks whether KEDA scales a workload: then its ScaledObject is what a plan changes, not the autoscaler KEDA makes from it.

import { madeBy } from '../change/scaled-object.ts';
import type { TargetFacts } from '../plan/draft.ts';
import { askCluster } from './observe-target.ts';
import type { Parts } from './parts.ts';

/** An autoscaler that somebody else made leaves no room for a ScaledObject, so nothing is asked then. */
export async function withScaledObject<Facts extends Pick<TargetFacts, 'cluster' | 'workload'>>(
  facts: Facts,
  { clusters, counters }: Pick<Parts, 'clusters' | 'counters'>,
): Promise<Facts> {
  const { cluster, workload } = facts;
  if (cluster?.workload === undefined) return facts;
  const scaling = cluster.objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  if (scaling.length > 0 && !scaling.some((object) => madeBy(object) !== undefined)) return facts;
  const asked = await askCluster(workload.cluster, counters, () => clusters.scaledObject(workload));
  const scaledObject =
    asked.kind === 'answer' ? asked.answer : ({ kind: 'unknown', because: asked.problem } as const);
  return { ...facts, cluster: { ...cluster, scaledObject } };
}
