// What is known where a procedure becomes a plan, and what has to be looked at for it.

import { targetKey, type WorkloadRef } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { type ObjectRef, objectKey } from '../change/kinds.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import type { BesideLook } from './beside-deed.ts';
import { placeOfDeed } from './place-of-deed.ts';
import type { Origin } from './plan.ts';
import { workloadOfTarget } from './resolve-look.ts';
import type { DatabaseLook } from './sql-changes.ts';
import { type ClusterStep, objectOfStep } from './step-changes.ts';
import type { System } from './system.ts';

/** What has to be looked at before the steps can be turned into changes. */
export interface ProcedureReads {
  readonly workloads: readonly WorkloadRef[];
  readonly objects: readonly ObjectRef[];
}

export interface ProcedureFacts {
  readonly system: System;
  readonly id: string;
  readonly plan: ProcedurePlan;
  /** By target key; every workload of the reads is there. */
  readonly states: ReadonlyMap<string, ClusterState>;
  /** Those that exist, by `objectKey`. */
  readonly objects: ReadonlyMap<string, SeenObject>;
  /** Whether claims may grow, by `objectKey`; of one that is missing it is not known. */
  readonly growth?: ReadonlyMap<string, boolean>;
  /** Clusters that do not answer, with why. Their steps are left to a person; the others go on. */
  readonly away?: ReadonlyMap<string, string>;
  /** What was asked of databases for steps that SQL does, by the step's number. */
  readonly databases?: ReadonlyMap<number, DatabaseLook>;
  /** What was asked of databases for steps that SQL does not do, by the step's number. */
  readonly beside?: ReadonlyMap<number, BesideLook>;
  /** The databases that the plan is there to restart; no other plan may. */
  readonly restarts?: readonly string[];
  readonly origin: Origin;
  readonly now: Date;
}

/** Each workload and object once. */
export function readsOf({ steps }: ProcedurePlan, system: System): ProcedureReads {
  const workloads = new Map<string, WorkloadRef>();
  const objects = new Map<string, ObjectRef>();
  for (const { change } of steps) {
    if (change === undefined) continue;
    if (change.kind === 'database') {
      const at = placeOfDeed(change, system);
      if (at === undefined) continue;
      workloads.set(targetKey(at.workload), at.workload);
      for (const object of at.objects) objects.set(objectKey(object), object);
      continue;
    }
    const workload = workloadOfTarget(change.target, system);
    workloads.set(targetKey(workload), workload);
    for (const object of objectsOfStep(change, workload, system)) {
      objects.set(objectKey(object), object);
    }
  }
  return { workloads: [...workloads.values()], objects: [...objects.values()] };
}

/** What a step must have looked at beside its workload; a volume may be kept by one of the operator's Clusters. */
export function objectsOfStep(
  change: ClusterStep,
  workload: WorkloadRef,
  { databases }: System,
): readonly ObjectRef[] {
  const object = objectOfStep(change, workload);
  const { cluster, namespace } = workload;
  const operated = change.kind === 'storage' ? [...databases.values()] : [];
  return [
    ...(object === undefined ? [] : [object]),
    ...operated.flatMap(({ operated: name }) =>
      name === undefined ? [] : [{ cluster, namespace, kind: 'Cluster' as const, name }],
    ),
  ];
}
