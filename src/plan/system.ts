// A system as people run it: a profile, where its workloads live, who is told, who decides.

import type { ApprovalRule, Mode } from '../approval/condition.ts';
import type { WorkloadRef } from '../change/change.ts';
import type { AllowedDeed } from '../database/deed-kind.ts';
import type { Platform } from '../database/platform.ts';
import type { ShardKeys } from '../database/shard-keys.ts';
import { assert } from '../errors.ts';
import type { Profile } from '../profile/profile.ts';
import type { PromqlNames } from '../profile/promql.ts';
import type { Freeze } from '../schedule/freeze.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Window } from '../schedule/window.ts';
import type { Rates } from '../sizing/cost.ts';
import type { Money } from '../sizing/what-if.ts';

/** The rule that governs a system, with its two clocks. */
export interface PolicyRule extends ApprovalRule {
  readonly expireAfterSeconds: number;
  readonly startWithinSeconds: number;
  /** A minimum that an alert raised is lent for so long. (Default: it stays.) */
  readonly giveBackAfterSeconds?: number;
}

/** Where a secret is read when it is needed: a variable of the environment, or a file. */
export type SecretSource =
  | { readonly env: string; readonly file?: undefined }
  | { readonly file: string; readonly env?: undefined };

/** Who may restart a database, and when; always a plan of its own. */
export interface DatabaseRestart {
  /** The StatefulSet of its servers. (Default: somebody restarts them by hand when the plan says so) */
  readonly statefulSet?: string;
  readonly approvers: readonly string[];
  readonly window: Window;
}

/** Where a database's objects stand in the cluster, and who keeps it. */
export interface DatabasePlace {
  /** (Default: that of the system's first workload.) */
  readonly namespace?: string;
  /** The Cluster of CloudNativePG that it is. */
  readonly operated?: string;
  /** Where the secret with its address stands. (Default: nothing is asked of it, and SQL is a person's.) */
  readonly connection?: SecretSource;
  /** Its standbys, by name. */
  readonly standbys: ReadonlyMap<string, SecretSource>;
  /** What the session becomes to change objects: the owner of the tables. It looks, and writes settings, as itself. */
  readonly role?: string;
  /** Who keeps the server. (Default: what it looks like.) */
  readonly platform?: Platform;
  /** What SQL may do in it; everything else is a person's. */
  readonly allow: readonly AllowedDeed[];
  /** Where bare names of tables in a profile are looked for. (Default: public) */
  readonly schema?: string;
  /** Which keys there are to spread over shards. (Default: not known) */
  readonly shardKeys?: ShardKeys;
  /** How it is restarted, who must agree, and when. (Default: Headroom never does) */
  readonly restart?: DatabaseRestart;
  /** The console of the pooler in front of it. (Default: nobody asks it) */
  readonly poolerConsole?: SecretSource;
  /** The usual exporter counts the pools of all poolers in the cluster's Prometheus. (Default: it does not) */
  readonly poolerExporter?: true;
  /** What a pooler in front of it needs. */
  readonly pooler?: {
    readonly host: string;
    readonly port: number;
    readonly image: string;
    /** The Secret whose key userlist.txt holds the users. */
    readonly userlist: string;
    /** Who may look at its console. (Default: nobody) */
    readonly statsUser?: string;
  };
}

export interface System {
  readonly id: string;
  readonly title: string;
  readonly profile: Profile;
  readonly mode: Mode;
  readonly cluster: string;
  /** The Slack channel its cards go to. */
  readonly channel: string;
  readonly workloads: ReadonlyMap<string, WorkloadRef & { readonly container: string }>;
  /** What procedures look at, by name, and where the pods of a component answer. */
  readonly endpoints: ReadonlyMap<string, string>;
  readonly addresses: ReadonlyMap<string, string>;
  /** Databases as procedures name them. */
  readonly databases: ReadonlyMap<string, DatabasePlace>;
  /** Procedures that are drawn by the clock. */
  readonly schedules: readonly Schedule[];
  /** Times in which nothing is changed that can wait. */
  readonly freezes: readonly Freeze[];
  /** Without a profile of its own, what is autoscaled in this namespace belongs to it, unless another system names it. */
  readonly wholeNamespace?: string;
  /** Alerts without our labels that belong here all the same. */
  readonly routes: readonly { readonly alertname: string; readonly namespace: string }[];
  /** Undefined: nobody can approve anything. */
  readonly rule: PolicyRule | undefined;
  /** What its machines cost and may cost, where headroom.yaml says so. */
  readonly money?: Money;
}

export type Systems = ReadonlyMap<string, System>;

/** The clocks of a plan for a system that no rule covers: it can only be looked at. */
export const defaultClocks = { expireAfterSeconds: 30 * 60, startWithinSeconds: 15 * 60 };

/** A finding waits for nobody's decision: it stands until its alert ends, or for a day. */
export const findingExpiresAfterSeconds = 24 * 60 * 60;

/** The system's first workload, which stands for it where a plan is about no workload, such as one of a database alone. */
export function anyWorkload({ workloads }: System): WorkloadRef {
  const [first] = workloads.values();
  assert(first !== undefined, 'a system with procedures has a workload');
  const { cluster, namespace, kind, name } = first;
  return { cluster, namespace, kind, name };
}

/** What a component's machines cost: its node pool's rates, the system's, or the guide's. */
export function ratesOf({ money, profile }: System, component: string): Rates | undefined {
  return money?.rates?.byComponent.get(component) ?? money?.rates?.standard ?? profile.cost;
}

/** What a profile's PromQL says `$namespace`, `$workload` and `$container` for. */
export function promqlNamesOf(system: System, component: string): PromqlNames | undefined {
  const workload = system.workloads.get(component);
  return (
    workload && {
      namespace: workload.namespace,
      workload: workload.name,
      container: workload.container,
    }
  );
}
