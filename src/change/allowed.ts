// What Headroom may write to in a cluster, as headroom.yaml says it; asked when a plan is drawn and again at every write.

import type { ObjectKind, ObjectRef } from './kinds.ts';

/** Nothing outside these namespaces and kinds is ever written in a cluster. */
export interface Allowed {
  readonly namespaces: readonly string[];
  readonly kinds: readonly ObjectKind[];
}

/** By the cluster's name in headroom.yaml. */
export type AllowedByCluster = ReadonlyMap<string, Allowed>;

/** The kinds that may be written where headroom.yaml names none: those in which sizes stand. */
export const usualKinds = [
  'Deployment',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'ScaledObject',
] as const;

/** Undefined when the object may be written, else why not and what would allow it. */
export function whyNotAllowed(
  { cluster, namespace, kind, name }: ObjectRef,
  allowed: AllowedByCluster,
): string | undefined {
  const here = allowed.get(cluster);
  if (here === undefined) return `cluster ${cluster} is not in headroom.yaml`;
  const object = `${kind} ${namespace}/${name}`;
  if (!here.namespaces.includes(namespace)) {
    return `${object} may not be changed: namespace ${namespace} is not among clusters.${cluster}.allow.namespaces of headroom.yaml`;
  }
  if (!here.kinds.includes(kind)) {
    return `${object} may not be changed: ${kind} is not among clusters.${cluster}.allow.kinds of headroom.yaml`;
  }
  return undefined;
}
