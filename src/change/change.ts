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

export type Change = ScaleChange | AutoscalerChange;

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
  }
}
