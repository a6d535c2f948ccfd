// What a profile says once it is read: everything Headroom knows about a system, as numbers and checked formulas.
import type { Formula } from './formula.ts';
import type { Checklist, Procedure } from './procedure.ts';
import type { ProfileFile } from './schema/profile-file.ts';

/** A system's capacity model. The names of inputs, values, components and triggers are the keys of the maps. */
export interface Profile {
  readonly id: string;
  readonly title: string;
  /** The document every `source` refers to. */
  readonly guide: string;
  readonly inputs: ReadonlyMap<string, Input>;
  /** Figures that several formulas use; each may use the inputs and those before it. */
  readonly values: ReadonlyMap<string, Value>;
  readonly components: ReadonlyMap<string, Component>;
  readonly triggers: ReadonlyMap<string, Trigger>;
  readonly choose: 'first' | 'largest';
  /** In order of precedence. */
  readonly sizings: readonly Sizing[];
  readonly warnings: readonly Remark[];
  readonly database?: DatabasePlan | undefined;
  readonly network?: NetworkPlan | undefined;
  readonly cost?: CostRates | undefined;
  /** How pods are made to fit what they use; without it by the usual rule. */
  readonly rightSize?: ProfileFile['rightSize'];
  readonly forecast?: ForecastModel | undefined;
  /** What is done, in which order. */
  readonly procedures: ReadonlyMap<string, Procedure>;
  /** What people go through by eye. */
  readonly checklists: ReadonlyMap<string, Checklist>;
}

/** One way to size the system: pods, shards, totals, as one joint statement. */
export type Sizing = ProfileFile['sizings'][number];

/** Something to say when a condition holds. */
export type Remark = ProfileFile['warnings'][number];

/** Equal parts of a system or its database, each planned on its own. */
export type Split = NonNullable<Sizing['split']>;

export type DatabasePlan = NonNullable<ProfileFile['database']>;
type NetworkPlan = NonNullable<ProfileFile['network']>;
export type CostRates = NonNullable<ProfileFile['cost']>;
export type ForecastModel = NonNullable<ProfileFile['forecast']>;
export type Value = ProfileFile['values'][string];

/** A number a sizing depends on. */
export interface Input {
  readonly name: string;
  readonly type: 'integer' | 'number';
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly required: boolean;
  /** Computed from other inputs when it is not given. */
  readonly default?: Formula | undefined;
  /** More of it never needs less. */
  readonly demand: boolean;
  readonly observe?: ProfileFile['inputs'][string]['observe'];
  readonly description?: string | undefined;
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
  /** Of a StatefulSet: another replica joins those that are there, and is no second, empty primary. */
  readonly replicaAware?: true | undefined;
  /** What one pod requests, and its limits. */
  readonly pod: Pod & { readonly source: string };
  /** No pod may request more than this. */
  readonly podMax?: (Pod & { readonly source: string }) | undefined;
  /** Limits are this many times the requests where a sizing states none. */
  readonly limitFactor?: { readonly value: number; readonly source: string } | undefined;
  /** What one pod gets done. */
  readonly throughput?: Throughput;
  readonly autoscaling?: Autoscaling;
  readonly pdb?: { readonly minAvailable: number; readonly source: string } | undefined;
  /** Database connections each pod may open, and the variables or keys that hold their number. */
  readonly connections?:
    | {
        readonly perPod: Formula;
        readonly settings?: readonly string[] | undefined;
        readonly source: string;
      }
    | undefined;
}

/** What one pod requests, and its limits. */
export interface Pod {
  readonly cpuMillicores: number;
  readonly memoryMi: number;
  readonly cpuLimitMillicores?: number | undefined;
  readonly memoryLimitMi?: number | undefined;
}

export interface Throughput {
  readonly value: number;
  /** For people, such as `jobs/min`. */
  readonly unit: string;
  /** The same per minute; absent when the unit is no rate (a pod that holds 1667 sensors). */
  readonly perMinute?: number;
  readonly source: string;
}

type AutoscalingFile = NonNullable<ProfileFile['components'][string]['autoscaling']>;

export interface Autoscaling {
  readonly hpa?: NonNullable<AutoscalingFile['hpa']> | undefined;
  /** Autoscalers the guide offers in place of the first. */
  readonly variants?: AutoscalingFile['variants'];
  readonly vpa?: AutoscalingFile['vpa'];
  readonly keda?: AutoscalingFile['keda'];
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
  /** The critical level. */
  readonly fireAt: number;
  /** The warning level. */
  readonly warnAt?: number | undefined;
  /** On which side of its levels the measurement is bad. */
  readonly fires: 'above' | 'below';
  /** PromQL with the same names to fill in; its answer is one number. */
  readonly measure: {
    readonly promql: string;
    /** PromQL for when the oldest sample behind it was taken, in Unix seconds; without it an answer counts as of now. */
    readonly sampledAt?: string;
  };
  /** A measurement older than this is stale. */
  readonly maxAgeSeconds: number;
  /** What people look at, in this order. */
  readonly lookAt: readonly string[];
  readonly source: string;
}

/** A measured reason to look first and not to scale. */
export interface Doubt {
  readonly promql: string;
  /** The doubt stands when the answer is above this. */
  readonly above: number;
  readonly say: string;
  readonly source: string;
}

/** A share or an average per pod: more pods lower it in proportion. */
export interface RatioTrigger extends TriggerBase {
  readonly kind: 'ratio';
  readonly target: number;
  readonly outcome: { readonly withinMinutes: number };
  readonly doubts: readonly Doubt[];
}

/** A stock that drains: pods must serve what arrives and clear what waits. */
export interface BacklogTrigger extends TriggerBase {
  readonly kind: 'backlog';
  readonly target: number;
  /** Arrivals per minute. */
  readonly arrival?: { readonly promql: string };
  readonly drainMinutes: number;
  readonly outcome: { readonly withinMinutes: number };
  readonly doubts: readonly Doubt[];
}

/** A symptom with many causes: says what to look at and proposes no size. */
export interface InvestigateTrigger extends TriggerBase {
  readonly kind: 'investigate';
  readonly target?: number;
}

export type Trigger = RatioTrigger | BacklogTrigger | InvestigateTrigger;
