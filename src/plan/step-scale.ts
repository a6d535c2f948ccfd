// Turns a count of pods, or the limits of their autoscaler, into the change of whichever object decides on it.

import type { AutoscalerChange, PatchChange } from '../change/change.ts';
import type { AutoscalerState } from '../change/compare.ts';
import { valueAt } from '../change/pointer.ts';
import type { StepChange } from '../sizing/planned-step.ts';
import { brokenMetrics, missingWorkload, scaleTo, whyNoReplica } from './choose-change.ts';
import { fieldsToWrite } from './merge-fields.ts';
import {
  alreadyThere,
  ownerOf,
  patchOf,
  refIn,
  refused,
  type StepChanges,
  type StepFacts,
  seenIn,
} from './step-facts.ts';

type Of<Kind extends StepChange['kind']> = Extract<StepChange, { readonly kind: Kind }>;

/** So many pods; where an autoscaler owns the count its minimum moves in its place, its maximum first. */
export function scaleChanges(
  { replicas: wanted, floor }: Of<'scale'>,
  facts: StepFacts,
): StepChanges {
  const { workload, state, mayScaleStatefulSet } = facts;
  if (state.workload === undefined) return refused(missingWorkload(workload));
  if (workload.kind === 'StatefulSet' && !mayScaleStatefulSet)
    return refused(whyNoReplica(workload));
  const { replicas: before } = state.workload;
  const { autoscaler } = state;
  if (autoscaler !== undefined && wanted > 0) {
    const { minReplicas, maxReplicas } = autoscaler;
    const after = {
      minReplicas: floor ? Math.max(minReplicas, wanted) : wanted,
      maxReplicas: Math.max(maxReplicas, wanted),
    };
    const moved = movedLimits(facts, autoscaler, after);
    // An autoscaler leaves a workload at zero alone until somebody takes it from there.
    return before > 0 ? moved : fromZero(facts, moved, wanted);
  }
  if (before === wanted || (floor && before > wanted)) {
    return alreadyThere(`${workload.name} has ${before} replicas already`);
  }
  return {
    kind: 'changes',
    changes: [scaleTo(workload, before, wanted, { floor })],
    notes:
      autoscaler === undefined
        ? []
        : [`Autoscaler ${autoscaler.name} leaves ${workload.name} alone while it has no replicas.`],
  };
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
  const { autoscaler } = state;
  if (autoscaler === undefined) {
    return minReplicas === undefined
      ? alreadyThere(`no autoscaler owns ${workload.name}, so there is no maximum in its way`)
      : refused(`no autoscaler owns ${workload.name}, so there is no minimum to move; scale it`);
  }
  const min = minReplicas ?? Math.min(autoscaler.minReplicas, maxReplicas ?? Infinity);
  const max = maxReplicas ?? Math.max(autoscaler.maxReplicas, min);
  if (min > max) return refused(`a minimum of ${min} is above a maximum of ${max}`);
  return movedLimits(facts, autoscaler, { minReplicas: min, maxReplicas: max });
}

type Limits = AutoscalerChange['after'];

function movedLimits(facts: StepFacts, autoscaler: AutoscalerState, after: Limits): StepChanges {
  const { workload } = facts;
  const { name, minReplicas, maxReplicas } = autoscaler;
  if (after.minReplicas === minReplicas && after.maxReplicas === maxReplicas) {
    return alreadyThere(
      `autoscaler ${name} already keeps ${minReplicas} to ${maxReplicas} replicas, and decides itself within that`,
    );
  }
  const lowers = after.minReplicas < minReplicas || after.maxReplicas < maxReplicas;
  const owner = ownerOf(seenIn(facts, 'HorizontalPodAutoscaler', name), 'ScaledObject');
  const change =
    owner === undefined
      ? ({
          kind: 'autoscaler',
          workload,
          autoscaler: { cluster: workload.cluster, namespace: workload.namespace, name },
          before: { minReplicas, maxReplicas },
          after,
          floor: !lowers,
          undo: 'exact',
        } satisfies AutoscalerChange)
      : scaledObjectPatch(facts, owner, after, lowers);
  if (change === undefined) {
    return refused(
      `autoscaler ${name} belongs to KEDA's ScaledObject ${String(owner)}, which would put its limits back: change minReplicaCount and maxReplicaCount there`,
    );
  }
  return { kind: 'changes', changes: [change], notes: limitNotes(autoscaler, after) };
}

/** KEDA writes its autoscaler's limits anew from the ScaledObject, so that is what changes. */
function scaledObjectPatch(
  facts: StepFacts,
  name: string,
  { minReplicas, maxReplicas }: Limits,
  decrease: boolean,
): PatchChange | undefined {
  const seen = seenIn(facts, 'ScaledObject', name);
  if (seen === undefined) return undefined;
  const wanted = { minReplicaCount: minReplicas, maxReplicaCount: maxReplicas };
  return patchOf({
    workload: facts.workload,
    object: refIn(facts, 'ScaledObject', name),
    ...fieldsToWrite(valueAt(seen.value, '/spec'), wanted, '/spec'),
    decrease,
  });
}

function limitNotes(
  autoscaler: AutoscalerState,
  { minReplicas, maxReplicas }: Limits,
): readonly string[] {
  const { name } = autoscaler;
  const notes: string[] = [];
  if (minReplicas > autoscaler.minReplicas) {
    notes.push(
      `Autoscaler ${name} owns this workload, so its minimum is raised; lower it again when the load is gone.`,
    );
  }
  if (minReplicas < autoscaler.minReplicas) {
    notes.push(`Autoscaler ${name} decides itself when to go down to ${minReplicas}.`);
  }
  if (maxReplicas !== autoscaler.maxReplicas) {
    notes.push(`The maximum of autoscaler ${name} becomes ${maxReplicas}.`);
  }
  if (!autoscaler.active) notes.push(`Mind that ${brokenMetrics(autoscaler)}.`);
  return notes;
}
