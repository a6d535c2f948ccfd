// Finds the object whose fields a change writes: not always the workload it is for.

import type { ClusterChange, RemoveChange } from './change.ts';
import type { ObjectRef } from './kinds.ts';
import { scaledObjectRef } from './scaled-object.ts';

/** The object a change writes; a scale belongs to its workload. */
export function writtenObject(change: ClusterChange | RemoveChange): ObjectRef {
  switch (change.kind) {
    case 'scale': {
      const { cluster, namespace, kind, name } = change.workload;
      return { cluster, namespace, kind, name };
    }
    case 'autoscaler':
      return change.scaledObject === undefined
        ? { ...change.autoscaler, kind: 'HorizontalPodAutoscaler' }
        : scaledObjectRef(change.workload, change.scaledObject);
    case 'patch':
    case 'create':
    case 'remove':
      return change.object;
  }
}
