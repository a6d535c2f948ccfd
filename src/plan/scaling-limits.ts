// Finds whose limits decide how many pods a workload has: an autoscaler's, those of the ScaledObject that makes it, or nobody's.

import type { AutoscalerChange, ScalingBounds, WorkloadRef } from '../change/change.ts';
import type { AutoscalerState, ClusterState } from '../change/compare.ts';
import { limitsOf, madeBy, pauseOf } from '../change/scaled-object.ts';

/** The limits that can be moved; those of a ScaledObject stand in for the ones of the autoscaler it makes. */
export interface ScalingLimits extends ScalingBounds {
  readonly kind: 'limits';
  readonly autoscaler: AutoscalerState;
  readonly scaledObject?: string;
  readonly notes: readonly string[];
  /** Why the workload is not scaled past them. */
  readonly because: string;
}

type WhoseLimits =
  | ScalingLimits
  /** Nothing scales it by itself. */
  | { readonly kind: 'nobody'; readonly notes: readonly string[] }
  | { readonly kind: 'none'; readonly enough: false; readonly because: string };

/** Who decides; `none` when writing would be undone or would help nobody, with the reason. */
export function limitsFor(state: ClusterState): WhoseLimits {
  const scaling = state.objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  if (scaling.length > 1) {
    const names = scaling.map(({ name }) => name).join(' and ');
    return none(
      `autoscalers ${names} are for the same workload, and neither acts while both are there; remove one of them`,
    );
  }
  const { autoscaler } = state;
  if (autoscaler === undefined) return withoutAutoscaler(state);
  const { name, minReplicas, maxReplicas } = autoscaler;
  const [object] = scaling;
  const scaledObject = object && madeBy(object);
  const because = `autoscaler ${name} owns this workload and decides itself when to shrink it`;
  if (scaledObject === undefined) {
    return { kind: 'limits', autoscaler, minReplicas, maxReplicas, notes: [], because };
  }
  const made = state.scaledObject;
  if (made?.kind !== 'seen' || made.object.name !== scaledObject) {
    const why =
      made?.kind === 'unknown' ? made.because : 'there is none of that name for this workload';
    return none(
      `autoscaler ${name} is made by ScaledObject ${scaledObject}, which sets its limits back; the change belongs there, but ${why}`,
    );
  }
  const pause = pauseOf(made.object);
  return {
    kind: 'limits',
    autoscaler,
    scaledObject,
    ...limitsOf(made.object),
    because: `ScaledObject ${scaledObject} owns this workload and decides itself when to shrink it`,
    notes: [
      `KEDA makes autoscaler ${name} from ScaledObject ${scaledObject}, so that is what is changed.`,
      ...(pause === undefined ? [] : [`ScaledObject ${scaledObject} is being paused.`]),
    ],
  };
}

/** A paused ScaledObject has no autoscaler; one that is not paused should have one. */
function withoutAutoscaler({ scaledObject }: ClusterState): WhoseLimits {
  if (scaledObject?.kind !== 'seen') return { kind: 'nobody', notes: [] };
  const { name } = scaledObject.object;
  const pause = pauseOf(scaledObject.object);
  if (pause === undefined) {
    return none(
      `ScaledObject ${name} is for this workload but has no autoscaler; its conditions say why, and that is what needs mending`,
    );
  }
  if (pause.at !== undefined) {
    return none(
      `ScaledObject ${name} is paused and holds this workload at ${pause.at} replicas (annotation ${pause.annotation}); change that number, or resume it`,
    );
  }
  return {
    kind: 'nobody',
    notes: [
      `ScaledObject ${name} is paused (annotation ${pause.annotation}); once it is resumed, it decides the size again.`,
    ],
  };
}

function none(because: string): Extract<WhoseLimits, { kind: 'none' }> {
  return { kind: 'none', enough: false, because };
}

/** The bounds alone, as a change has them before it. */
function boundsOf({ minReplicas, maxReplicas, unstated }: ScalingBounds): ScalingBounds {
  return { minReplicas, maxReplicas, ...(unstated && { unstated }) };
}

/** The change that moves them; a floor never lowers. */
export function limitsMoved(
  workload: WorkloadRef,
  limits: ScalingLimits,
  after: AutoscalerChange['after'],
  { floor }: { readonly floor: boolean },
): AutoscalerChange {
  const { cluster, namespace } = workload;
  const { autoscaler, scaledObject } = limits;
  return {
    kind: 'autoscaler',
    workload,
    autoscaler: { cluster, namespace, name: autoscaler.name },
    ...(scaledObject !== undefined && { scaledObject }),
    before: boundsOf(limits),
    after,
    floor,
    undo: 'exact',
  };
}
