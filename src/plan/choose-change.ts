// Decides which object a new size is written to: the workload, or the autoscaler that owns it and would undo the rest.

import type { Change, ScaleChange, WorkloadRef } from '../change/change.ts';
import type { AutoscalerState, ClusterState } from '../change/compare.ts';
import type { Component } from '../profile/profile.ts';
import { limitsFor, limitsMoved, type ScalingLimits } from './scaling-limits.ts';

export type ChosenChange =
  | {
      readonly kind: 'change';
      readonly changes: readonly Change[];
      readonly replicasAfter: number;
      readonly notes: readonly string[];
    }
  /** Nothing to write: it is there already (`enough`), or it cannot be done from here. */
  | { readonly kind: 'none'; readonly enough: boolean; readonly because: string };

/** Whether another replica of a StatefulSet joins those that are there. */
type ReplicaAware = Pick<Component, 'replicaAware'>;

/** The change that brings a workload to at least `target` replicas; `target` is above what runs now. */
export function chooseScaleUp(
  workload: WorkloadRef,
  state: ClusterState,
  target: number,
  component?: ReplicaAware,
): ChosenChange {
  const blocked = whyNotScalable(workload, state, component);
  if (blocked !== undefined) return { kind: 'none', enough: false, because: blocked };
  const before = state.workload?.replicas ?? 0;
  const limits = limitsFor(state);
  if (limits.kind === 'none') return limits;
  if (limits.kind === 'nobody') {
    return {
      kind: 'change',
      changes: [scaleTo(workload, before, target, { floor: true })],
      replicasAfter: target,
      notes: limits.notes,
    };
  }
  return raiseAutoscaler(workload, limits, target, before);
}

/** The change that brings a workload to exactly `target` replicas, fewer than run now. */
export function chooseScaleDown(
  workload: WorkloadRef,
  state: ClusterState,
  target: number,
  component?: ReplicaAware,
): ChosenChange {
  const blocked = whyNotScalable(workload, state, component);
  if (blocked !== undefined) return { kind: 'none', enough: false, because: blocked };
  const limits = limitsFor(state);
  if (limits.kind !== 'nobody') return { kind: 'none', enough: false, because: limits.because };
  return {
    kind: 'change',
    changes: [scaleTo(workload, state.workload?.replicas ?? 0, target, { floor: false })],
    replicasAfter: target,
    notes: limits.notes,
  };
}

/** The change of a workload's replicas; a floor never lowers. */
export function scaleTo(
  workload: WorkloadRef,
  before: number,
  after: number,
  { floor }: { readonly floor: boolean },
): ScaleChange {
  return {
    kind: 'scale',
    workload,
    before: { replicas: before },
    after: { replicas: after },
    floor,
    undo: 'exact',
  };
}

/** Why a StatefulSet is not scaled unless its profile says that it may be. */
export function whyNoReplica({ name }: WorkloadRef): string {
  return `${name} is a StatefulSet: another replica may be a second, empty primary, so Headroom does not scale it`;
}

/** Says that a workload is not where headroom.yaml says it is. */
export function missingWorkload({ kind, name, namespace, cluster }: WorkloadRef): string {
  return `there is no ${kind} ${name} in namespace ${namespace} of cluster ${cluster}`;
}

/** Says that an autoscaler's size means nothing at the moment. */
export function brokenMetrics({ name, inactiveBecause }: AutoscalerState): string {
  return `autoscaler ${name} cannot read its metrics (${inactiveBecause ?? 'no reason given'}); that is what needs mending, not the size`;
}

function whyNotScalable(
  workload: WorkloadRef,
  state: ClusterState,
  component: ReplicaAware | undefined,
): string | undefined {
  if (state.workload === undefined) return missingWorkload(workload);
  return workload.kind === 'StatefulSet' && component?.replicaAware !== true
    ? whyNoReplica(workload)
    : undefined;
}

function raiseAutoscaler(
  workload: WorkloadRef,
  limits: ScalingLimits,
  target: number,
  before: number,
): ChosenChange {
  const { autoscaler, scaledObject, minReplicas, maxReplicas, notes } = limits;
  const owner = ownerOf(limits);
  // At zero an autoscaler is never active; KEDA itself ends that rest, any other one leaves it to somebody else.
  if (before === 0 && scaledObject === undefined) return wakeAutoscaled(workload, limits, target);
  if (!autoscaler.active && before > 0) {
    return { kind: 'none', enough: false, because: brokenMetrics(autoscaler) };
  }
  const atMaximum = (autoscaler.limited || before >= maxReplicas) && target > maxReplicas;
  const minWanted = Math.min(target, maxReplicas);
  if (!atMaximum && minWanted <= minReplicas) {
    const who = scaledObject === undefined ? `autoscaler ${autoscaler.name}` : owner;
    return {
      kind: 'none',
      enough: true,
      because: `${who} already keeps at least ${minReplicas} replicas`,
    };
  }
  const after = atMaximum
    ? { minReplicas, maxReplicas: target }
    : { minReplicas: minWanted, maxReplicas };
  return {
    kind: 'change',
    changes: [limitsMoved(workload, limits, after, { floor: true })],
    replicasAfter: atMaximum ? after.maxReplicas : after.minReplicas,
    notes: [
      atMaximum
        ? `${owner} owns this workload and is at its maximum of ${maxReplicas}, so its maximum is raised.`
        : `${owner} owns this workload, so its minimum is raised.`,
      ...(atMaximum ? [] : beyondMaximum(limits, target)),
      ...notes,
    ],
  };
}

/** First what it must keep, then the pods that it would not start: so it never takes away what was just started. */
function wakeAutoscaled(
  workload: WorkloadRef,
  limits: ScalingLimits,
  target: number,
): ChosenChange {
  const { minReplicas, maxReplicas, notes } = limits;
  const wanted = Math.min(target, maxReplicas);
  const minimum = Math.max(wanted, minReplicas);
  const moved =
    minimum > minReplicas
      ? [limitsMoved(workload, limits, { minReplicas: minimum, maxReplicas }, { floor: true })]
      : [];
  return {
    kind: 'change',
    changes: [...moved, scaleTo(workload, 0, wanted, { floor: true })],
    replicasAfter: minimum,
    notes: [
      `${ownerOf(limits)} leaves ${workload.name} alone while it has no pods, so it is started; from then on it keeps at least ${minimum}.`,
      ...beyondMaximum(limits, target),
      ...notes,
    ],
  };
}

function ownerOf({ autoscaler, scaledObject }: ScalingLimits): string {
  return scaledObject === undefined
    ? `Autoscaler ${autoscaler.name}`
    : `ScaledObject ${scaledObject}`;
}

function beyondMaximum({ autoscaler, maxReplicas }: ScalingLimits, target: number): string[] {
  return target <= maxReplicas
    ? []
    : [
        `${target} are wanted; ${maxReplicas} is the most autoscaler ${autoscaler.name} allows, and it is not there yet.`,
      ];
}
