// Turns facts into a plan: pure, so the same facts always give the same plan, and every figure can be traced.

import type { ClusterState } from '../change/compare.ts';
import { assert } from '../errors.ts';
import { formatNumber } from '../profile/amount.ts';
import type { Trigger } from '../profile/profile.ts';
import { fillPromql } from '../profile/promql.ts';
import { sizeForTrigger, type TriggerSizing } from '../profile/size-for-trigger.ts';
import { plainDoubt, standingDoubts, uncheckedDoubts } from '../profile/standing-doubts.ts';
import type { AskedDoubt } from '../profile/trigger-facts.ts';
import { type ChosenChange, chooseScaleUp, missingWorkload } from './choose-change.ts';
import { doubtFinding } from './doubt-finding.ts';
import {
  costOfChange,
  draft,
  type PlanName,
  placeOf,
  replicasSeen,
  type TargetFacts,
} from './draft.ts';
import { leaseOfFloor } from './lease-of.ts';
import { type Observation, type Reading, toObservation } from './observation.ts';
import type { Finding, Origin, OutcomeTest, Plan } from './plan.ts';
import { promqlNamesOf } from './system.ts';

export interface AlertFacts extends TargetFacts {
  readonly trigger: Trigger;
  readonly measured: Reading;
  readonly arrival: Reading | undefined;
  readonly alertValue: number | undefined;
  /** What was answered about the trigger's doubts. (Default: it has none.) */
  readonly doubts?: readonly AskedDoubt[];
  readonly origin: Origin;
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
  const chosen = scaleUpForAlert(facts, cluster, sizing.target);
  if (chosen.kind === 'none') {
    return draft(facts, name, {
      observations,
      sizing,
      finding: { kind: chosen.enough ? 'enough' : 'frozen', because: chosen.because, lookAt: [] },
    });
  }
  return unlessDoubted(facts, name, { observations, sizing, chosen });
}

/** A new replica copies what the others have before it helps anybody, so it is no relief for what is wrong now. */
function scaleUpForAlert(facts: AlertFacts, cluster: ClusterState, target: number): ChosenChange {
  const chosen = chooseScaleUp(placeOf(facts), cluster, target, facts.component);
  const { kind, name } = facts.workload;
  if (chosen.kind === 'none' || kind !== 'StatefulSet') return chosen;
  const because = `an alert never adds replicas to StatefulSet ${name}: each copies what is there first; ask for them yourself`;
  return { kind: 'none', enough: false, because };
}

/** The proposal; or, while a doubt stands, the reason to look first, with the same arithmetic. */
function unlessDoubted(
  facts: AlertFacts,
  name: PlanName,
  parts: {
    readonly observations: readonly Observation[];
    readonly sizing: Extract<TriggerSizing, { kind: 'scale' }>;
    readonly chosen: Extract<ChosenChange, { kind: 'change' }>;
  },
): Plan {
  const { system, component, trigger, doubts = [] } = facts;
  const { observations, chosen } = parts;
  const standing = standingDoubts(doubts, trigger.maxAgeSeconds);
  const unchecked = uncheckedDoubts(doubts, trigger.maxAgeSeconds);
  const notes = [...parts.sizing.notes, ...unchecked];
  if (standing.length === 0) {
    return draft(facts, name, {
      observations,
      sizing: { ...parts.sizing, notes },
      chosen,
      cost: costOfChange(facts, chosen),
      outcomeTest: outcomeTestOf(facts),
      lease: leaseOfFloor(chosen.changes, system, trigger),
    });
  }
  const replicas = chosen.replicasAfter;
  const allTheSame = `to scale all the same, ask for ${system.id}/${component.id} replicas=${replicas} with the scale command`;
  return draft(facts, name, {
    observations,
    sizing: { ...parts.sizing, notes: [...notes, allTheSame] },
    finding: doubtFinding({ standing, lookAt: trigger.lookAt, replicas }),
  });
}

function alertObservations(facts: AlertFacts): Observation[] {
  const { trigger, measured, arrival, alertValue, doubts = [] } = facts;
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
    ...doubts.map(({ doubt, reading }) =>
      toObservation(
        `doubt: ${plainDoubt(doubt.say)}`,
        `(in order up to ${formatNumber(doubt.above)})`,
        reading,
      ),
    ),
    replicasSeen(facts),
  ];
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
