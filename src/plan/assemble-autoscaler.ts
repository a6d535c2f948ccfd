// The answer to an autoscaler at its maximum where no trigger of a profile says more: one step more room, seen in the cluster.

import type { AutoscalerState } from '../change/compare.ts';
import { formatAmount, formatNumber, formatPods } from '../profile/amount.ts';
import type { Component } from '../profile/profile.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { highestAfterOneStep } from '../profile/scaling-step.ts';
import type { ArithmeticLine } from '../profile/trigger-facts.ts';
import { brokenMetrics, chooseScaleUp, missingWorkload } from './choose-change.ts';
import {
  costOfChange,
  draft,
  type PlanName,
  placeOf,
  replicasSeen,
  type TargetFacts,
} from './draft.ts';
import { type Observation, toObservation } from './observation.ts';
import type { Finding, Origin, OutcomeTest, Plan } from './plan.ts';

/** Stands where the trigger of a profile would: what is looked at is how much of its maximum an autoscaler uses. */
export const shareOfMaximum = { id: 'share-of-maximum', unit: 'ratio' } as const;

/** Without a policy of the component, a maximum is raised by half: enough to see whether more helps, and soon undone. */
const stepFactor = 1.5;

type Facts = Omit<TargetFacts, 'component'> & {
  /** The component's name; without a profile, the workload's. */
  readonly componentId: string;
  /** Undefined: the system has no profile. */
  readonly component: Component | undefined;
  readonly origin: Origin;
};

/**
 * The plan for an alert that names an autoscaler. Only what the cluster says counts: at its maximum and wanting more it
 * gets a higher one, else the plan holds a finding. It never makes anything smaller.
 */
export function assembleAutoscalerPlan(facts: Facts, name: PlanName): Plan {
  const { cluster, component, componentId } = facts;
  const autoscaler = cluster?.autoscaler;
  const about = { ...facts, component: { id: componentId }, trigger: shareOfMaximum };
  const observations = [...autoscalerSeen(facts), replicasSeen(facts)];
  const found = (kind: 'enough' | 'frozen', because: string, step?: Step): Plan => {
    const finding: Finding = { kind, because, lookAt: [] };
    return draft(about, name, { observations, finding, ...(step && { sizing: step }) });
  };
  if (cluster?.workload === undefined) {
    return found('frozen', facts.clusterProblem ?? missingWorkload(facts.workload));
  }
  if (autoscaler === undefined) return found('frozen', 'no autoscaler scales it any more');
  if (!autoscaler.active) return found('frozen', brokenMetrics(autoscaler));
  if (!autoscaler.limited) return found('enough', whyEnough(autoscaler));
  const step = oneStep(autoscaler, component);
  if (step.target <= autoscaler.maxReplicas) {
    const because = `autoscaler ${autoscaler.name} is at its maximum of ${formatPods(autoscaler.maxReplicas)}, but ${step.limitsMet.join('; ')}`;
    return found('frozen', because, step);
  }
  const chosen = chooseScaleUp(placeOf(facts), cluster, step.target, component);
  if (chosen.kind === 'none') {
    return found(chosen.enough ? 'enough' : 'frozen', chosen.because, step);
  }
  return draft(about, name, {
    observations,
    sizing: { ...step, notes: [...step.notes, ...unknowns(component)] },
    chosen,
    cost: component && costOfChange({ ...facts, component }, chosen),
    outcomeTest: outcomeTestOf(facts, autoscaler),
  });
}

interface Step {
  readonly target: number;
  readonly arithmetic: readonly ArithmeticLine[];
  readonly notes: readonly string[];
  readonly limitsMet: readonly string[];
}

