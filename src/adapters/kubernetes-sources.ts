// What of a cluster is watched, where, and what is kept of it.

import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import type { WorkloadRef } from '../change/change.ts';
import { type ObjectKind, objectKinds, objectPath } from '../change/kinds.ts';
import { podReason } from './kubernetes-state.ts';
import type { StreamedObject } from './kubernetes-stream.ts';
import type { ViewSource } from './kubernetes-views.ts';
import type { Kept } from './shelf.ts';

/** What is kept of each kind. An autoscaler, of whatever kind, is found by what it scales. */
const followedKinds = {
  Deployment: keepWhole,
  StatefulSet: keepWhole,
  HorizontalPodAutoscaler: keepScaling,
  ScaledObject: keepScaling,
} as const satisfies Partial<Record<ObjectKind, (object: StreamedObject) => Kept>>;

export type FollowedKind = keyof typeof followedKinds;

/** Of the watches of a cluster these are for workloads and what scales them, in all namespaces; pods take none of their places. */
export const wideNames: readonly string[] = Object.keys(followedKinds);

/** Whether objects of this kind are watched. */
export function isFollowed(kind: string): kind is FollowedKind {
  return Object.hasOwn(followedKinds, kind);
}

/** All namespaces at once where the account may, else the one that is asked for. */
export function sourcesOf(kind: FollowedKind, namespace: string): readonly ViewSource[] {
  return [wide(kind), narrow(kind, namespace)];
}

function wide(kind: FollowedKind): ViewSource {
  const { apiVersion, plural } = objectKinds[kind];
  return {
    name: kind,
    path: `/apis/${apiVersion}/${plural}`,
    keep: followedKinds[kind],
    right: `list and watch ${plural} of all namespaces, in a ClusterRole`,
  };
}

function narrow(kind: FollowedKind, namespace: string): ViewSource {
  const { plural } = objectKinds[kind];
  return {
    ...wide(kind),
    name: `${kind} ${namespace}`,
    path: objectPath(kind, { namespace }),
    right: `list and watch ${plural} of namespace ${namespace}, in a Role`,
  };
}

/** The pods of one workload, and why they are not ready. */
export function podsOf(namespace: string, labelSelector: string): ViewSource {
  return {
    name: `Pod ${namespace} ${labelSelector}`,
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
    query: { labelSelector },
    keep: (object) => ({ text: podReason(object as Pick<V1Pod, 'metadata' | 'status'>) ?? '' }),
    isBrief: true,
    right: `list and watch pods of namespace ${namespace}, in a Role`,
  };
}

/** By this an autoscaler is found that scales a workload. */
export const tagOf = ({
  namespace,
  kind,
  name,
}: Pick<WorkloadRef, 'namespace' | 'kind' | 'name'>) => `${namespace}/${kind}/${name}`;

/** As text it takes a fraction of what its parts would take; who asks for it reads it then. */
function keepWhole(object: StreamedObject): Kept {
  return { text: JSON.stringify(object) };
}

const scaled = z.looseObject({
  spec: z.looseObject({
    // Without a kind it means a Deployment.
    scaleTargetRef: z.object({ kind: z.string().default('Deployment'), name: z.string() }),
  }),
});

function keepScaling(object: StreamedObject): Kept {
  const { text } = keepWhole(object);
  const read = scaled.safeParse(object);
  if (!read.success) return { text };
  const { namespace = '' } = object.metadata;
  const { kind, name } = read.data.spec.scaleTargetRef;
  return { text, tag: `${namespace}/${kind}/${name}` };
}
