// Builds the exact request a change makes to a cluster; running it is the adapter's work.

import { unreachable } from '../errors.ts';
import type {
  AutoscalerChange,
  ClusterChange,
  CreateChange,
  FieldValue,
  PatchChange,
  PatchField,
  RemoveChange,
  ScalingBounds,
} from './change.ts';
import { type ObjectRef, objectKinds } from './kinds.ts';
import { markOperations, type PlanMark, planAnnotation } from './plan-mark.ts';
import { scaledObjectLimits, scaledObjectRef } from './scaled-object.ts';

/** A test for null passes where nothing stands and the parent is there. */
export type JsonPatchOperation =
  | {
      readonly op: 'test' | 'add' | 'replace';
      readonly path: string;
      readonly value: FieldValue | null;
    }
  | { readonly op: 'remove'; readonly path: string };

/** A JSON Patch: the server itself refuses it when a tested field is no longer what the plan saw. */
export interface PatchWrite {
  readonly how: 'patch';
  readonly object: ObjectRef;
  readonly subresource?: 'scale';
  readonly patch: readonly JsonPatchOperation[];
}

/** Server-side apply without force: it makes what is not there, and is refused where somebody else owns another value. */
export interface ApplyWrite {
  readonly how: 'apply';
  readonly object: ObjectRef;
  readonly body: { readonly [field: string]: FieldValue };
}

/** A deletion of exactly the version that was looked at. */
export interface RemoveWrite {
  readonly how: 'remove';
  readonly object: ObjectRef;
  readonly resourceVersion: string;
}

const versionPath = '/metadata/resourceVersion';

/** One conditional write. */
export type ClusterWrite = PatchWrite | ApplyWrite | RemoveWrite;

/**
 * The write of one change, conditional on the fields it changes. With a mark the object says afterwards which plan wrote
 * it, in the same request; a scale cannot say it, and a removal leaves nothing that could.
 *
 * A workload at zero has no `spec.replicas` in its Scale, so there is no old value to test there, nor has a removal one;
 * the caller then passes the resourceVersion it has just read and that is tested instead.
 */
export function clusterWrite(
  change: Exclude<ClusterChange, CreateChange>,
  resourceVersion: string,
  mark?: PlanMark,
): PatchWrite;
export function clusterWrite(
  change: ClusterChange | RemoveChange,
  resourceVersion: string,
  mark?: PlanMark,
): ClusterWrite;
export function clusterWrite(
  change: ClusterChange | RemoveChange,
  resourceVersion: string,
  mark?: PlanMark,
): ClusterWrite {
  switch (change.kind) {
    case 'scale': {
      const { workload, before, after } = change;
      return {
        how: 'patch',
        object: refOf(workload),
        subresource: 'scale',
        patch: [
          before.replicas === 0
            ? { op: 'test', path: versionPath, value: resourceVersion }
            : { op: 'test', path: '/spec/replicas', value: before.replicas },
          { op: 'add', path: '/spec/replicas', value: after.replicas },
        ],
      };
    }
    case 'autoscaler':
      return change.scaledObject === undefined
        ? {
            how: 'patch',
            object: { ...change.autoscaler, kind: 'HorizontalPodAutoscaler' },
            patch: [...autoscalerPatch(change.before, change.after), ...markOperations(mark)],
          }
        : {
            how: 'patch',
            object: scaledObjectRef(change.workload, change.scaledObject),
            patch: [...scaledObjectPatch(change, resourceVersion), ...markOperations(mark)],
          };
    case 'patch':
      return {
        how: 'patch',
        object: change.object,
        patch: [...fieldsPatch(change), ...markOperations(mark)],
      };
    case 'create':
      return { how: 'apply', object: change.object, body: bodyOf(change, mark) };
    case 'remove':
      return { how: 'remove', object: change.object, resourceVersion };
    default:
      return unreachable(change);
  }
}

function refOf({ cluster, namespace, kind, name }: ObjectRef): ObjectRef {
  return { cluster, namespace, kind, name };
}

function bodyOf(
  { object: { kind, namespace, name }, fields }: CreateChange,
  mark?: PlanMark,
): ApplyWrite['body'] {
  const { apiVersion } = objectKinds[kind];
  const annotations = mark && { annotations: { [planAnnotation]: mark.planId } };
  return { apiVersion, kind, metadata: { name, namespace, ...annotations }, ...fields };
}

