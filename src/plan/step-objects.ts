// Turns a step about an object beside the pods into a creation where it is missing and into a patch of the difference where it is there.

import type { CreateChange, FieldValue, PatchField, Undo, WorkloadRef } from '../change/change.ts';
import type { SeenObject } from '../change/compare.ts';
import { isObjectKind, type ObjectKind, type ObjectRef, objectKinds } from '../change/kinds.ts';
import { patchOf } from '../change/patch-of.ts';
import { valueAt } from '../change/pointer.ts';
import { parseQuantity } from '../profile/quantity.ts';
import type { StepChange } from '../sizing/planned-step.ts';
import type { Tree } from '../sizing/step-values.ts';
import { missingWorkload } from './choose-change.ts';
import { fieldsToWrite, plain } from './merge-fields.ts';
import { objectProblem } from './object-problem.ts';
import { whyNotFewer } from './replica-step.ts';
import { secretAmong } from './secret-in.ts';
import { strangeSelectors } from './selector-notes.ts';
import { asServerKeeps, withCanonicalAmounts } from './server-form.ts';
import {
  alreadyThere,
  refIn,
  refused,
  type StepChanges,
  type StepFacts,
  seenIn,
} from './step-facts.ts';
import { rolloutNotes, whyNoRollout } from './step-template.ts';

type Of<Kind extends StepChange['kind']> = Extract<StepChange, { readonly kind: Kind }>;

/** Keys of a ConfigMap, which is made where it is not there; its other keys stay. */
export function configChanges({ configMap, set }: Of<'config'>, facts: StepFacts): StepChanges {
  return objectChanges(refIn(facts, 'ConfigMap', configMap), { data: set }, facts);
}

/** Fields of any object of the kinds that plans know. */
export function applyChanges({ object }: Of<'apply'>, facts: StepFacts): StepChanges {
  const { apiVersion, kind, metadata, ...fields } = object;
  if (!isObjectKind(kind, apiVersion)) {
    return refused(
      `Headroom does not write ${kind} of ${apiVersion}; somebody has to apply ${metadata.name} by hand`,
    );
  }
  const { holds } = objectKinds[kind];
  const other = Object.keys(fields).find((field) => field !== holds);
  if (other !== undefined) {
    return refused(`of ${kind} ${metadata.name} only ${holds} can be written, not ${other}`);
  }
  return objectChanges(refIn(facts, kind, metadata.name), fields, facts);
}

type Fields = Readonly<Record<string, Tree>>;

/** What is written into one object: the creation, or the patch of what it lacks. */
export function objectChanges(object: ObjectRef, fields: Fields, facts: StepFacts): StepChanges {
  const seen = seenIn(facts, object.kind, object.name);
  const problem = objectProblem(object, fields, facts);
  if (problem !== undefined) return refused(problem);
  return seen === undefined
    ? creation(object, fields, facts)
    : difference(object, fields, seen, facts);
}

/** What a creation leaves when it is taken back: what held data is gone with it, and a job has run. */
const undoOfCreation: Partial<Record<ObjectKind, Undo>> = {
  Cluster: 'compensating',
  RedisCluster: 'compensating',
  PersistentVolumeClaim: 'compensating',
  StatefulSet: 'compensating',
  Job: 'none',
};

function creation(object: ObjectRef, fields: Fields, facts: StepFacts): StepChanges {
  const own = podsOf(object, facts);
  const workload = own ?? facts.workload;
  if (own !== undefined && valueAt(fields, '/spec/selector') === undefined) {
    return refused(missingWorkload(workload));
  }
  const written = plain(withCanonicalAmounts(object.kind, fields)) as {
    readonly [field: string]: FieldValue;
  };
  const secret = secretAmong(asFields(written));
  if (secret !== undefined) return refused(secretWords(object, secret));
  const change: CreateChange = {
    kind: 'create',
    workload,
    object,
    fields: written,
    rollout: own !== undefined,
    floor: false,
    undo: undoOfCreation[object.kind] ?? 'exact',
  };
  return { kind: 'changes', changes: [change], notes: strangeSelectors(fields, facts) };
}

/** The workload that the object itself is. */
function podsOf({ kind, name }: ObjectRef, { place }: StepFacts): WorkloadRef | undefined {
  return kind === 'Deployment' || kind === 'StatefulSet' ? { ...place, kind, name } : undefined;
}

function difference(
  object: ObjectRef,
  fields: Fields,
  seen: SeenObject,
  facts: StepFacts,
): StepChanges {
  const own = podsOf(object, facts);
  const isOwn = own !== undefined && object.name === facts.workload.name;
  const autoscaled = isOwn ? facts.state.autoscaler : undefined;
  const wanted = asServerKeeps(
    object.kind,
    autoscaled === undefined ? fields : withoutReplicas(fields),
  );
  const { fields: written, guards } = fieldsToWrite(seen.value, wanted, '');
  if (written.length === 0) return alreadyThere(`${object.kind} ${object.name} is so already`);
  const secret = secretAmong(written);
  if (secret !== undefined) return refused(secretWords(object, secret));
  const fewer = object.kind === 'Cluster' ? fewerServers(object, wanted, seen) : undefined;
  if (fewer !== undefined) return refused(fewer);
  const patch = patchOf({
    workload: own ?? facts.workload,
    object,
    fields: written,
    guards,
    decrease: written.some(isLess),
    undo: object.kind === 'Cluster' || object.kind === 'RedisCluster' ? 'compensating' : 'exact',
  });
  const unwise = patch.rollout ? whyNoRollout(patch.workload, seen) : undefined;
  if (unwise !== undefined) return refused(unwise);
  return {
    kind: 'changes',
    changes: [patch],
    notes: [
      ...(patch.rollout ? rolloutNotes(seen) : []),
      ...strangeSelectors(fields, facts),
      ...(autoscaled !== undefined && valueAt(fields, '/spec/replicas') !== undefined
        ? [`Autoscaler ${autoscaled.name} decides on its replicas, so they stay.`]
        : []),
    ],
  };
}

function fewerServers({ name }: ObjectRef, wanted: Fields, seen: SeenObject): string | undefined {
  const instances = valueAt(wanted, '/spec/instances');
  return typeof instances === 'number'
    ? whyNotFewer(valueAt(seen.value, '/spec'), instances, name)
    : undefined;
}

/** A count or an amount that becomes smaller. */
function isLess({ before, after }: PatchField): boolean {
  const [was, is] = [before, after].map((value) =>
    typeof value === 'number'
      ? value
      : typeof value === 'string'
        ? parseQuantity(value)
        : undefined,
  );
  return was !== undefined && is !== undefined && is < was;
}

function withoutReplicas(fields: Fields): Fields {
  const { spec } = fields;
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) return fields;
  const entries = Object.entries(spec).filter(([key]) => key !== 'replicas');
  return { ...fields, spec: Object.fromEntries(entries) };
}

function asFields(written: { readonly [field: string]: FieldValue }): readonly PatchField[] {
  const data = written['data'];
  return typeof data === 'object' && !Array.isArray(data)
    ? Object.entries(data).map(([key, after]) => ({ pointer: `/data/${key}`, what: key, after }))
    : Object.entries(written).map(([key, after]) => ({ pointer: `/${key}`, what: key, after }));
}

function secretWords({ kind, name }: ObjectRef, { what }: PatchField): string {
  return `${what} of ${kind} ${name} looks like it holds a secret: move it into a Secret that is referred to, a plan holds none`;
}
