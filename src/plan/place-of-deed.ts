// Where the cluster's objects of a database deed stand; nowhere where a person has to do it.

import type { WorkloadRef } from '../change/change.ts';
import type { ObjectRef } from '../change/kinds.ts';
import type { StepChange } from '../sizing/planned-step.ts';
import { type ClusterDeed, isClusterDeed, objectsOfDeed } from './database-deed-changes.ts';
import { poolerName } from './pooler-objects.ts';
import type { DatabasePlace, System } from './system.ts';

/** What a step does to a database. */
export type DatabaseStep = Extract<StepChange, { readonly kind: 'database' }>;

/** What a deed of a cluster needs to know. */
export interface PlacedDeed {
  readonly deed: ClusterDeed;
  readonly database: DatabasePlace;
  /** What is locked and, where it is a pooler's, waited for. */
  readonly workload: WorkloadRef;
  /** Where the objects stand, which may be another namespace than the workload's. */
  readonly place: { readonly cluster: string; readonly namespace: string };
  readonly objects: readonly ObjectRef[];
}

/**
 * Undefined where headroom.yaml does not say enough of the database for objects of the cluster to do it: a replica of a
 * server that no operator keeps would be a second, empty primary.
 */
export function placeOfDeed(change: DatabaseStep, system: System): PlacedDeed | undefined {
  const database = system.databases.get(change.database);
  if (database === undefined || !isClusterDeed(change)) return undefined;
  const objects = objectsOfDeed(change, database);
  if (objects.length === 0) return undefined;
  const [first] = system.workloads.values();
  const namespace = database.namespace ?? first?.namespace;
  if (namespace === undefined || first === undefined) return undefined;
  const { cluster } = system;
  const place = { cluster, namespace };
  const isPooler = change.deed === 'pooler' && database.operated === undefined;
  const own = { cluster, namespace: first.namespace, kind: first.kind, name: first.name };
  return {
    deed: change,
    database,
    workload: isPooler ? { ...place, kind: 'Deployment', name: poolerName } : own,
    place,
    objects: objects.map(({ kind, name }) => ({ ...place, kind, name })),
  };
}