/** First everything that is tested, then everything that is written: the server keeps all of it or nothing. */
function fieldsPatch({ guards, fields }: PatchChange): JsonPatchOperation[] {
  return [
    ...guards.map(({ pointer, equals }) => ({ op: 'test', path: pointer, value: equals }) as const),
    ...fields.flatMap((field) =>
      isAppended(field)
        ? []
        : [{ op: 'test', path: field.pointer, value: field.before ?? null } as const],
    ),
    ...fields.flatMap(writeOf),
  ];
}

function isAppended({ append, before }: PatchField): boolean {
  return append === true && before === undefined;
}

function writeOf(field: PatchField): JsonPatchOperation[] {
  const { pointer, before, after } = field;
  if (after === undefined) return [{ op: 'remove', path: pointer }];
  if (!isAppended(field)) {
    return [{ op: before === undefined ? 'add' : 'replace', path: pointer, value: after }];
  }
  // There is no test for "nothing stands at this index": that it landed there shows how long the list was.
  const list = pointer.slice(0, pointer.lastIndexOf('/'));
  return [
    { op: 'add', path: `${list}/-`, value: after },
    { op: 'test', path: pointer, value: after },
  ];
}

/** Only the limits that move are written, and each is tested first; one patch, so no order can be invalid in between. */
function autoscalerPatch(before: ScalingBounds, after: ScalingBounds): JsonPatchOperation[] {
  const patch: JsonPatchOperation[] = [];
  for (const field of ['minReplicas', 'maxReplicas'] as const) {
    if (before[field] === after[field]) continue;
    patch.push({ op: 'test', path: `/spec/${field}`, value: before[field] });
    patch.push({ op: 'replace', path: `/spec/${field}`, value: after[field] });
  }
  return patch;
}

/**
 * The same for a ScaledObject. A limit that is at its default may not be there at all, which no test of its value
 * covers; then the version that was just read is tested.
 */
function scaledObjectPatch(
  { before, after }: AutoscalerChange,
  resourceVersion: string,
): JsonPatchOperation[] {
  const moved = (['minReplicas', 'maxReplicas'] as const).filter(
    (field) => before[field] !== after[field],
  );
  const path = (field: (typeof moved)[number]) => `/spec/${scaledObjectLimits[field].field}`;
  const stated = moved.filter((field) => before[field] !== scaledObjectLimits[field].byDefault);
  return [
    ...(stated.length < moved.length
      ? [{ op: 'test', path: versionPath, value: resourceVersion } as const]
      : []),
    ...stated.map((field) => ({ op: 'test', path: path(field), value: before[field] }) as const),
    // What was not there before is not there after it is taken back, either.
    ...moved.map((field) =>
      after.unstated?.includes(field) === true
        ? ({ op: 'remove', path: path(field) } as const)
        : ({ op: 'add', path: path(field), value: after[field] } as const),
    ),
  ];
}

/** The same change as a command a person can run by hand, for systems in `propose` mode. */
export function asCommand(change: ClusterChange): string {
  switch (change.kind) {
    case 'scale':
      return `kubectl scale ${change.workload.kind.toLowerCase()}/${change.workload.name} --namespace ${change.workload.namespace} --current-replicas=${change.before.replicas} --replicas=${change.after.replicas}`;
    case 'autoscaler':
    case 'patch':
      return patchCommand(clusterWrite(change, ''));
    case 'create':
      return `kubectl apply --server-side --field-manager=headroom --filename=- <<'END'\n${JSON.stringify(bodyOf(change))}\nEND`;
    default:
      return unreachable(change);
  }
}

/** Nobody has read a version here, so only values are tested. */
function patchCommand({ object: { kind, name, namespace }, patch }: PatchWrite): string {
  const text = JSON.stringify(patch.filter(({ path }) => path !== versionPath)).replaceAll(
    "'",
    String.raw`'\''`,
  );
  return `kubectl patch ${objectKinds[kind].word} ${name} --namespace ${namespace} --type=json --patch='${text}'`;
}
