// One mutation of the world as data: what it is now, what it shall be, how it can be undone. Shown, tested and run as the same value.

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

/** Moves the limits of the autoscaler that owns a workload. */
export interface AutoscalerChange {
  readonly kind: 'autoscaler';
  readonly workload: WorkloadRef;
  readonly autoscaler: AutoscalerRef;
  readonly before: { readonly minReplicas: number; readonly maxReplicas: number };
  readonly after: { readonly minReplicas: number; readonly maxReplicas: number };
  readonly floor: boolean;
  readonly undo: Undo;
}

/** What a patch can write: text, a number, or a map of such (a map of requests where none stood before). */
export type FieldValue = string | number | { readonly [key: string]: FieldValue };

/** One field a patch writes. A missing `before` or `after` means that the field is not there. */
export interface PatchField {
  /** Where it stands in the object: a JSON Pointer (RFC 6901). */
  readonly pointer: string;
  /** For people, such as `cpu request`. */
  readonly what: string;
  readonly before?: FieldValue;
  readonly after?: FieldValue;
}

/** What must hold for the pointers to mean what they did, such as the container's name at an index. */
export interface PatchGuard {
  readonly pointer: string;
  readonly equals: FieldValue;
}

/** The object a patch is sent to. */
export interface PatchedObject {
  readonly cluster: string;
  readonly namespace: string;
  readonly apiVersion: 'apps/v1' | 'autoscaling/v2';
  readonly kind: 'Deployment' | 'HorizontalPodAutoscaler';
  readonly name: string;
}

/** Writes some fields of one object in one request, on the condition that each is still what the plan saw. */
export interface PatchChange {
  readonly kind: 'patch';
  /** Whom it is for: the target that is locked. The object is the workload itself or stands beside it. */
  readonly workload: WorkloadRef;
  readonly object: PatchedObject;
  readonly fields: readonly PatchField[];
  readonly guards: readonly PatchGuard[];
  /** It changes the pod template, so every pod is replaced. */
  readonly rollout: boolean;
  /** It takes something away: a lower request, a lower limit, a limit where none was. */
  readonly decrease: boolean;
  readonly floor: false;
  readonly undo: 'exact';
}

export type Change = ScaleChange | AutoscalerChange | PatchChange;

/** The patch that takes a patch back: on the condition that what it wrote still stands. */
export function undoOf(change: PatchChange): PatchChange {
  const fields = change.fields.map(
    ({ pointer, what, before, after }): PatchField => ({
      pointer,
      what,
      ...(after !== undefined && { before: after }),
      ...(before !== undefined && { after: before }),
    }),
  );
  return { ...change, fields };
}

/** The name under which a workload is locked and under which plans for it are found. */
export function targetKey(workload: WorkloadRef): string {
  return `${workload.cluster}/${workload.namespace}/${workload.kind}/${workload.name}`;
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
  }
}