/** The component's own policy or half as much again, never past the autoscaler's policy or the component's maximum. */
function oneStep(autoscaler: AutoscalerState, component: Component | undefined): Step {
  const { maxReplicas: max, up } = autoscaler;
  const policy = component?.autoscaling?.up;
  const usual = policy ? highestAfterOneStep(max, policy) : ceilTolerant(max * stepFactor);
  const own = up === undefined ? usual : highestAfterOneStep(max, up);
  const limitsMet: string[] = [];
  if (own < usual) {
    limitsMet.push(`the autoscaler's own policy goes to ${formatPods(own)} in one step`);
  }
  const most = component?.replicas.max ?? Number.POSITIVE_INFINITY;
  const step = Math.min(usual, own);
  if (step > most) {
    limitsMet.push(
      `its profile allows at most ${formatPods(most)} (${component?.replicas.source ?? ''})`,
    );
  }
  const wanted = wantedByMetrics(autoscaler);
  return {
    target: Math.min(step, most),
    arithmetic: [
      {
        formula: policy || own < usual ? 'one step up' : 'ceil(maximum * 1.5)',
        values: { maximum: max },
        result: step,
        source:
          own < usual
            ? `scale-up policy of autoscaler ${autoscaler.name}`
            : (component?.autoscaling?.source ?? 'half as much again, where no profile says more'),
        text: `one step up from a maximum of ${formatPods(max)} → ${formatPods(step)}`,
      },
    ],
    notes: wanted === undefined ? [] : [`by its metrics it wants ${formatPods(wanted)} now`],
    limitsMet,
  };
}

/** What the HPA rule makes of the metrics it reports; a bound from below, for there may be others. */
function wantedByMetrics({ metrics, desiredReplicas, maxReplicas }: AutoscalerState) {
  const current = desiredReplicas ?? maxReplicas;
  const wanted = metrics.map((metric) => ceilTolerant((current * metric.current) / metric.target));
  const most = Math.max(0, ...wanted);
  return Number.isSafeInteger(most) && most > maxReplicas ? most : undefined;
}

function whyEnough({ name, desiredReplicas, maxReplicas }: AutoscalerState): string {
  if (desiredReplicas === undefined) return `autoscaler ${name} does not say that it wants more`;
  return desiredReplicas < maxReplicas
    ? `autoscaler ${name} wants ${formatPods(desiredReplicas)} and may go to ${formatNumber(maxReplicas)}`
    : `autoscaler ${name} is at its maximum of ${formatPods(maxReplicas)} and wants no more`;
}

function unknowns(component: Component | undefined): readonly string[] {
  return component === undefined
    ? ['this system has no profile, so what it costs is not known']
    : [];
}

function autoscalerSeen({ cluster, clusterProblem, workload, now }: Facts): Observation[] {
  const autoscaler = cluster?.autoscaler;
  const source = `HorizontalPodAutoscaler ${workload.namespace}/${autoscaler?.name ?? workload.name} in cluster ${workload.cluster}`;
  const seen = (name: string, unit: string, value: number | undefined) =>
    toObservation(
      name,
      unit,
      value === undefined
        ? { kind: 'missing', because: clusterProblem ?? 'the autoscaler does not say', source }
        : { kind: 'value', value, at: now, ageSeconds: 0, source },
    );
  const { desiredReplicas, maxReplicas } = autoscaler ?? {};
  const share =
    desiredReplicas === undefined || maxReplicas === undefined
      ? undefined
      : desiredReplicas / maxReplicas;
  return [
    seen(shareOfMaximum.id, shareOfMaximum.unit, share),
    ...(autoscaler?.metrics ?? []).map(({ name, current, target, unit }) =>
      seen(`${name}, target ${formatAmount(target, unit).trimEnd()}`, unit, current),
    ),
  ];
}

/** Long enough for the pods of a raised maximum to start and to take their share. */
const outcomeWithinSeconds = 15 * 60;

/**
 * Helped when the autoscaler stayed below its maximum for five minutes: right after the change it always is. These are
 * the metrics of kube-state-metrics that such alerts are made of; the names come from the cluster.
 */
function outcomeTestOf({ workload }: Facts, { name }: AutoscalerState): OutcomeTest {
  const selector = `{namespace="${workload.namespace}",horizontalpodautoscaler="${name}"}`;
  const desired = `max(kube_horizontalpodautoscaler_status_desired_replicas${selector})`;
  const most = `max(kube_horizontalpodautoscaler_spec_max_replicas${selector})`;
  return {
    promql: `max_over_time((${desired} / ${most})[5m:30s])`,
    below: 1,
    unit: shareOfMaximum.unit,
    withinSeconds: outcomeWithinSeconds,
  };
}
