// What every part of the sandbox cluster shares: objects, time, timings and the switches that make things fail.
import type { Clock } from './clock.ts';
import type { Store } from './store.ts';
import type { ObjectWriter } from './writer.ts';

/** Ways a pod can fail to become ready. */
export type PodFailure =
  | 'ImagePullBackOff'
  | 'CrashLoopBackOff'
  | 'OOMKilled'
  | 'NotReady'
  | 'NotStarted'
  | 'Unschedulable'
  | 'Quota';

/** How long things take, in milliseconds, before `speed` divides them. */
export interface Timings {
  /** From scheduled to running. */
  readonly startMs: number;
  /** From running to ready. */
  readonly readyMs: number;
  /** From deletion to gone. */
  readonly stopMs: number;
  /** Between two looks of an autoscaler. */
  readonly autoscalerMs: number;
}

/** What the metrics of a workload say, in percent of the requests. */
export interface Utilization {
  readonly cpu?: number;
  readonly memory?: number;
}

/** The shared state. */
export interface ClusterState {
  readonly store: Store;
  readonly writer: ObjectWriter;
  readonly clock: Clock;
  readonly timings: Timings;
  /** By `namespace/workload`; a pod of its own is its own workload. */
  readonly podFailures: Map<string, PodFailure>;
  /** By `namespace/workload`. */
  readonly utilization: Map<string, Utilization>;
}

/** The key of a workload in the maps of {@link ClusterState}. */
export const workloadKey = (namespace: string, name: string): string => `${namespace}/${name}`;
