// Turns a count of pods, or the limits of their autoscaler, into the change of whichever object decides on it.

import type { ScalingBounds } from '../change/change.ts';
import type { StepChange } from '../sizing/planned-step.ts';
import { brokenMetrics, missingWorkload, scaleTo, whyNoReplica } from './choose-change.ts';
import { limitsFor, limitsMoved, type ScalingLimits } from './scaling-limits.ts';
import { alreadyThere, refused, type StepChanges, type StepFacts } from './step-facts.ts';

type Of<Kind extends StepChange['kind']> = Extract<StepChange, { readonly kind: Kind }>;

/** So many pods; where an autoscaler owns the count its minimum moves in its place, its maximum with it. */
export function scaleChanges(
  { replicas: wanted, floor }: Of<'scale'>,
  facts: StepFacts,
): StepChanges {
  const { workload, state, mayScaleStatefulSet } = facts;
  if (state.workload === undefined) return refused(missingWorkload(workload));
  if (workload.kind === 'StatefulSet' && !mayScaleStatefulSet) {
    return refused(whyNoReplica(workload));
  }
  const { replicas: before } = state.workload;
  const limits = limitsFor(state);
  if (limits.kind === 'none') return refused(limits.because);
  if (limits.kind === 'limits' && wanted > 0) {
    const { minReplicas, maxReplicas } = limits;
    // Fewer than there are is no reason for a higher minimum, which would keep them there.
    const keeps = floor ? 'more' : before > wanted ? 'fewer' : 'exactly';
    const moved = movedLimits(facts, limits, {
      minReplicas: minimumFor(keeps, minReplicas, wanted),
      maxReplicas: Math.max(maxReplicas, wanted),
    });
    // An autoscaler leaves a workload at zero alone until somebody takes it from there; KEDA does so itself.
    return before > 0 || limits.scaledObject !== undefined ? moved : fromZero(facts, moved, wanted);
  }
  if (before === wanted || (floor && before > wanted)) {
    return alreadyThere(`${workload.name} has ${before} replicas already`);
  }
  if (limits.kind === 'limits' && limits.scaledObject !== undefined) {
    return refused(
      `ScaledObject ${limits.scaledObject} would take ${workload.name} from zero again: pause it first`,
    );
  }
  return {
    kind: 'changes',
    changes: [scaleTo(workload, before, wanted, { floor })],
    notes:
      limits.kind === 'nobody'
        ? limits.notes
        : [`Autoscaler ${limits.autoscaler.name} leaves ${workload.name} alone while it has none.`],
  };
}

function minimumFor(keeps: 'more' | 'fewer' | 'exactly', now: number, wanted: number): number {
  switch (keeps) {
    case 'more':
      return Math.max(now, wanted);
    case 'fewer':
      return Math.min(now, wanted);
    case 'exactly':
      return wanted;
  }
}

function fromZero(facts: StepFacts, moved: StepChanges, wanted: number): StepChanges {
  if (moved.kind === 'refused') return moved;
  const woken = scaleTo(facts.workload, 0, wanted, { floor: true });
  return moved.kind === 'none'
    ? { kind: 'changes', changes: [woken], notes: [] }
    : { ...moved, changes: [...moved.changes, woken] };
}

/** The limits of the autoscaler that is there; one that is not there is not made, because nobody said by what it scales. */
export function limitChanges(
  { minReplicas, maxReplicas }: Pick<Of<'autoscaler'>, 'minReplicas' | 'maxReplicas'>,
  facts: StepFacts,
): StepChanges {
  const { workload, state } = facts;
  if (state.workload === undefined) return refused(missingWorkload(workload));
  const limits = limitsFor(state);
  if (limits.kind === 'none') return refused(limits.because);
  if (limits.kind === 'nobody') {
    return minReplicas === undefined
      ? alreadyThere(`no autoscaler owns ${workload.name}, so there is no maximum in its way`)
      : refused(`no autoscaler owns ${workload.name}, so there is no minimum to move; scale it`);
  }
  const min = minReplicas ?? Math.min(limits.minReplicas, maxReplicas ?? Number.POSITIVE_INFINITY);
  const max = maxReplicas ?? Math.max(limits.maxReplicas, min);
  if (min > max) return refused(`a minimum of ${min} is above a maximum of ${max}`);
  return movedLimits(facts, limits, { minReplicas: min, maxReplicas: max });
}

function movedLimits(
  { workload }: StepFacts,
  limits: ScalingLimits,
  after: ScalingBounds,
): StepChanges {
  const { autoscaler, scaledObject, minReplicas, maxReplicas, notes } = limits;
  const who =
    scaledObject === undefined ? `autoscaler ${autoscaler.name}` : `ScaledObject ${scaledObject}`;
  if (after.minReplicas === minReplicas && after.maxReplicas === maxReplicas) {
    return alreadyThere(
      `${who} already keeps ${minReplicas} to ${maxReplicas} replicas, and decides itself within that`,
    );
  }
  const lowers = after.minReplicas < minReplicas || after.maxReplicas < maxReplicas;
  const change = limitsMoved(workload, limits, after, { floor: !lowers });
  const said: string[] = [...notes];
  if (after.minReplicas > minReplicas) {
    said.push(
      `An autoscaler (${autoscaler.name}) owns this workload, so its minimum is raised; lower it again when the load is gone.`,
    );
  }
  if (after.minReplicas < minReplicas) {
    said.push(
      `Autoscaler ${autoscaler.name} decides itself when to go down to ${after.minReplicas}.`,
    );
  }
  if (after.maxReplicas !== maxReplicas) {
    said.push(`The maximum of autoscaler ${autoscaler.name} becomes ${after.maxReplicas}.`);
  }
  if (!autoscaler.active) said.push(`Mind that ${brokenMetrics(autoscaler)}.`);
  return { kind: 'changes', changes: [change], notes: said };
}
