// Turns facts into a plan: pure, so the same facts always give the same plan, and every figure can be traced.

import type { WorkloadRef } from '../change/change.ts';
import { isDecrease } from '../change/change.ts';
import type { ClusterState } from '../change/compare.ts';
import { assert } from '../errors.ts';
import type { Component, Trigger } from '../profile/profile.ts';
import { fillPromql } from '../profile/promql.ts';
import { sizeForTrigger, type TriggerSizing } from '../profile/size-for-trigger.ts';
import {
  type ChosenChange,
  chooseScaleDown,
  chooseScaleUp,
  missingWorkload,
} from './choose-change.ts';
import { costOf } from './cost.ts';
import { type Observation, type Reading, toObservation } from './observation.ts';
import type { Finding, Origin, OutcomeTest, Plan } from './plan.ts';
import { defaultClocks, findingExpiresAfterSeconds, promqlNamesOf, type System } from './system.ts';

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

export interface AlertFacts extends TargetFacts {
  readonly trigger: Trigger;
  readonly measured: Reading;
  readonly arrival: Reading | undefined;
  readonly alertValue: number | undefined;
  readonly origin: Origin;
}

/** What a plan is called and which one it replaces. */
export interface PlanName {
  readonly id: string;
  readonly revision: number;
  readonly replaces?: string;
}

/** The plan that answers an alert. It may hold a finding instead of changes; it never makes anything smaller. */
export function assembleAlertPlan(facts: AlertFacts, name: PlanName): Plan {
  const { trigger, component, cluster } = facts;
  const observations = alertObservations(facts);
  if (cluster?.workload === undefined) {
    const because = facts.clusterProblem ?? missingWorkload(facts.workload);
    return draft(facts, name, { observations, finding: { kind: 'frozen', because, lookAt: [] } });
  }
  const current = cluster.workload.replicas;
  const sizing = sizeForTrigger({
    component,
    trigger,
    currentReplicas: current,
    readyReplicas: cluster.workload.readyReplicas,
    measured: facts.measured,
    ...(facts.arrival === undefined ? {} : { arrival: facts.arrival }),
    ...(facts.alertValue === undefined ? {} : { alertValue: facts.alertValue }),
    bounds: { min: component.replicas.min, max: component.replicas.max },
  });
  if (sizing.kind !== 'scale') {
    return draft(facts, name, { observations, sizing, finding: findingOf(sizing) });
  }
  assert(sizing.target >= current, 'an alert never makes anything smaller');
  const chosen = chooseScaleUp(placeOf(facts), cluster, sizing.target);
  if (chosen.kind === 'none') {
    return draft(facts, name, {
      observations,
      sizing,
      finding: { kind: chosen.enough ? 'enough' : 'frozen', because: chosen.because, lookAt: [] },
    });
  }
  const outcomeTest = outcomeTestOf(facts);
  return draft(facts, name, { observations, sizing, chosen, ...(outcomeTest && { outcomeTest }) });
}

export interface CommandFacts extends TargetFacts {
  readonly replicas: number;
  readonly origin: Origin;
}

export type CommandPlan =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly because: string };

/** The plan somebody asked for by name and number. Outside the profile's limits it is refused, not clipped. */
export function assembleCommandPlan(facts: CommandFacts, name: PlanName): CommandPlan {
  const { replicas, component, cluster, workload } = facts;
  const { min, max } = component.replicas;
  if (!Number.isSafeInteger(replicas) || replicas < min || replicas > max) {
    return refused(
      `${component.id} may have ${min} to ${max} replicas (${component.replicas.source}); ${replicas} is outside that`,
    );
  }
  if (cluster?.workload === undefined) {
    return refused(facts.clusterProblem ?? missingWorkload(workload));
  }
  const current = cluster.workload.replicas;
  if (!Number.isSafeInteger(current)) return refused('it is not known how many pods run now');
  if (replicas === current) return refused(`${component.id} already has ${current} replicas`);
  const chosen =
    replicas > current
      ? chooseScaleUp(placeOf(facts), cluster, replicas)
      : chooseScaleDown(placeOf(facts), cluster, replicas);
  if (chosen.kind === 'none') return refused(chosen.because);
  return {
    kind: 'plan',
    plan: draft(facts, name, { observations: [replicasSeen(facts)], chosen }),
  };
}

interface Parts {
  readonly observations: readonly Observation[];
  readonly sizing?: TriggerSizing;
  readonly chosen?: Extract<ChosenChange, { kind: 'change' }>;
  readonly finding?: Finding;
  readonly outcomeTest?: OutcomeTest;
}

