// Puts the parts of a plan together, whatever it answers: names, clocks, replicas before and after, and what it costs.

import type { WorkloadRef } from '../change/change.ts';
import { isDecrease } from '../change/change.ts';
import type { ClusterState } from '../change/compare.ts';
import type { Component } from '../profile/profile.ts';
import type { ArithmeticLine } from '../profile/trigger-facts.ts';
import { type ChosenChange, missingWorkload } from './choose-change.ts';
import type { PodRequests } from './choose-resize.ts';
import { costOf } from './cost.ts';
import { raisesMinimum } from './lease-of.ts';
import { type Observation, toObservation } from './observation.ts';
import type {
  Finding,
  Origin,
  OutcomeTest,
  Plan,
  PlanCost,
  PlannedLease,
  PodRequestsMove,
} from './plan.ts';
import { defaultClocks, findingExpiresAfterSeconds, type System } from './system.ts';

/** What was seen of a target, all at one time. */
export interface TargetFacts {
  readonly system: System;
  readonly component: Component;
  readonly workload: WorkloadRef;
  /** Undefined: the cluster could not be asked, `clusterProblem` says why. */
  readonly cluster: ClusterState | undefined;
  readonly clusterProblem?: string;
  readonly now: Date;
}

/** What a plan is called and which one it replaces. */
export interface PlanName {
  readonly id: string;
  readonly revision: number;
  readonly replaces?: string;
}

/** Facts as far as every plan needs them. */
type Facts = Omit<TargetFacts, 'component'> & {
  readonly component: Pick<Component, 'id'>;
  readonly origin: Origin;
  readonly trigger?: { readonly id: string };
};

/** What a plan does, in order. */
type Chosen = Omit<Extract<ChosenChange, { kind: 'change' }>, 'kind'>;

/** What differs from plan to plan. */
interface Parts {
  readonly observations: readonly Observation[];
  readonly sizing?: {
    readonly arithmetic?: readonly ArithmeticLine[];
    readonly notes: readonly string[];
    readonly limitsMet?: readonly string[];
  };
  readonly chosen?: Chosen;
  readonly requests?: PodRequestsMove | undefined;
  readonly cost?: PlanCost | undefined;
  readonly finding?: Finding;
  readonly outcomeTest?: OutcomeTest | undefined;
  readonly lease?: PlannedLease | undefined;
}

/** A plan of these parts; it holds a change or a finding. */
export function draft(facts: Facts, name: PlanName, parts: Parts): Plan {
  const { system, component, now, trigger } = facts;
  const { chosen, finding, sizing, cost, outcomeTest, lease } = parts;
  const before = running(facts);
  const clocks = system.rule ?? defaultClocks;
  const expireAfterSeconds =
    finding === undefined ? clocks.expireAfterSeconds : findingExpiresAfterSeconds;
  return {
    ...name,
    system: system.id,
    title: system.title,
    component: component.id,
    ...(trigger && { trigger: trigger.id }),
    origin: facts.origin,
    workload: placeOf(facts),
    replicas: { before, after: chosen?.replicasAfter ?? before },
    ...(parts.requests && { requests: parts.requests }),
    observations: parts.observations,
    arithmetic: sizing?.arithmetic ?? [],
    notes: [...(sizing?.notes ?? []), ...(chosen?.notes ?? []), ...staysRaised(chosen, lease)],
    limitsMet: sizing?.limitsMet ?? [],
    ...(finding && { finding }),
    steps: chosen?.changes ?? [],
    decrease: chosen?.changes.some(isDecrease) ?? false,
    ...(cost && { cost }),
    ...(outcomeTest && { outcomeTest }),
    ...(lease && { lease }),
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + expireAfterSeconds * 1000).toISOString(),
    startWithinSeconds: clocks.startWithinSeconds,
  };
}

/** Without a lease nobody lowers it again. */
function staysRaised(chosen: Chosen | undefined, lease: PlannedLease | undefined): string[] {
  const raises = chosen?.changes.some(raisesMinimum) ?? false;
  return raises && lease === undefined
    ? ['The minimum stays raised until somebody lowers it again.']
    : [];
}

/** What the component costs before and after a change; undefined where nothing says so. */
export function costOfChange(
  facts: TargetFacts,
  chosen: Pick<Chosen, 'replicasAfter'>,
  requests?: PodRequestsMove,
): PlanCost | undefined {
  const { system, component, cluster } = facts;
  const { podCpuMillicores, podMemoryMi } = cluster?.workload ?? {};
  return costOf({
    rates: system.profile.cost,
    component,
    pod: {
      ...(podCpuMillicores !== undefined && { cpuMillicores: podCpuMillicores }),
      ...(podMemoryMi !== undefined && { memoryMi: podMemoryMi }),
    },
    before: running(facts),
    after: chosen.replicasAfter,
    ...(requests && {
      podGrows: {
        cpuMillicores: difference(requests, 'cpuMillicores'),
        memoryMi: difference(requests, 'memoryMi'),
      },
    }),
  });
}

function difference({ before, after }: PodRequestsMove, of: keyof PodRequests): number {
  return (after[of] ?? 0) - (before[of] ?? 0);
}

/** Pods that run now, as a number a plan can hold. */
function running({ cluster }: Pick<TargetFacts, 'cluster'>): number {
  const replicas = cluster?.workload?.replicas ?? 0;
  return Number.isSafeInteger(replicas) ? replicas : 0;
}

/** The container's name, which queries need, is not part of what is scaled. */
export function placeOf({
  workload: { cluster, namespace, kind, name },
}: Pick<TargetFacts, 'workload'>): WorkloadRef {
  return { cluster, namespace, kind, name };
}

/** How many pods run now, or why that is not known. */
export function replicasSeen({
  cluster,
  clusterProblem,
  workload,
  now,
}: Omit<TargetFacts, 'component'>): Observation {
  const source = `${workload.kind} ${workload.namespace}/${workload.name} in cluster ${workload.cluster}`;
  return toObservation(
    'replicas',
    'pods',
    cluster?.workload === undefined
      ? { kind: 'missing', because: clusterProblem ?? missingWorkload(workload), source }
      : { kind: 'value', value: cluster.workload.replicas, at: now, ageSeconds: 0, source },
  );
}
