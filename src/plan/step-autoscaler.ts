// Turns an autoscaler of a profile into changes: made where there is none, rewritten in place where it is one of the profile's.

import { patchOf } from '../change/patch-of.ts';
import { valueAt } from '../change/pointer.ts';
import type { StepChange } from '../sizing/planned-step.ts';
import { autoscalerSpec, resourcesOf } from './autoscaler-spec.ts';
import { missingWorkload } from './choose-change.ts';
import { fieldsToWrite } from './merge-fields.ts';
import { takenAwayFirst } from './object-problem.ts';
import { limitsFor } from './scaling-limits.ts';
import {
  alreadyThere,
  refIn,
  refused,
  type StepChanges,
  type StepFacts,
  seenIn,
} from './step-facts.ts';
import { limitChanges } from './step-scale.ts';

type AutoscalerStep = Extract<StepChange, { readonly kind: 'autoscaler' }>;

/** Limits alone move on whatever autoscaler there is; with metrics the step's autoscaler becomes the only one. */
export function autoscalerChanges(step: AutoscalerStep, facts: StepFacts): StepChanges {
  const { workload, state, component } = facts;
  const { metrics, minReplicas, maxReplicas } = step;
  if (metrics === undefined) return limitChanges(step, facts);
  if (state.workload === undefined) return refused(missingWorkload(workload));
  const limits = { minReplicas: minReplicas ?? 1, maxReplicas: maxReplicas ?? minReplicas ?? 1 };
  const spec = autoscalerSpec(workload, { ...limits, metrics }, component);
  if (spec === undefined) return refused(`autoscaler ${step.name} has a metric of an unknown form`);
  const blocked = whyNot(step, facts, resourcesOf(spec['metrics']));
  if (blocked !== undefined) return refused(blocked);
  if (state.autoscaler !== undefined) return rewritten(step, facts, spec);
  return {
    kind: 'changes',
    changes: [
      {
        kind: 'create',
        workload,
        object: refIn(facts, 'HorizontalPodAutoscaler', step.name),
        fields: { spec },
        rollout: false,
        floor: false,
        undo: 'exact',
      },
    ],
    notes: [
      `From then on autoscaler ${step.name} decides how many pods ${workload.name} has, between ${limits.minReplicas} and ${limits.maxReplicas}.`,
    ],
  };
}

function rewritten(
  { name: wanted }: AutoscalerStep,
  facts: StepFacts,
  spec: NonNullable<ReturnType<typeof autoscalerSpec>>,
): StepChanges {
  const name = facts.state.autoscaler?.name ?? wanted;
  const seen = seenIn(facts, 'HorizontalPodAutoscaler', name);
  if (seen === undefined)
    return refused(`autoscaler ${name} was not read in full; ask for the plan again`);
  const { fields, guards } = fieldsToWrite(valueAt(seen.value, '/spec'), spec, '/spec');
  if (fields.length === 0) return alreadyThere(`autoscaler ${name} is so already`);
  const object = refIn(facts, 'HorizontalPodAutoscaler', name);
  const decrease = fields.some(
    ({ pointer, before, after }) =>
      /\/(min|max)Replicas$/.test(pointer) && Number(after) < Number(before),
  );
  return {
    kind: 'changes',
    changes: [patchOf({ workload: facts.workload, object, fields, guards, decrease })],
    notes:
      name === wanted
        ? []
        : [
            `Autoscaler ${name} keeps its name and becomes what ${wanted} is: two on one workload would disable each other.`,
          ],
  };
}

/** Who else decides on the pods and would be fought. */
function whyNot(
  { name }: AutoscalerStep,
  facts: StepFacts,
  resources: readonly string[],
): string | undefined {
  const { workload, state, component } = facts;
  const { vertical } = state;
  if (vertical?.kind === 'seen' && resources.length > 0) {
    return `vertical autoscaler ${vertical.name} (mode ${vertical.mode}) sets the requests that autoscaler ${name} scales by; set it to Off first`;
  }
  const limits = limitsFor(state);
  if (limits.kind === 'none') return limits.because;
  const { autoscaler, scaledObject } = state;
  const keda = limits.kind === 'limits' ? limits.scaledObject : undefined;
  const owner = keda ?? (scaledObject?.kind === 'seen' ? scaledObject.object.name : undefined);
  if (owner !== undefined) {
    const found = { kind: 'ScaledObject', name: owner } as const;
    return `KEDA's ScaledObject ${owner} scales ${workload.name} already; two on one workload disable each other: ${takenAwayFirst(found, facts)}`;
  }
  if (autoscaler === undefined) {
    return seenIn(facts, 'HorizontalPodAutoscaler', name) === undefined
      ? undefined
      : `autoscaler ${name} is there already and scales something else than ${workload.name}`;
  }
  const { hpa, variants = [] } = component?.autoscaling ?? {};
  const own = [name, hpa?.name, ...variants.map((variant) => variant.name)];
  return own.includes(autoscaler.name)
    ? undefined
    : `autoscaler ${autoscaler.name}, which the profile does not know, scales ${workload.name} already; two on one workload disable each other: ${takenAwayFirst({ kind: 'HorizontalPodAutoscaler', name: autoscaler.name }, facts)}`;
}
