// Writes through the port as a plan would make them: the change, the look it is compared with, the request that follows.

import { expect } from 'vitest';
import type {
  AutoscalerChange,
  ClusterChange,
  CreateChange,
  PatchChange,
  PatchField,
  RemoveChange,
  ScaleChange,
  WorkloadRef,
} from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { compareChange } from '../../src/change/compare.ts';
import type { ObjectKind, ObjectRef } from '../../src/change/kinds.ts';
import { markOf } from '../../src/change/plan-mark.ts';
import type { Clusters, WriteAnswer } from '../../src/ports.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import type { Place } from './place.ts';

/** The plan whose mark the contract's objects bear. */
export const planId = 'p-0contract';

/** Whom a change is for. */
export function workloadOf(
  place: Place,
  name: string,
  kind: WorkloadRef['kind'] = 'Deployment',
): WorkloadRef {
  return place.ref(kind, name);
}

/** Makes an object of a kind; one of a workload waits for its pods. */
export function making(
  place: Place,
  { kind, name, fields }: { kind: ObjectKind; name: string; fields: CreateChange['fields'] },
): CreateChange {
  const rollout = kind === 'Deployment' || kind === 'StatefulSet';
  const workload = workloadOf(place, name, kind === 'StatefulSet' ? kind : 'Deployment');
  const object = place.ref(kind, name);
  return { kind: 'create', workload, object, fields, rollout, floor: false, undo: 'exact' };
}

/** Changes fields of an object. */
export function changing(object: ObjectRef, fields: readonly PatchField[]): PatchChange {
  const { kind, cluster, namespace, name } = object;
  const isWorkload = kind === 'Deployment' || kind === 'StatefulSet';
  return {
    kind: 'patch',
    workload: { cluster, namespace, kind: isWorkload ? kind : 'Deployment', name },
    object,
    fields,
    guards: [],
    rollout: isWorkload,
    decrease: false,
    floor: false,
    undo: 'exact',
  };
}

/** Scales a workload. */
export function scaling(workload: WorkloadRef, before: number, after: number): ScaleChange {
  return {
    kind: 'scale',
    workload,
    before: { replicas: before },
    after: { replicas: after },
    floor: false,
    undo: 'exact',
  };
}

type Bounds = AutoscalerChange['before'];

/** Moves the limits of an autoscaler that bears the name of its workload. */
export function limiting(workload: WorkloadRef, before: Bounds, after: Bounds): AutoscalerChange {
  const { cluster, namespace, name } = workload;
  const autoscaler = { cluster, namespace, name };
  return { kind: 'autoscaler', workload, autoscaler, before, after, floor: false, undo: 'exact' };
}

interface SendOptions {
  readonly dryRun?: boolean;
  /** (Default: those of the place.) */
  readonly clusters?: Clusters;
  readonly attempts?: number;
}

/** Looks, and sends what a plan would send; a change that has drifted or is there already is sent all the same. */
export async function send(
  place: Place,
  change: ClusterChange | RemoveChange,
  { dryRun = false, clusters = place.clusters, attempts = 5 }: SendOptions = {},
): Promise<WriteAnswer> {
  const state = await observeChange(change, place);
  const comparison = compareChange(change, state);
  const version = comparison.kind === 'unchanged' ? comparison.resourceVersion : '1';
  const write = clusterWrite(change, version, markOf(change, planId, state));
  const answer = await clusters.write(write, { dryRun });
  // Where there is no old value to test, a status that is still being written is in the way: then it is looked at again.
  const isChurn =
    answer.kind === 'refused' &&
    isVersioned(change) &&
    version !== (await versionOf(place, change)) &&
    attempts > 1;
  return isChurn ? send(place, change, { dryRun, clusters, attempts: attempts - 1 }) : answer;
}

function isVersioned(change: ClusterChange | RemoveChange): boolean {
  return change.kind === 'remove' || (change.kind === 'scale' && change.before.replicas === 0);
}

async function versionOf(
  place: Place,
  change: ClusterChange | RemoveChange,
): Promise<string | undefined> {
  const comparison = compareChange(change, await observeChange(change, place));
  return comparison.kind === 'unchanged' ? comparison.resourceVersion : undefined;
}

/** Sends it and sees it reached. */
export async function carryOut(place: Place, change: ClusterChange): Promise<void> {
  expect(await send(place, change)).toEqual({ kind: 'written' });
  expect(await standingOf(place, change)).toBe('reached');
}

/** Whether a change is still to be made, made, or overtaken. */
export async function standingOf(place: Place, change: ClusterChange | RemoveChange) {
  return compareChange(change, await observeChange(change, place)).kind;
}

/** The words of a refusal; anything else is a failure of the contract. */
export function refusal(answer: WriteAnswer): string {
  if (answer.kind !== 'refused') throw new Error(`expected no, got ${JSON.stringify(answer)}`);
  return answer.because;
}
