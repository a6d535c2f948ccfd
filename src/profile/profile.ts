// What a profile says once it is read: everything Headroom knows about a system, as plain numbers.
import type { Formula } from './formula.ts';

/** A system's capacity model. The names of inputs, components and triggers are the keys of the maps. */
export interface Profile {
  readonly id: string;
  readonly title: string;
  /** The document every `source` refers to. */
  readonly guide: string;
  readonly inputs: ReadonlyMap<string, Input>;
  readonly components: ReadonlyMap<string, Component>;
  readonly triggers: ReadonlyMap<string, Trigger>;
  /** In order of precedence. */
  readonly sizings: readonly Sizing[];
  readonly cost?: CostRates;
}

/** A number a sizing depends on. */
export interface Input {
  readonly name: string;
  readonly type: 'integer' | 'number';
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly required: boolean;
  /** Computed from other inputs when it is not given. */
  readonly default?: Formula;
  readonly description?: string;
}

type WorkloadKind = 'Deployment' | 'StatefulSet';

export interface Component {
  readonly id: string;
  /** Where it usually runs; headroom.yaml can say otherwise for a system. */
  readonly workload: {
    readonly kind: WorkloadKind;
    readonly namespace: string;
    readonly name: string;
    readonly container: string;
  };
  readonly replicas: {
    readonly min: number;
    readonly max: number;
    readonly baseline: number;
    readonly source: string;
  };
  /** What one pod requests. */
  readonly pod: {
    readonly cpuMillicores: number;
    readonly memoryMi: number;
    readonly source: string;
  };
  /** What one pod gets done. */
  readonly throughput?: Throughput;
  readonly autoscaling?: Autoscaling;
}

export interface Throughput {
  readonly value: number;
  /** For people, such as `jobs/min`. */
  readonly unit: string;
  /** The same per minute; absent when the unit is no rate (a pod that holds 1667 sensors). */
  readonly perMinute?: number;
  readonly source: string;
}

export interface Autoscaling {
  readonly hpa?: { readonly name: string; readonly min: number; readonly max: number };
  readonly up?: ScalingPolicy;
  readonly down?: ScalingPolicy;
  readonly source: string;
}

/** How far replicas may move in one period: Kubernetes' HPA behaviour. At least one of percent and pods is given. */
export interface ScalingPolicy {
  readonly percent?: number;
  readonly pods?: number;
  readonly periodSeconds: number;
  readonly select: 'Max' | 'Min' | 'Disabled';
  readonly windowSeconds: number;
}

interface TriggerBase {
  readonly id: string;
  /** The alertname that fires it. */
  readonly alert: string;
  /** The alert's rule, with `$namespace`, `$workload` and `$container` to be filled in. */
  readonly expr: string;
  readonly forMs: number;
  readonly component: string;
  /** The unit of what is measured; `ratio` is a share of one and is shown in percent. */
  readonly unit: string;
  readonly fireAt: number;
  /** PromQL with the same names to fill in; its answer is one number. */
  readonly measure: {
    readonly promql: string;
    /** PromQL for when the oldest sample behind it was taken, in Unix seconds; without it an answer counts as of now. */
    readonly sampledAt?: string;
  };
  /** A measurement older than this is stale. */
  readonly maxAgeSeconds: number;
  readonly source: string;
}

/** A share or an average per pod: more pods lower it in proportion. */
export interface RatioTrigger extends TriggerBase {
  readonly kind: 'ratio';
  readonly target: number;
  readonly outcome: { readonly withinMinutes: number };
}

/** A stock that drains: pods must serve what arrives and clear what waits. */
export interface BacklogTrigger extends TriggerBase {
  readonly kind: 'backlog';
  readonly target: number;
  /** Arrivals per minute. */
  readonly arrival?: { readonly promql: string };
  readonly drainMinutes: number;
  readonly outcome: { readonly withinMinutes: number };
}

/** A symptom with many causes: says what to look at and proposes no size. */
export interface InvestigateTrigger extends TriggerBase {
  readonly kind: 'investigate';
  readonly target?: number;
  readonly lookAt: readonly string[];
}

export type Trigger = RatioTrigger | BacklogTrigger | InvestigateTrigger;

/** One way to derive replicas from the inputs. */
export interface Sizing {
  readonly id: string;
  readonly source: string;
  readonly component: string;
  readonly replicas: Formula;
  /** What each of its pods requests; absent when it says nothing about pods. */
  readonly pod?: { readonly cpuMillicores: Formula; readonly memoryMi: Formula };
}

export interface CostRates {
  readonly cpuCoreHourUsd: number;
  /** Per GB of 2^30 bytes. */
  readonly memoryGbHourUsd: number;
  readonly databaseGbMonthUsd?: number;
  readonly hoursPerMonth: number;
  readonly source: string;
}
