// Builds the exact request a change makes to a cluster; running it is the adapter's work.

import { unreachable } from '../errors.ts';
import type { Change, FieldValue, PatchChange, PatchField } from './change.ts';

/** A test for null passes where nothing stands and the parent is there. */
export type JsonPatchOperation =
  | {
      readonly op: 'test' | 'add' | 'replace';
      readonly path: string;
      readonly value: FieldValue | null;
    }
  | { readonly op: 'remove'; readonly path: string };

/** One conditional write: the server itself refuses it when a tested field is no longer what the plan saw. */
export interface ClusterWrite {
  readonly cluster: string;
  readonly resource:
    | 'deployments'
    | 'deployments/scale'
    | 'statefulsets/scale'
    | 'horizontalpodautoscalers';
  readonly namespace: string;
  readonly name: string;
  readonly patch: readonly JsonPatchOperation[];
}

/**
 * The write of one change, conditional on the fields it changes.
 *
 * A workload at zero has no `spec.replicas` in its Scale, so there is no old value to test there;
 * the caller then passes the resourceVersion it has just read and that is tested instead.
 */
export function clusterWrite(change: Change, resourceVersion: string): ClusterWrite {
  switch (change.kind) {
    case 'scale': {
      const { workload, before, after } = change;
      return {
        cluster: workload.cluster,
        resource: workload.kind === 'Deployment' ? 'deployments/scale' : 'statefulsets/scale',
        namespace: workload.namespace,
        name: workload.name,
        patch: [
          before.replicas === 0
            ? { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }
            : { op: 'test', path: '/spec/replicas', value: before.replicas },
          { op: 'add', path: '/spec/replicas', value: after.replicas },
        ],
      };
    }
    case 'autoscaler':
      return {
        cluster: change.autoscaler.cluster,
        resource: 'horizontalpodautoscalers',
        namespace: change.autoscaler.namespace,
        name: change.autoscaler.name,
        patch: autoscalerPatch(change.before, change.after),
      };
    case 'patch':
      return {
        cluster: change.object.cluster,
        resource: patched[change.object.kind].resource,
        namespace: change.object.namespace,
        name: change.object.name,
        patch: fieldsPatch(change),
      };
    default:
      return unreachable(change);
  }
}

const patched = {
  Deployment: { resource: 'deployments', word: 'deployment' },
  HorizontalPodAutoscaler: { resource: 'horizontalpodautoscalers', word: 'hpa' },
} as const;

/** First everything that is tested, then everything that is written: the server keeps all of it or nothing. */
function fieldsPatch({ guards, fields }: PatchChange): JsonPatchOperation[] {
  return [
    ...guards.map(({ pointer, equals }) => ({ op: 'test', path: pointer, value: equals }) as const),
    ...fields.map(
      ({ pointer, before }) => ({ op: 'test', path: pointer, value: before ?? null }) as const,
    ),
    ...fields.map(writeOf),
  ];
}

function writeOf({ pointer, before, after }: PatchField): JsonPatchOperation {
  if (after === undefined) return { op: 'remove', path: pointer };
  return { op: before === undefined ? 'add' : 'replace', path: pointer, value: after };
}

type Bounds = { readonly minReplicas: number; readonly maxReplicas: number };

/** Only the limits that move are written, and each is tested first; one patch, so no order can be invalid in between. */
function autoscalerPatch(before: Bounds, after: Bounds): JsonPatchOperation[] {
  const patch: JsonPatchOperation[] = [];
  for (const field of ['minReplicas', 'maxReplicas'] as const) {
    if (before[field] === after[field]) continue;
    patch.push({ op: 'test', path: `/spec/${field}`, value: before[field] });
    patch.push({ op: 'replace', path: `/spec/${field}`, value: after[field] });
  }
  return patch;
}

/** The same change as a command a person can run by hand, for systems in `propose` mode. */
export function asCommand(change: Change): string {
  switch (change.kind) {
    case 'scale':
      return `kubectl scale ${change.workload.kind.toLowerCase()}/${change.workload.name} --namespace ${change.workload.namespace} --current-replicas=${change.before.replicas} --replicas=${change.after.replicas}`;
    case 'autoscaler':
      return patchCommand('hpa', clusterWrite(change, ''));
    case 'patch':
      return patchCommand(patched[change.object.kind].word, clusterWrite(change, ''));
    default:
      return unreachable(change);
  }
}

function patchCommand(word: string, { name, namespace, patch }: ClusterWrite): string {
  return `kubectl patch ${word} ${name} --namespace ${namespace} --type=json --patch='${JSON.stringify(patch)}'`;
}
