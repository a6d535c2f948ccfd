// Says which fields of which object a change writes: that is all our field manager comes to own, and all somebody else could put back.

import { unreachable } from '../errors.ts';
import type { ClusterChange, FieldValue } from './change.ts';
import type { ObjectRef } from './kinds.ts';
import { scaledObjectLimits } from './scaled-object.ts';
import { writtenObject } from './written-object.ts';

/** One field, as JSON Pointer and in the words of a person. */
export interface WrittenField {
  readonly pointer: string;
  readonly what: string;
  readonly before?: FieldValue;
  readonly after?: FieldValue;
}

export interface WrittenFields {
  readonly object: ObjectRef;
  readonly fields: readonly WrittenField[];
}

/** A creation writes an object that was nobody's before, so it lists none. */
export function writtenFields(change: ClusterChange): WrittenFields {
  return { object: writtenObject(change), fields: fieldsOf(change) };
}

function fieldsOf(change: ClusterChange): readonly WrittenField[] {
  switch (change.kind) {
    case 'scale': {
      const [before, after] = [change.before.replicas, change.after.replicas];
      return [{ pointer: '/spec/replicas', what: 'replicas', before, after }];
    }
    case 'autoscaler': {
      const { scaledObject, before, after } = change;
      const moved = (['minReplicas', 'maxReplicas'] as const).filter(
        (limit) => before[limit] !== after[limit],
      );
      return moved.map((limit) => {
        const what = scaledObject === undefined ? limit : scaledObjectLimits[limit].field;
        return { pointer: `/spec/${what}`, what, before: before[limit], after: after[limit] };
      });
    }
    case 'patch':
      return change.fields;
    case 'create':
      return [];
    default:
      return unreachable(change);
  }
}
