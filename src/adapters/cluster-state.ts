// Puts together what is known of a workload and its autoscaler, whether it was read just now or kept from a watch.

import type {
  V1Deployment,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import type { WorkloadRef } from '../change/change.ts';
import type { ClusterState } from '../change/compare.ts';
import type { Autoscaled } from '../ports.ts';
import { autoscalerState } from './autoscaler-state.ts';
import { readObject, seenObject, workloadState } from './kubernetes-state.ts';

/** `reasons` are why pods are not ready. What scales a workload that is not there is of no interest. */
export function clusterState(
  { kind }: Pick<WorkloadRef, 'kind'>,
  parts: {
    readonly object: V1Deployment | V1StatefulSet | undefined;
    /** The first is the one that counts; that there are others is seen among the objects. */
    readonly scaling: readonly V2HorizontalPodAutoscaler[];
    readonly reasons: readonly string[];
  },
): ClusterState {
  const { object, scaling, reasons } = parts;
  const [autoscaler] = scaling;
  // A server still takes writes to what is being deleted, and nothing comes of them.
  const isGone = object?.metadata?.deletionTimestamp !== undefined;
  if (object === undefined || isGone)
    return { workload: undefined, autoscaler: undefined, objects: [] };
  return {
    workload: workloadState(object, reasons),
    autoscaler: autoscaler && autoscalerState(autoscaler),
    objects: [
      seenObject(kind, object),
      ...scaling.map((item) => seenObject('HorizontalPodAutoscaler', item)),
    ],
  };
}

/** Whether there is a reason to look at a workload's pods. */
export function areAllReady({ spec, status }: V1Deployment | V1StatefulSet): boolean {
  return (status?.readyReplicas ?? 0) >= (spec?.replicas ?? 1);
}

/** What an autoscaler scales; none when it says neither. */
export function scaledBy({ metadata, spec }: V2HorizontalPodAutoscaler): readonly Autoscaled[] {
  if (metadata?.name === undefined || spec === undefined) return [];
  const { kind, name } = spec.scaleTargetRef;
  return [{ autoscaler: metadata.name, kind, workload: name }];
}

/** What was kept of a workload as text. @throws NotKubernetes when it is none. */
export function readWorkload(text: string): V1Deployment | V1StatefulSet {
  return readObject(JSON.parse(text)) as V1Deployment | V1StatefulSet;
}

/** What was kept of an autoscaler as text. @throws NotKubernetes when it is none. */
export function readAutoscaler(text: string): V2HorizontalPodAutoscaler {
  return readObject(JSON.parse(text)) as V2HorizontalPodAutoscaler;
}
