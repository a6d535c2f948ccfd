// Compares what a change expects with what is there now: unchanged, already reached, or drifted (and who did it).

import type { Answers } from '../database/query.ts';
import { standingOf } from '../database/sql-deed.ts';
import { unreachable } from '../errors.ts';
import type { ScalingPolicy } from '../profile/profile.ts';
import type { PodShape } from '../sizing/pod-need.ts';
import type { AutoscalerChange, Change, RemoveChange, SqlChange } from './change.ts';
import { compareCreate, compareRemove } from './compare-create.ts';
import { comparePatch, seenObjectOf, whyPaused } from './compare-patch.ts';
import { changedBy, whoWrote } from './field-owner.ts';
import { limitsOf, scaledObjectLimits } from './scaled-object.ts';

/** What a cluster says about a workload now. */
export interface WorkloadState {
  readonly resourceVersion: string;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly updatedReplicas: number;
  /** Pods of an older template that are still there. (Default: none.) */
  readonly outdatedReplicas?: number;
  /** The controller has seen the present spec; before that the counters speak of an older one. */
  readonly observed: boolean;
  /** A rollout that has given up: the Progressing condition's message. */
  readonly stuck?: string;
  /** Why pods are not ready, most frequent first: "3 pods: ImagePullBackOff". */
  readonly notReady: readonly string[];
  /** Who set replicas last: the field manager and when, where the cluster tells. */
  readonly lastScaledBy?: string;
  /** What one of its pods requests, by its template: containers, sidecars and what its start takes, as a scheduler adds them up. */
  readonly podCpuMillicores?: number;
  readonly podMemoryMi?: number;
  /** What one more of its pods would ask for. */
  readonly pod?: PodShape;
}

/** A number an autoscaler keeps near its target, per pod or in all. */
export interface AutoscalerMetric {
  readonly name: string;
  readonly current: number;
  readonly target: number;
  /** A share of what pods request, or a quantity in the metric's own unit. */
  readonly unit: 'ratio' | '';
}

/** What a cluster says about the autoscaler of a workload now. */
export interface AutoscalerState {
  readonly name: string;
  readonly resourceVersion: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly desiredReplicas?: number;
  /** False when its metrics cannot be read: then its size says nothing. */
  readonly active: boolean;
  readonly inactiveBecause?: string;
  /** It would go higher but for maxReplicas. */
  readonly limited: boolean;
  /** What it looks at, as far as it reports numbers; a metric it cannot read is not among them. */
  readonly metrics: readonly AutoscalerMetric[];
  /** How far its own behaviour lets it go up in one period. (Default: it states none.) */
  readonly up?: ScalingPolicy;
  readonly lastChangedBy?: string;
}

/** An object as a patch sees it: its values by pointer, and who wrote what. */
export interface SeenObject {
  readonly kind: string;
  readonly name: string;
  readonly resourceVersion: string;
  /** Plain JSON: what the object holds, and of its metadata labels, annotations and owners. */
  readonly value: unknown;
  /** Newest first; `fields` is the set of fields they own, in the form the API server gives. */
  readonly writers: readonly {
    /** The field manager's name. */
    readonly manager: string;
    /** It applied them (server-side apply): whenever it does so again, it wants them as it has them. (Default: no) */
    readonly applies?: true;
    /** The same with the time of its last write. */
    readonly who: string;
    readonly fields: unknown;
  }[];
}

/** A vertical autoscaler that sets a workload's requests; one that is off sets nothing and is not seen. */
export type VerticalAutoscaler =
  | { readonly kind: 'none' }
  | { readonly kind: 'seen'; readonly name: string; readonly mode: string }
  | { readonly kind: 'unknown'; readonly because: string };

/** The ScaledObject (KEDA) that scales a workload; where that cannot be asked, nobody knows. */
export type ScaledObjectSeen =
  | { readonly kind: 'none' }
  | { readonly kind: 'seen'; readonly object: SeenObject }
  | { readonly kind: 'unknown'; readonly because: string };

export interface ClusterState {
  readonly workload: WorkloadState | undefined;
  readonly autoscaler: AutoscalerState | undefined;
  /** The workload and its autoscaler, and the object a change is about where it is another one, as patches see them. */
  readonly objects: readonly SeenObject[];
  /** Only asked for while a plan is drawn. */
  readonly scaledObject?: ScaledObjectSeen;
  /** Only asked for where requests are changed. */
  readonly vertical?: VerticalAutoscaler;
}

/** What a change is compared with: a cluster, or what a database answered to the questions of a deed. */
export interface State extends ClusterState {
  readonly answers?: Answers;
}

export type Comparison =
  /** Of a cluster, the version of the object that was seen. */
  | { readonly kind: 'unchanged'; readonly resourceVersion: string }
  | { readonly kind: 'reached' }
  | { readonly kind: 'drifted'; readonly because: string };

