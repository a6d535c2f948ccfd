// What is known where a step of a procedure is turned into changes, and what can come of it.

import type { ClusterChange, WorkloadRef } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import type { ObjectKind, ObjectRef } from '../change/kinds.ts';
import { valueAt } from '../change/pointer.ts';
import type { Component } from '../profile/profile.ts';

/** Everything a step's changes follow from. */
export interface StepFacts {
  /** Where objects beside the workload stand. */
  readonly place: { readonly cluster: string; readonly namespace: string };
  readonly workload: WorkloadRef;
  readonly container: string;
  /** Absent where the workload has a name of its own: the component's limits and autoscalers are not about it. */
  readonly component?: Component;
  /** Of the workload and its autoscaler, with the step's own object where that is there. */
  readonly state: ClusterState;
  /** When the plan is drawn, ISO 8601 in UTC: what a restart writes. */
  readonly at: string;
  /** The profile says that another replica of a StatefulSet is not a second, empty primary. */
  readonly mayScaleStatefulSet: boolean;
  /** Whether the class of a volume lets it grow. (Default: not known) */
  readonly mayGrow?: boolean;
}

/** The changes of one step, in the order in which they are safe. */
export type StepChanges =
  | {
      readonly kind: 'changes';
      readonly changes: readonly ClusterChange[];
      readonly notes: readonly string[];
    }
  /** All is there already. */
  | { readonly kind: 'none'; readonly because: string }
  /** It cannot be done from here, or not safely. */
  | { readonly kind: 'refused'; readonly because: string };

export function refused(because: string): StepChanges {
  return { kind: 'refused', because };
}

export function alreadyThere(because: string): StepChanges {
  return { kind: 'none', because };
}

/** An object of the step's place. */
export function refIn({ place }: StepFacts, kind: ObjectKind, name: string): ObjectRef {
  return { ...place, kind, name };
}

/** The object among those that were looked at. */
export function seenIn(
  { state }: StepFacts,
  kind: ObjectKind,
  name: string,
): SeenObject | undefined {
  return seenObjectOf({ kind, name }, state);
}

/** The workload as patches see it. */
export function seenWorkload(facts: StepFacts): SeenObject | undefined {
  return seenIn(facts, facts.workload.kind, facts.workload.name);
}

/** The name of the object of this kind that owns another one. */
export function ownerOf(seen: SeenObject | undefined, kind: string): string | undefined {
  const owners = valueAt(seen?.value, '/metadata/ownerReferences');
  const owner: unknown = Array.isArray(owners)
    ? owners.find((each: unknown) => valueAt(each, '/kind') === kind)
    : undefined;
  const name = valueAt(owner, '/name');
  return typeof name === 'string' ? name : undefined;
}
