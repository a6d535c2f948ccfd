// Turns what a step does to a workload's pods into one patch of its template: their size, their environment, a restart.

import type { PatchField, WorkloadRef } from '../change/change.ts';
import type { SeenObject } from '../change/compare.ts';
import { whyPaused } from '../change/compare-patch.ts';
import { patchOf } from '../change/patch-of.ts';
import { escaped, valueAt } from '../change/pointer.ts';
import type { StepChange } from '../sizing/planned-step.ts';
import { averagePatch } from './average-targets.ts';
import { missingWorkload } from './choose-change.ts';
import { chooseResize, type ResizeFacts, whyNoTemplate } from './choose-resize.ts';
import { fieldsToWrite, nothing, type Written } from './merge-fields.ts';
import { containersOf } from './pod-containers.ts';
import { secretAmong } from './secret-in.ts';
import {
  alreadyThere,
  refIn,
  refused,
  type StepChanges,
  type StepFacts,
  seenWorkload,
} from './step-facts.ts';

type Of<Kind extends StepChange['kind']> = Extract<StepChange, { readonly kind: Kind }>;

/** What each pod requests and may use. */
export function podsChanges(
  step: Of<'pods'>,
  facts: StepFacts,
  by: Pick<ResizeFacts, 'byPerson'> = {},
): StepChanges {
  const object = templateOf(facts);
  if ('because' in object) return object;
  const { cpuRequestMillicores, memoryRequestMi, cpuLimitMillicores, memoryLimitMi, extended } =
    step;
  const chosen = chooseResize({
    component: facts.component ?? { id: facts.workload.name },
    workload: facts.workload,
    container: facts.container,
    cluster: facts.state,
    wanted: amounts(cpuRequestMillicores, memoryRequestMi),
    limits: amounts(cpuLimitMillicores, memoryLimitMi),
    ...(extended && { extended }),
    ...by,
  });
  if (chosen.kind === 'none' && !chosen.enough) return refused(chosen.because);
  const average = averagePatch(step.averages ?? {}, facts);
  if (chosen.kind === 'none') {
    return average === undefined
      ? alreadyThere(chosen.because)
      : { kind: 'changes', changes: [average.patch], notes: [] };
  }
  // A target that falls asks for more pods at once; one that rises waits for the pods that hold more.
  const { changes, notes } = chosen;
  const all =
    average === undefined
      ? changes
      : average.falls
        ? [average.patch, ...changes]
        : [...changes, average.patch];
  return { kind: 'changes', changes: all, notes };
}

function amounts(cpu: number | undefined, memory: number | undefined) {
  return {
    ...(cpu !== undefined && { cpuMillicores: cpu }),
    ...(memory !== undefined && { memoryMi: memory }),
  };
}

/** Variables of the container; the others stay, and none that looks like a secret gets into a plan. */
export function envChanges(
  step: Of<'env'>,
  facts: StepFacts,
  { byPerson }: Pick<ResizeFacts, 'byPerson'> = {},
): StepChanges {
  const { workload, container } = facts;
  const object = templateOf(facts);
  if ('because' in object) return object;
  const unwise = byPerson ? undefined : whyNoRollout(workload, object);
  if (unwise !== undefined) return refused(unwise);
  const containers = containersOf(object);
  const own = containers.find(({ name }) => name === container);
  if (own === undefined) {
    const has = containers.map(({ name }) => name).join(', ');
    return refused(`${workload.kind} ${workload.name} has no container ${container}, but ${has}`);
  }
  const env = valueAt(object.value, `${own.pointer}/env`);
  const fromSecret = Object.keys(step.set).find((name) => isFromSecret(env, name));
  if (fromSecret !== undefined) {
    return refused(
      `variable ${fromSecret} of ${workload.name} comes from a Secret: change it there, a plan holds no secrets`,
    );
  }
  const wanted = Object.entries(step.set).map(
    // The server keeps no empty value.
    ([name, value]) => ({ name, value: value === '' ? null : value }),
  );
  const variables = guarded(
    wanted.length === 0 ? nothing : fieldsToWrite(env, wanted, `${own.pointer}/env`),
    own,
  );
  const secret = secretAmong(variables.fields);
  if (secret !== undefined) {
    return refused(
      `${secret.what} of ${workload.name} looks like it holds a secret: move it into a Secret that the container refers to, a plan holds none`,
    );
  }
  const grace =
    step.terminationGracePeriodSeconds === undefined
      ? nothing
      : fieldsToWrite(
          valueAt(object.value, gracePointer),
          step.terminationGracePeriodSeconds,
          gracePointer,
        );
  const fields = [...variables.fields, ...grace.fields.map(named)];
  if (fields.length === 0) return alreadyThere(`${workload.name} has these variables already`);
  const patch = patchOf({
    workload,
    object: refIn(facts, workload.kind, workload.name),
    fields,
    guards: variables.guards,
  });
  return { kind: 'changes', changes: [patch], notes: rolloutNotes(object) };
}