/** Says whether a change may still be written. Only the fields it writes count: a status that moves is no drift. */
export function compareChange(change: Change | RemoveChange, now: State): Comparison {
  switch (change.kind) {
    case 'scale':
      return compareScale(change, now);
    case 'autoscaler':
      return compareAutoscaler(change, now);
    case 'patch':
      return comparePatch(change, now);
    case 'create':
      return compareCreate(change, now);
    case 'remove':
      return compareRemove(change, now);
    case 'sql':
      return compareSql(change, now);
    default:
      return unreachable(change);
  }
}

/** The same before a write: a rollout that somebody holds would be waited for in vain, and then taken back. */
export function compareBeforeWrite(change: Change | RemoveChange, now: State): Comparison {
  const comparison = compareChange(change, now);
  const isRollout = change.kind === 'patch' && change.rollout;
  if (comparison.kind !== 'unchanged' || !isRollout) return comparison;
  const seen = seenObjectOf(change.workload, now);
  const because = seen && whyPaused(seen);
  return because === undefined ? comparison : { kind: 'drifted', because };
}

/** What the server is at right now, or has begun, is still to be done: who writes waits for it, and sends the rest. */
function compareSql({ deed }: SqlChange, { answers = [] }: State): Comparison {
  const standing = standingOf(deed, answers);
  switch (standing.kind) {
    case 'unchanged':
    case 'under-way':
      return { kind: 'unchanged', resourceVersion: '' };
    case 'reached':
      return { kind: 'reached' };
    case 'drifted':
      return standing;
    default:
      return unreachable(standing);
  }
}

function compareScale(change: Extract<Change, { kind: 'scale' }>, now: ClusterState): Comparison {
  const { workload } = now;
  const name = `${change.workload.kind} ${change.workload.name}`;
  if (workload === undefined) return { kind: 'drifted', because: `${name} is no longer there` };
  // An autoscaler leaves a workload at zero alone, so it neither undoes a change to zero nor makes the one from there.
  const isAutoscaled = change.before.replicas > 0 && change.after.replicas > 0;
  if (now.autoscaler !== undefined && isAutoscaled) {
    return {
      kind: 'drifted',
      because: `autoscaler ${now.autoscaler.name} owns ${name} now and would undo a change of its replicas`,
    };
  }
  const { replicas } = workload;
  const reached = change.floor
    ? replicas >= change.after.replicas
    : replicas === change.after.replicas;
  if (reached) return { kind: 'reached' };
  if (replicas === change.before.replicas) {
    return { kind: 'unchanged', resourceVersion: workload.resourceVersion };
  }
  return {
    kind: 'drifted',
    because: `${name} has ${replicas} replicas, the plan saw ${change.before.replicas}${changedBy(workload.lastScaledBy)}`,
  };
}

function compareAutoscaler(change: AutoscalerChange, now: ClusterState): Comparison {
  const { autoscaler, workload } = now;
  if (workload === undefined) {
    return {
      kind: 'drifted',
      because: `${change.workload.kind} ${change.workload.name} is no longer there`,
    };
  }
  if (autoscaler === undefined || autoscaler.name !== change.autoscaler.name) {
    return {
      kind: 'drifted',
      because: `autoscaler ${change.autoscaler.name} is no longer there`,
    };
  }
  return change.scaledObject === undefined
    ? compareLimits(change, `autoscaler ${autoscaler.name}`, autoscaler)
    : compareScaledObject(change, change.scaledObject, now);
}

/** What counts is the ScaledObject: the autoscaler follows it a moment later. */
function compareScaledObject(
  change: AutoscalerChange,
  scaledObject: string,
  now: ClusterState,
): Comparison {
  const name = `ScaledObject ${scaledObject}`;
  const object = seenObjectOf({ kind: 'ScaledObject', name: scaledObject }, now);
  if (object === undefined) return { kind: 'drifted', because: `${name} is no longer there` };
  const who = whoWrote(object, `/spec/${scaledObjectLimits.maxReplicas.field}`);
  const limits = { ...limitsOf(object), resourceVersion: object.resourceVersion };
  return compareLimits(
    change,
    name,
    who === undefined ? limits : { ...limits, lastChangedBy: who },
  );
}

function compareLimits(
  change: AutoscalerChange,
  name: string,
  seen: Pick<AutoscalerState, 'minReplicas' | 'maxReplicas' | 'resourceVersion' | 'lastChangedBy'>,
): Comparison {
  const moved = (['minReplicas', 'maxReplicas'] as const).filter(
    (field) => change.before[field] !== change.after[field],
  );
  const reached = moved.every((field) =>
    change.floor ? seen[field] >= change.after[field] : seen[field] === change.after[field],
  );
  if (reached) return { kind: 'reached' };
  const other = moved.find((field) => seen[field] !== change.before[field]);
  if (other === undefined) return { kind: 'unchanged', resourceVersion: seen.resourceVersion };
  return {
    kind: 'drifted',
    because: `${name} has ${other} ${seen[other]}, the plan saw ${change.before[other]}${changedBy(seen.lastChangedBy)}`,
  };
}
