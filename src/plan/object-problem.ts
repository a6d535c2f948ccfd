// Says why an object must not be written: fields that a server never changes, and others who decide on the same pods.

import type { SeenObject } from '../change/compare.ts';
import { type ObjectKind, type ObjectRef, objectKinds } from '../change/kinds.ts';
import { keysOf, valueAt } from '../change/pointer.ts';
import { madeBy } from '../change/scaled-object.ts';
import type { Tree } from '../sizing/step-values.ts';
import { resourcesOf } from './autoscaler-spec.ts';
import { fieldsToWrite } from './merge-fields.ts';
import { containersOf } from './pod-containers.ts';
import { type StepFacts, seenIn } from './step-facts.ts';

type Fields = Readonly<Record<string, Tree>>;

/** Why it cannot be written, in words; undefined where nothing is in the way. */
export function objectProblem(
  object: ObjectRef,
  fields: Fields,
  facts: StepFacts,
): string | undefined {
  const seen = seenIn(facts, object.kind, object.name);
  return (
    (seen && fixedProblem(object, fields, seen)) ??
    scalerProblem(object, fields, facts) ??
    verticalProblem(object, fields, facts)
  );
}

/** What of a kind may be written once it is there; of the kinds that are not named, all but the selector. */
const mutable: Partial<Record<ObjectKind, readonly string[]>> = {
  StatefulSet: [
    '/spec/replicas',
    '/spec/template',
    '/spec/updateStrategy',
    '/spec/minReadySeconds',
    '/spec/persistentVolumeClaimRetentionPolicy',
  ],
  PersistentVolumeClaim: ['/spec/resources/requests/storage'],
};

function fixedProblem(
  { kind, name }: ObjectRef,
  fields: Fields,
  seen: SeenObject,
): string | undefined {
  if (kind === 'Job') {
    return `there is a Job ${name} already, and a Job runs once: delete it when it has finished, then ask for the plan again`;
  }
  if (valueAt(seen.value, '/immutable') === true) {
    return `${kind} ${name} is immutable: make one with another name, and let the pods read that`;
  }
  const written = fieldsToWrite(seen.value, fields, '').fields;
  const more = written.find(
    ({ pointer, append }) => append && /\/(init)?containers\/\d+$/i.test(pointer),
  );
  if (more !== undefined) {
    const has = containersOf(seen).map((container) => container.name);
    return `${kind} ${name} has no container ${more.what}, but ${has.join(', ')}`;
  }
  const open = mutable[kind];
  const fixed = written.find(({ pointer }) =>
    open === undefined
      ? kind === 'Deployment' && pointer.startsWith('/spec/selector')
      : !open.some((prefix) => pointer.startsWith(prefix)),
  );
  return (
    fixed &&
    `${kind} ${name} is there with another ${keysOf(fixed.pointer)[1] ?? 'content'}, which can never change: give the new one another name`
  );
}

/** One autoscaler a workload. */
function scalerProblem(
  { kind, name }: ObjectRef,
  fields: Fields,
  facts: StepFacts,
): string | undefined {
  const isScaler = kind === 'ScaledObject' || kind === 'HorizontalPodAutoscaler';
  const { workload, state } = facts;
  if (!isScaler) return undefined;
  const targetName = '/spec/scaleTargetRef/name';
  const target =
    valueAt(fields, targetName) ?? valueAt(seenIn(facts, kind, name)?.value, targetName);
  if (typeof target === 'string' && target !== workload.name) {
    return `${kind} ${name} is for ${target}, but this step is about ${workload.name}, so nobody has looked at what scales ${target} already: give the step \`workload: ${target}\``;
  }
  const { autoscaler } = state;
  if (autoscaler === undefined) return undefined;
  const seen = seenIn(facts, 'HorizontalPodAutoscaler', autoscaler.name);
  const owner = seen && madeBy(seen);
  const isSame = kind === 'ScaledObject' ? owner === name : autoscaler.name === name;
  if (isSame && !(kind === 'HorizontalPodAutoscaler' && owner !== undefined)) return undefined;
  const who =
    owner === undefined ? `autoscaler ${autoscaler.name}` : `KEDA's ScaledObject ${owner}`;
  const found =
    owner === undefined
      ? ({ kind: 'HorizontalPodAutoscaler', name: autoscaler.name } as const)
      : ({ kind: 'ScaledObject', name: owner } as const);
  return `${who} scales ${workload.name} already, and two on one workload disable each other: ${takenAwayFirst(found, facts)}`;
}

/** Plans delete nothing that somebody else has made, so a person does; a server with KEDA refuses the new one until then. */
export function takenAwayFirst(
  { kind, name }: Pick<ObjectRef, 'kind' | 'name'>,
  { workload, state }: StepFacts,
): string {
  const object = `--namespace ${workload.namespace} ${objectKinds[kind].word} ${name}`;
  const pods = state.workload?.replicas;
  const meanwhile =
    pods === undefined ? '' : ` (${workload.name} keeps its ${pods} pods meanwhile)`;
  return `keep a copy with \`kubectl get ${object} -o yaml\`, take it away with \`kubectl delete ${object}\`${meanwhile}, then ask for this plan again`;
}

/** A vertical autoscaler that acts changes the requests an autoscaler's shares are of. */
function verticalProblem(
  { kind, name }: ObjectRef,
  fields: Fields,
  facts: StepFacts,
): string | undefined {
  const { state } = facts;
  const { vertical } = state;
  const scalesBy = scaledResources(kind, fields);
  if (vertical?.kind === 'seen' && scalesBy.length > 0) {
    return `vertical autoscaler ${vertical.name} (mode ${vertical.mode}) sets the requests that ${kind} ${name} would scale by (${scalesBy.join(', ')}): set it to Off first`;
  }
  if (kind !== 'VerticalPodAutoscaler') return undefined;
  const stated = valueAt(fields, '/spec/updatePolicy/updateMode');
  const mode = typeof stated === 'string' ? stated : 'Auto';
  if (mode === 'Off' || state.autoscaler === undefined) return undefined;
  const seen = seenIn(facts, 'HorizontalPodAutoscaler', state.autoscaler.name);
  const resources = resourcesOf(valueAt(seen?.value, '/spec/metrics'));
  return resources.length === 0
    ? undefined
    : `vertical autoscaler ${name} with mode ${mode} would change the requests that autoscaler ${state.autoscaler.name} scales by (${resources.join(', ')}): its mode must be Off`;
}

/** What of its pods a new autoscaler would count as a share of their requests. */
function scaledResources(kind: ObjectKind, fields: Fields): readonly string[] {
  if (kind === 'HorizontalPodAutoscaler') return resourcesOf(valueAt(fields, '/spec/metrics'));
  const triggers = kind === 'ScaledObject' ? valueAt(fields, '/spec/triggers') : undefined;
  if (!Array.isArray(triggers)) return [];
  return triggers
    .map((trigger: unknown) => valueAt(trigger, '/type'))
    .filter((type) => type === 'cpu' || type === 'memory');
}
