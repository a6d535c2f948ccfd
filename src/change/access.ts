// Which rights a change needs in a cluster, in the words that grant them.

import { unreachable } from '../errors.ts';
import type { ClusterChange } from './change.ts';
import { type ObjectRef, objectKinds } from './kinds.ts';
import { writtenObject } from './written-object.ts';

/** One right as Kubernetes names it. */
export interface AccessRight {
  readonly verb: 'patch' | 'create' | 'delete';
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

/** What a cluster must allow so that a change can be made and, where a failed plan does that, taken back. */
export function rightsOf(change: ClusterChange): readonly AccessRight[] {
  const object = writtenObject(change);
  switch (change.kind) {
    case 'scale':
      return [{ ...rightTo('patch', object), subresource: 'scale' }];
    case 'autoscaler':
    case 'patch':
      return [rightTo('patch', object)];
    case 'create':
      // Server-side apply is a patch that may create.
      return [
        rightTo('patch', object),
        rightTo('create', object),
        ...(change.undo === 'exact' ? [rightTo('delete', object)] : []),
      ];
    default:
      return unreachable(change);
  }
}

function rightTo(
  verb: AccessRight['verb'],
  { kind, cluster, namespace, name }: ObjectRef,
): AccessRight {
  const { apiVersion, plural } = objectKinds[kind];
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return { verb, group, resource: plural, cluster, namespace, name };
}

/** "Headroom may not patch deployments/scale in namespace shop of cluster main; a Role that grants it: …". */
export function missingRight({
  verb,
  group,
  resource,
  subresource,
  cluster,
  namespace,
}: AccessRight): string {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const rule = `apiGroups [${JSON.stringify(group)}], resources ["${what}"], verbs ["${verb}"]`;
  return `Headroom may not ${verb} ${what} in namespace ${namespace} of cluster ${cluster}; a Role there must grant its account ${rule}`;
}
