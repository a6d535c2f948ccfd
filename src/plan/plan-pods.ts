// What a plan makes of the pods of its workloads: how many and how big there are after all of its changes.

import { type Change, targetKey, type WorkloadRef } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import { valueAt } from '../change/pointer.ts';
import type { Disruption } from '../sizing/disruption.ts';
import { type PodShape, sameNeed } from '../sizing/pod-need.ts';
import { podShapeOf } from '../sizing/pod-shape.ts';
import type { WantedPods } from '../sizing/room.ts';
import { afterChange } from './after-change.ts';

/** The changes of one workload, and what was seen of it before any of them. */
export interface WorkloadChanges {
  readonly workload: WorkloadRef;
  readonly changes: readonly Change[];
  readonly state: ClusterState;
}

/** Puts together what was seen for each change; `states` are in the order of the changes. */
export function byWorkload(
  changes: readonly Change[],
  states: readonly (ClusterState | undefined)[],
): readonly WorkloadChanges[] {
  const found = new Map<string, WorkloadChanges>();
  for (const [index, change] of changes.entries()) {
    const state = states[index];
    if (state === undefined) continue;
    const key = targetKey(change.workload);
    const before = found.get(key);
    found.set(key, {
      workload: change.workload,
      changes: [...(before?.changes ?? []), change],
      state: before === undefined ? state : joined(before.state, state),
    });
  }
  return [...found.values()];
}

function joined(one: ClusterState, other: ClusterState): ClusterState {
  const more = other.objects.filter(
    ({ kind, name }) => !one.objects.some((own) => own.kind === kind && own.name === name),
  );
  return {
    ...other,
    ...one,
    workload: one.workload ?? other.workload,
    autoscaler: one.autoscaler ?? other.autoscaler,
    objects: [...one.objects, ...more],
  };
}

/** The pods that are there more, or bigger, after the changes; undefined when there are none or they are not known. */
export function podsWanted(
  { workload, changes, state }: WorkloadChanges,
  component: string,
): WantedPods | undefined {
  const after = changes.reduce(afterChange, state);
  const shape = shapeOf(workload, after);
  if (shape === undefined || after.workload === undefined) return undefined;
  const before = shapeOf(workload, state);
  const { before: present, after: replicas } = podCounts({ workload, changes, state });
  const grows = replicas > present || before === undefined || !sameNeed(before, shape);
  const startsFirst = replicas > 0 && present > 0 && isSurging(workload, changes, state);
  if ((!grows && !startsFirst) || replicas === 0) return undefined;
  return {
    component,
    namespace: workload.namespace,
    owner: `${workload.kind}/${workload.name}`,
    replicas,
    shape,
    ...(before && { now: { replicas: present, shape: before } }),
    ...(startsFirst && { startsFirst }),
  };
}

/** Whether a rollout can only begin with a pod more than there are. */
function isSurging(
  workload: WorkloadRef,
  changes: readonly Change[],
  state: ClusterState,
): boolean {
  const seen = seenObjectOf(workload, state);
  if (!replacesPods(changes) || seen?.kind !== 'Deployment') return false;
  return awayAtOnce(seen, state.workload?.replicas ?? 0) === 0;
}

function replacesPods(changes: readonly Change[]): boolean {
  return changes.some((change) => change.kind === 'patch' && change.rollout);
}

/** How many pods there are, and how many there may be after the changes. */
export function podCounts({ changes, state }: WorkloadChanges): {
  readonly before: number;
  readonly after: number;
} {
  const before = state.workload?.replicas ?? 0;
  const after = changes.reduce(afterChange, state).workload?.replicas ?? before;
  return { before, after: Math.max(after, ceilingOf(changes)) };
}

/** A maximum that is raised is a number of pods that somebody wants to be possible. */
function ceilingOf(changes: readonly Change[]): number {
  const raised = changes.flatMap((change) =>
    change.kind === 'autoscaler' && change.after.maxReplicas > change.before.maxReplicas
      ? [change.after.maxReplicas]
      : [],
  );
  return Math.max(0, ...raised);
}

function shapeOf(workload: WorkloadRef, state: ClusterState): PodShape | undefined {
  const seen = seenObjectOf(workload, state);
  const template = seen && valueAt(seen.value, '/spec/template/spec');
  return podShapeOf(template) ?? state.workload?.pod;
}

/** What the changes do to the pods that run; undefined where none of them goes away. */
export function disruptionOf({
  workload,
  changes,
  state,
}: WorkloadChanges): Disruption | undefined {
  const seen = seenObjectOf(workload, state);
  if (seen === undefined || state.workload === undefined) return undefined;
  const before = state.workload.replicas;
  const after = changes.reduce(afterChange, state).workload?.replicas ?? before;
  const isReplaced = replacesPods(changes);
  if (after >= before && !isReplaced) return undefined;
  return {
    labels: labelsOf(seen),
    before,
    after,
    ...(isReplaced && { away: awayAtOnce(seen, after) }),
  };
}

function labelsOf({ value }: SeenObject): Readonly<Record<string, string>> {
  const labels = valueAt(value, '/spec/template/metadata/labels');
  const entries = Object.entries(labels ?? {});
  return Object.fromEntries(
    entries.flatMap(([key, label]): [string, string][] =>
      typeof label === 'string' ? [[key, label]] : [],
    ),
  );
}

/** How many pods a rollout may have away: the strategy's own bound, a quarter without one; a StatefulSet goes one by one. */
function awayAtOnce({ kind, value }: SeenObject, replicas: number): number {
  if (kind !== 'Deployment') return 1;
  if (valueAt(value, '/spec/strategy/type') === 'Recreate') return replicas;
  const bound = valueAt(value, '/spec/strategy/rollingUpdate/maxUnavailable') ?? '25%';
  if (typeof bound === 'number') return bound;
  const percent = typeof bound === 'string' ? /^(\d+)%$/.exec(bound)?.[1] : undefined;
  return Math.floor((replicas * Number(percent ?? 25)) / 100);
}
