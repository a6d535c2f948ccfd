// Looks who would undo changes: who keeps the objects they write, and when that one puts things back.

import type { Change, WorkloadRef } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import { type Keeper, keptBy } from '../change/keeper.ts';
import type { ObjectRef } from '../change/kinds.ts';
import { type Revert, revertOf } from '../change/revert.ts';
import type { SyncSettings } from '../change/sync-settings.ts';
import { type WrittenFields, writtenFields } from '../change/written-fields.ts';
import { askCluster } from './observe-target.ts';
import type { Parts } from './parts.ts';

type Looking = Pick<Parts, 'clusters' | 'counters'>;

/** What was seen of a workload and the objects around it a moment ago. */
export type SeenOf = (workload: WorkloadRef) => ClusterState | undefined;

/** Who would put back what these changes write. What cannot be asked is said as not known, never taken for "nobody". */
export async function whoReverts(
  changes: readonly Change[],
  seenOf: SeenOf,
  parts: Looking,
): Promise<readonly Revert[]> {
  const asked = new Map<string, Promise<SyncSettings | undefined>>();
  const settingsOf = (keeper: Keeper, cluster: string) => {
    const key = JSON.stringify([cluster, keeper]);
    const known = asked.get(key) ?? readSettings(keeper, cluster, parts);
    asked.set(key, known);
    return known;
  };
  const reverts: Revert[] = [];
  for (const change of changes) {
    // Nobody keeps the settings and tables of a database; where an operator does, its object is written.
    if (change.kind === 'sql') continue;
    const written = writtenFields(change);
    if (written.fields.length === 0) continue;
    const { workload } = change;
    const { cluster, namespace } = written.object;
    const isBeside = workload.cluster === cluster && workload.namespace === namespace;
    const seen = isBeside ? seenOf(workload) : undefined;
    const object = await objectOf(written.object, seen, parts);
    if (object === undefined) continue;
    reverts.push(...(await revertsOf(written, object, settingsOf)));
  }
  return reverts;
}

async function revertsOf(
  written: WrittenFields,
  object: SeenObject,
  settingsOf: (keeper: Keeper, cluster: string) => Promise<SyncSettings | undefined>,
): Promise<readonly Revert[]> {
  const { cluster, namespace } = written.object;
  const pointers = written.fields.map(({ pointer }) => pointer);
  const reverts: Revert[] = [];
  for (const kept of keptBy(object, namespace, pointers)) {
    const settings = await settingsOf(kept.keeper, cluster);
    const revert = revertOf({ kept, written, object, settings });
    if (revert !== undefined) reverts.push(revert);
  }
  return reverts;
}

async function readSettings(
  keeper: Keeper,
  cluster: string,
  { clusters, counters }: Looking,
): Promise<SyncSettings | undefined> {
  switch (keeper.kind) {
    case 'argo-cd':
    case 'Kustomization':
    case 'HelmRelease': {
      const asked = await askCluster(cluster, counters, () =>
        clusters.syncSettings(cluster, keeper),
      );
      return asked.kind === 'answer' ? asked.answer : { kind: 'unknown', because: asked.problem };
    }
    case 'helm':
    case 'kubectl':
    case 'applier':
    case 'owner':
      return undefined;
  }
}

/** Most are among what was seen already. */
async function objectOf(
  ref: ObjectRef,
  seen: ClusterState | undefined,
  { clusters, counters }: Looking,
): Promise<SeenObject | undefined> {
  if (seen?.scaledObject?.kind === 'seen' && ref.kind === 'ScaledObject') {
    return seen.scaledObject.object;
  }
  const there = seen && seenObjectOf(ref, seen);
  if (there !== undefined) return there;
  const asked = await askCluster(ref.cluster, counters, () => clusters.read(ref));
  return asked.kind === 'answer' ? asked.answer : undefined;
}
