// Finds the object whose fields a change writes: not always the workload it is for.

import type { Change, RemoveChange } from './change.ts';
import type { ObjectRef } from './kinds.ts';
import { writtenFields } from './written-fields.ts';

/** The object a change writes; a scale belongs to its workload. */
export function writtenObject(change: Change | RemoveChange): ObjectRef {
  return change.kind === 'remove' ? change.object : writtenFields(change).object;
}
