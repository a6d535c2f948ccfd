// What a step of a procedure comes to: every value worked out, with its unit in its name, ready to be shown and later carried out.
import type { FactName } from '../profile/facts.ts';
import type { StepKind } from '../profile/procedure.ts';
import type { Tree } from './step-values.ts';

/** The workload a step is about. */
export interface StepTarget {
  readonly component: string;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  /** Only where it is not the system's own. */
  readonly cluster?: string;
}

/** Texts by name, as a ConfigMap, an environment and a server's settings hold them. */
export type Texts = Readonly<Record<string, string>>;

export type DatabaseDeed =
  | { readonly deed: 'settings'; readonly settings: Texts; readonly restart: boolean }
  | { readonly deed: 'restart' }
  | { readonly deed: 'indexes'; readonly indexes: readonly PlannedIndex[] }
  | {
      readonly deed: 'partitions';
      readonly table: string;
      readonly column: string;
      readonly every: 'month';
      readonly ahead: number;
      readonly keep?: number;
      readonly through?: { readonly table: string; readonly key: readonly string[] };
    }
  | {
      readonly deed: 'dropDetached';
      readonly table: string;
      readonly column: string;
      /** Past months that stay. */
      readonly keep: number;
      readonly backup: BackupGate;
    }
  | {
      readonly deed: 'hypertable';
      readonly table: string;
      readonly chunkHours?: number;
      readonly compress?: {
        readonly afterDays: number;
        readonly segmentBy?: readonly string[];
        readonly orderBy?: readonly string[];
      };
      readonly keepDays?: number;
      readonly aggregates: readonly PlannedAggregate[];
    }
  | { readonly deed: 'tables'; readonly tables: Readonly<Record<string, Texts>> }
  | { readonly deed: 'replicas'; readonly replicas: number }
  | { readonly deed: 'pooler'; readonly replicas: number; readonly settings: Texts }
  | {
      readonly deed: 'shards';
      readonly count: number;
      readonly by: string;
      readonly instances?: number;
      readonly gib?: number;
      readonly load?: number;
      readonly rebalanceAbovePercent?: number;
      readonly map?: { readonly configMap: string; readonly key: string };
    };

/** How fresh the newest backup must be before anything is dropped; measured, never ticked. */
export interface BackupGate {
  readonly hours: number;
  /** Gives its age in hours. (Default: CloudNativePG says it itself) */
  readonly promql?: string;
}

export interface PlannedIndex {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly include?: readonly string[];
  readonly where?: string;
  readonly how: 'concurrently' | 'per-chunk' | 'per-partition';
}

export interface PlannedAggregate {
  readonly name: string;
  readonly bucketMinutes: number;
  readonly refreshEveryMinutes: number;
  readonly fromMinutesAgo: number;
  readonly toMinutesAgo: number;
  readonly keepDays?: number;
  readonly groupBy: readonly string[];
  readonly figures: Texts;
}

/** An object of a cluster: who it is, and the fields that are written. */
export interface ApplyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly [field: string]: Tree;
}

/** What a step changes. */
export type StepChange =
  | {
      readonly kind: 'scale';
      readonly target: StepTarget;
      readonly replicas: number;
      /** At least so many: it never lowers. */
      readonly floor: boolean;
      /** Absent where nobody knows. */
      readonly replicasBefore?: number;
    }
  | {
      readonly kind: 'pods';
      readonly target: StepTarget;
      readonly cpuRequestMillicores?: number;
      readonly memoryRequestMi?: number;
      readonly cpuLimitMillicores?: number;
      readonly memoryLimitMi?: number;
      readonly extended?: Readonly<Record<string, number>>;
      /** What the component's autoscaler shall aim at per pod of that size, by metric. */
      readonly averages?: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'autoscaler';
      readonly target: StepTarget;
      readonly name: string;
      readonly minReplicas?: number;
      readonly maxReplicas?: number;
      /** With these metrics it becomes the only one of the workload. */
      readonly metrics?: Tree;
    }
  | {
      readonly kind: 'config';
      readonly target: StepTarget;
      readonly configMap: string;
      readonly set: Texts;
    }
  | {
      readonly kind: 'env';
      readonly target: StepTarget;
      readonly set: Texts;
      readonly terminationGracePeriodSeconds?: number;
    }
  | { readonly kind: 'restart'; readonly target: StepTarget }
  | {
      readonly kind: 'apply';
      readonly target: StepTarget;
      /** What the server takes, as an object of its API. */
      readonly object: ApplyObject;
    }
  | {
      readonly kind: 'storage';
      readonly target: StepTarget;
      readonly claim: string;
      readonly gib: number;
    }
  | ({ readonly kind: 'database'; readonly database: string } & DatabaseDeed);

/** What must be seen; all that is there must hold. */
export interface PlannedLook {
  readonly component?: string;
  /** The workload whose pods are meant, where the step is about one. */
  readonly workload?: string;
  readonly http?: string;
  readonly status?: number;
  readonly rollout?: true;
  readonly promql?: string;
  readonly fact?: FactName;
  readonly database?: string;
  readonly above?: number;
  readonly atLeast?: number;
  readonly below?: number;
  readonly atMost?: number;
  readonly withinSeconds?: number;
}

/** How a change could be taken back. */
export type UndoKind = 'exact' | 'compensating' | 'none';

/** One step, worked out; a gradual step of a profile is several of these. */
export interface PlannedStep {
  /** From 1, in the order of the plan. */
  readonly number: number;
  readonly kind: StepKind;
  /** In words: what is done. */
  readonly what: string;
  /** Why, in the words of the profile. */
  readonly say?: string;
  readonly change?: StepChange;
  /** What must be seen after the change before the plan goes on. */
  readonly gate?: PlannedLook;
  /** What a check step, a wait or a person's tick is tested by. */
  readonly check?: PlannedLook;
  /** What follows when the check does not hold. */
  readonly otherwise?: 'stop' | 'warn';
  /** A pause after it. */
  readonly waitSeconds?: number;
  /** Who ticks it, of a person's step. */
  readonly who?: string;
  readonly undo?: UndoKind;
  /** The number of the step it is written together with, as one patch and one rollout. */
  readonly rollsOutWith?: number;
  /** What to know about it. */
  readonly notes: readonly string[];
  readonly source: string;
}

/** A step that has no place in the order yet. */
export type Unnumbered = Omit<PlannedStep, 'number' | 'rollsOutWith'>;

/** What every kind of step says alike. */
export type Shared = Pick<PlannedStep, 'say' | 'source'>;