function draft(
  facts: TargetFacts & { readonly origin: Origin; readonly trigger?: Trigger },
  name: PlanName,
  parts: Parts,
): Plan {
  const { system, component, now, cluster } = facts;
  const { chosen, finding, sizing } = parts;
  const running = cluster?.workload?.replicas ?? 0;
  const before = Number.isSafeInteger(running) ? running : 0;
  const after = chosen?.replicasAfter ?? before;
  const clocks = system.rule ?? defaultClocks;
  const expireAfterSeconds =
    finding === undefined ? clocks.expireAfterSeconds : findingExpiresAfterSeconds;
  const cost =
    chosen &&
    costOf({
      rates: system.profile.cost,
      component,
      pod: {
        ...(cluster?.workload?.podCpuMillicores !== undefined && {
          cpuMillicores: cluster.workload.podCpuMillicores,
        }),
        ...(cluster?.workload?.podMemoryMi !== undefined && {
          memoryMi: cluster.workload.podMemoryMi,
        }),
      },
      before,
      after,
    });
  return {
    ...name,
    system: system.id,
    title: system.title,
    component: component.id,
    ...(facts.trigger && { trigger: facts.trigger.id }),
    origin: facts.origin,
    workload: placeOf(facts),
    replicas: { before, after },
    observations: parts.observations,
    arithmetic: sizing !== undefined && 'arithmetic' in sizing ? sizing.arithmetic : [],
    notes: [...(sizing?.notes ?? []), ...(chosen?.notes ?? [])],
    limitsMet: sizing !== undefined && 'limitsMet' in sizing ? sizing.limitsMet : [],
    ...(finding && { finding }),
    changes: chosen === undefined ? [] : [chosen.change],
    decrease: chosen !== undefined && isDecrease(chosen.change),
    ...(cost && { cost }),
    ...(parts.outcomeTest && { outcomeTest: parts.outcomeTest }),
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + expireAfterSeconds * 1000).toISOString(),
    startWithinSeconds: clocks.startWithinSeconds,
  };
}

/** The container's name, which queries need, is not part of what is scaled. */
function placeOf({ workload: { cluster, namespace, kind, name } }: TargetFacts): WorkloadRef {
  return { cluster, namespace, kind, name };
}

function alertObservations(facts: AlertFacts): Observation[] {
  const { trigger, measured, arrival, alertValue } = facts;
  return [
    toObservation(trigger.id, trigger.unit, measured),
    ...(arrival === undefined ? [] : [toObservation('arrival', 'per minute', arrival)]),
    ...(alertValue === undefined
      ? []
      : [
          toObservation('alert says', trigger.unit, {
            kind: 'value',
            value: alertValue,
            at: facts.now,
            ageSeconds: 0,
            source: 'annotation "value" of the alert',
          }),
        ]),
    replicasSeen(facts),
  ];
}

function replicasSeen({ cluster, clusterProblem, workload, now }: TargetFacts): Observation {
  const source = `${workload.kind} ${workload.namespace}/${workload.name} in cluster ${workload.cluster}`;
  return toObservation(
    'replicas',
    'pods',
    cluster?.workload === undefined
      ? { kind: 'missing', because: clusterProblem ?? missingWorkload(workload), source }
      : { kind: 'value', value: cluster.workload.replicas, at: now, ageSeconds: 0, source },
  );
}

function findingOf(sizing: Exclude<TriggerSizing, { kind: 'scale' }>): Finding {
  return {
    kind: sizing.kind,
    because: sizing.because,
    lookAt: sizing.kind === 'investigate' ? sizing.lookAt : [],
  };
}

/** A per-pod average counts as back in order within the tolerance the HPA rule itself has. */
const ratioTolerance = 1.1;

function outcomeTestOf({ system, component, trigger }: AlertFacts): OutcomeTest | undefined {
  const names = promqlNamesOf(system, component.id);
  if (trigger.kind === 'investigate' || names === undefined) return undefined;
  return {
    promql: fillPromql(trigger.measure.promql, names),
    ...(trigger.measure.sampledAt !== undefined && {
      sampledAt: fillPromql(trigger.measure.sampledAt, names),
    }),
    below: trigger.kind === 'ratio' ? trigger.target * ratioTolerance : trigger.target,
    unit: trigger.unit,
    withinSeconds: trigger.outcome.withinMinutes * 60,
  };
}

function refused(because: string): CommandPlan {
  return { kind: 'refused', because };
}
