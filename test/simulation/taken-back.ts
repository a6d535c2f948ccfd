// Takes back what a plan wrote, the way a plan that fails does, to see that each object is then as it was.

import type { Cluster } from '../../sandbox/cluster/server.ts';
import { type ClusterChange, isTakenBack, removalOf, undoOf } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { valueAt } from '../../src/change/pointer.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { changesOf } from '../../src/plan/step.ts';
import type { Clusters } from '../../src/ports.ts';

/** What the objects of a plan hold, by kind, namespace and name; only those that are taken back. */
export type Holdings = ReadonlyMap<string, unknown>;

/** Replicas and limits of autoscalers are no templates and stay as they were written. */
export function holdingsOf(plan: Plan, { control }: Cluster): Holdings {
  const objects = reversibleOf(plan).map((change) => change.object);
  return new Map(
    objects.map(({ kind, namespace, name }) => {
      const found = control.get(kind, namespace, name);
      const isThere =
        found !== undefined && valueAt(found, '/metadata/deletionTimestamp') === undefined;
      const { replicas: _, minReplicas: __, maxReplicas: ___, ...spec } = Object(found?.['spec']);
      return [`${kind} ${namespace} ${name}`, isThere ? { spec, data: found['data'] } : undefined];
    }),
  );
}

/** The newest first, each on its condition; what the cluster says when it does not take one. */
export async function takeAllBack(plan: Plan, clusters: Clusters): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const change of reversibleOf(plan).toReversed()) {
    const undo = change.kind === 'create' ? removalOf(change, plan.id) : undoOf(change);
    const seen = undo.kind === 'remove' ? await clusters.read(undo.object) : undefined;
    const write = clusterWrite(undo, seen?.resourceVersion ?? '');
    const answer = await clusters.write(write, { dryRun: false });
    if (answer.kind !== 'written') refused.push(answer.because);
  }
  return refused;
}

function reversibleOf(plan: Plan) {
  return changesOf(plan)
    .filter((change): change is ClusterChange => change.kind !== 'sql')
    .filter((change) => change.kind === 'patch' || change.kind === 'create')
    .filter((change) => isTakenBack(change));
}