const gracePointer = '/spec/template/spec/terminationGracePeriodSeconds';

function named(field: PatchField): PatchField {
  return { ...field, what: 'grace period in seconds' };
}

/** The container's name is tested wherever something inside it is written. */
function guarded(
  { fields, guards }: Written,
  { pointer, name }: { readonly pointer: string; readonly name: string },
): Written {
  if (fields.length === 0) return { fields, guards };
  return { fields, guards: [{ pointer: `${pointer}/name`, equals: name }, ...guards] };
}

function isFromSecret(env: unknown, name: string): boolean {
  if (!Array.isArray(env)) return false;
  const variable: unknown = env.find((each: unknown) => valueAt(each, '/name') === name);
  return valueAt(variable, '/valueFrom/secretKeyRef') !== undefined;
}

/** What a patch calls its field that starts pods anew. */
export const restartWord = 'restart';

/** Every pod anew: the annotation that `kubectl rollout restart` writes as well. */
export function restartChanges(facts: StepFacts): StepChanges {
  const { workload, at } = facts;
  const object = templateOf(facts);
  if ('because' in object) return object;
  const annotations = '/spec/template/metadata/annotations';
  const there = valueAt(object.value, annotations);
  const name = 'kubectl.kubernetes.io/restartedAt';
  // A second restart of the same plan is one as well, and the server only sees one where the text differs.
  const isAgain = valueAt(there, `/${escaped(name)}`) === at;
  const when = isAgain ? new Date(Date.parse(at) + 1000).toISOString() : at;
  const { fields, guards } = fieldsToWrite(there, { [name]: when }, annotations);
  const patch = patchOf({
    workload,
    object: refIn(facts, workload.kind, workload.name),
    fields: fields.map((field) => ({ ...field, what: restartWord })),
    guards,
  });
  return { kind: 'changes', changes: [patch], notes: rolloutNotes(object) };
}

/** The workload whose template changes; refused where a change would reach no pod. */
function templateOf(facts: StepFacts): SeenObject | Extract<StepChanges, { kind: 'refused' }> {
  const object = seenWorkload(facts);
  const because = object === undefined ? missingWorkload(facts.workload) : whyPaused(object);
  if (object !== undefined && because === undefined) return object;
  return { kind: 'refused', because: because ?? '' };
}

/** Why the template of a workload is not changed. A restart is no such change: what it rolls out has run already. */
export function whyNoRollout(workload: WorkloadRef, seen: SeenObject): string | undefined {
  return workload.kind === 'StatefulSet' ? whyNoTemplate(workload) : whyPaused(seen);
}

/** What to know about any change of a template. */
export function rolloutNotes({ value }: SeenObject): readonly string[] {
  return [
    'Every pod is replaced. If the new pods do not become ready, Headroom puts the old template back.',
    ...(valueAt(value, '/spec/strategy/type') === 'Recreate'
      ? ['Its strategy is Recreate: all pods end before the new ones start.']
      : []),
  ];
}
