// The annotation by which an object says which plan wrote it last; it travels in the same request as the change.

import type { ClusterChange, RemoveChange } from './change.ts';
import type { JsonPatchOperation } from './cluster-write.ts';
import type { ClusterState } from './compare.ts';
import { seenObjectOf } from './compare-patch.ts';
import { escaped, valueAt } from './pointer.ts';
import { writtenObject } from './written-object.ts';

/** The annotation that holds the id of the plan which wrote an object last. */
export const planAnnotation = 'headroom/plan';

const here = '/metadata/annotations';

/** The annotation's place as a JSON Pointer. */
export const planAnnotationPointer = `${here}/${escaped(planAnnotation)}`;

/** Which plan writes; and whether the object has annotations already, because a patch must know. */
export interface PlanMark {
  readonly planId: string;
  readonly annotated: boolean;
}

/** The mark for a change's object as it was seen; undefined where it was not, and its write says nothing then. */
export function markOf(
  change: ClusterChange | RemoveChange,
  planId: string,
  now: ClusterState,
): PlanMark | undefined {
  if (change.kind === 'create') return { planId, annotated: false };
  if (change.kind === 'scale' || change.kind === 'remove') return undefined;
  const seen = seenObjectOf(writtenObject(change), now);
  return seen && { planId, annotated: valueAt(seen.value, here) !== undefined };
}

/** What a patch adds for a mark. Annotations of others are never overwritten: where there are none, that is tested. */
export function markOperations(mark: PlanMark | undefined): readonly JsonPatchOperation[] {
  if (mark === undefined) return [];
  const { planId, annotated } = mark;
  return annotated
    ? [{ op: 'add', path: planAnnotationPointer, value: planId }]
    : [
        { op: 'test', path: here, value: null },
        { op: 'add', path: here, value: { [planAnnotation]: planId } },
      ];
}
