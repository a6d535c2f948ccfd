// One mutation of the world as data: what it is now, what it shall be, how it can be undone. Shown, tested and run as the same value.

import { isDeedDecrease, isDeedTakenBack, type SqlDeed, undoOfDeed } from '../database/sql-deed.ts';
import { assert, unreachable } from '../errors.ts';
import { type ObjectRef, objectKey } from './kinds.ts';
import { takesAway } from './takes-away.ts';

/** Where a workload runs. Names are resolved from headroom.yaml, never from an alert's text. */
export interface WorkloadRef {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly name: string;
}

/** Where a HorizontalPodAutoscaler stands. */
export interface AutoscalerRef {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

/** How a change can be taken back. `none` is named on the card and asks for the stricter rule. */
export type Undo = 'exact' | 'compensating' | 'none';

/** Sets a workload's replicas through its scale subresource. */
export interface ScaleChange {
  readonly kind: 'scale';
  readonly workload: WorkloadRef;
  readonly before: { readonly replicas: number };
  readonly after: { readonly replicas: number };
  /** A floor means "at least": already there is success, and it never lowers. Decreases are exact. */
  readonly floor: boolean;
  readonly undo: Undo;
}

/** How many replicas an autoscaler keeps, and how many it may have. */
export interface ScalingBounds {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Those that a ScaledObject does not state: the number is its default, and nothing stands there. */
  readonly unstated?: readonly ('minReplicas' | 'maxReplicas')[];
}

/** Moves the limits of the autoscaler that owns a workload. */
export interface AutoscalerChange {
  readonly kind: 'autoscaler';
  readonly workload: WorkloadRef;
  readonly autoscaler: AutoscalerRef;
  /** The ScaledObject (KEDA) that makes the autoscaler: its limits are written in place of the autoscaler's. */
  readonly scaledObject?: string;
  readonly before: ScalingBounds;
  readonly after: ScalingBounds;
  readonly floor: boolean;
  readonly undo: Undo;
}

/** What can be written into an object: plain JSON. Null is not among it, because it means that nothing is there. */
export type FieldValue =
  | string
  | number
  | boolean
  | readonly FieldValue[]
  | { readonly [key: string]: FieldValue };

/** One field a patch writes. A missing `before` or `after` means that the field is not there. */
export interface PatchField {
  /** Where it stands in the object: a JSON Pointer (RFC 6901). */
  readonly pointer: string;
  /** For people, such as `cpu request`. */
  readonly what: string;
  readonly before?: FieldValue;
  readonly after?: FieldValue;
  /** The last item of a list, which has as many items before it as the pointer says. */
  readonly append?: true;
}

/** What must hold for the pointers to mean what they did, such as the container's name at an index. */
export interface PatchGuard {
  readonly pointer: string;
  readonly equals: FieldValue;
}

/** Writes some fields of one object in one request, on the condition that each is still what the plan saw. */
export interface PatchChange {
  readonly kind: 'patch';
  /** Whom it is for: the target that is locked. The object is the workload itself or stands beside it. */
  readonly workload: WorkloadRef;
  readonly object: ObjectRef;
  readonly fields: readonly PatchField[];
  readonly guards: readonly PatchGuard[];
  /** It changes the pod template, so every pod is replaced. */
  readonly rollout: boolean;
  /** It takes something away: a lower request, a lower limit, a limit where none was. */
  readonly decrease: boolean;
  readonly floor: false;
  readonly undo: Undo;
}

/** Makes an object that is not there, by server-side apply: what somebody else has made meanwhile is not overwritten. */
export interface CreateChange {
  readonly kind: 'create';
  /** Whom it is for: the target that is locked. */
  readonly workload: WorkloadRef;
  readonly object: ObjectRef;
  /** What stands beside apiVersion, kind and metadata: `spec` or `data`. */
  readonly fields: { readonly [field: string]: FieldValue };
  /** It is the workload itself, whose pods are waited for. */
  readonly rollout: boolean;
  readonly floor: false;
  readonly undo: Undo;
}

/** Takes away what a plan made; only ever the undo of a creation, never part of a plan. */
export interface RemoveChange {
  readonly kind: 'remove';
  readonly workload: WorkloadRef;
  readonly object: ObjectRef;
  /** The plan that made it, as the object's annotation says; nothing else is taken away. */
  readonly madeBy: string;
}

/** A database of headroom.yaml, and the server that was behind its address when the plan was drawn. */
export interface DatabaseRef {
  readonly system: string;
  /** As procedures name it, such as main. */
  readonly name: string;
  /** A standby of headroom.yaml. (Default: the primary) */
  readonly standby?: string;
  /** The server's system_identifier, which its standbys share. */
  readonly server: string;
}

/** Has a database do one thing by SQL; the statements follow from the deed, wherever it is shown or sent. */
export interface SqlChange {
  readonly kind: 'sql';
  /** Whose plan it is for. */
  readonly workload: WorkloadRef;
  readonly database: DatabaseRef;
  readonly deed: SqlDeed;
  readonly floor: false;
  readonly undo: Undo;
}

/** What is written to a cluster. */
export type ClusterChange = ScaleChange | AutoscalerChange | PatchChange | CreateChange;

export type Change = ClusterChange | SqlChange;

/** The changes whose undo is exact and which a failed plan takes back. */
export type Reversible = PatchChange | CreateChange | SqlChange;

/** Whether a failed plan takes the change back; replicas and limits of autoscalers that were added stay, they serve. */
export function isTakenBack<T extends { readonly kind: string; readonly undo?: Undo }>(
  change: T | Change,
): change is Extract<T | Change, Reversible> {
  if (change.undo !== 'exact') return false;
  if (change.kind === 'sql') return isDeedTakenBack((change as SqlChange).deed);
  return change.kind === 'patch' || change.kind === 'create';
}

/** What takes a creation back: only while the object is still the plan's own. */
export function removalOf({ workload, object }: CreateChange, planId: string): RemoveChange {
  return { kind: 'remove', workload, object, madeBy: planId };
}

/** What takes a change back: on the condition that what it wrote still stands. */
export function undoOf(change: ScaleChange | AutoscalerChange): ScaleChange | AutoscalerChange;
export function undoOf(change: PatchChange): PatchChange;
export function undoOf(change: PatchChange | SqlChange): PatchChange | SqlChange;
export function undoOf(change: Exclude<Change, CreateChange>): Exclude<Change, CreateChange>;
export function undoOf(change: Exclude<Change, CreateChange>): Exclude<Change, CreateChange> {
  switch (change.kind) {
    case 'scale':
      return { ...change, before: change.after, after: change.before, floor: false };
    case 'autoscaler':
      return { ...change, before: change.after, after: change.before, floor: false };
    case 'patch':
      return undoOfPatch(change);
    case 'sql': {
      const { by } = undoOfDeed(change.deed);
      assert(by !== undefined, 'only what can be taken back is taken back');
      return { ...change, deed: by };
    }
    default:
      return unreachable(change);
  }
}

/** The last is taken back first, because what was appended to a list moves up when an item before it goes. */
function undoOfPatch(change: PatchChange): PatchChange {
  const fields = change.fields.toReversed().map(
    ({ pointer, what, before, after, append }): PatchField => ({
      pointer,
      what,
      ...(append && { append }),
      ...(after !== undefined && { before: after }),
      ...(before !== undefined && { after: before }),
    }),
  );
  return { ...change, fields, decrease: fields.some(takesAway) };
}

/** The name under which a workload is locked and under which plans for it are found. */
export function targetKey(workload: WorkloadRef): string {
  return objectKey(workload);
}

/** Everything a change locks: what it is for, and the server it goes to, where one restart is everybody's. */
export function lockedBy(change: Change): readonly string[] {
  const own = targetKey(change.workload);
  return change.kind === 'sql' ? [own, `database/${change.database.server}`] : [own];
}

/** Whether a change takes capacity away; decreases follow stricter rules. */
export function isDecrease(change: Change): boolean {
  switch (change.kind) {
    case 'scale':
      return change.after.replicas < change.before.replicas;
    case 'autoscaler':
      return (
        change.after.minReplicas < change.before.minReplicas ||
        change.after.maxReplicas < change.before.maxReplicas
      );
    case 'patch':
      return change.decrease;
    case 'create':
      return false;
    case 'sql':
      return isDeedDecrease(change.deed);
  }
}
