// Compares what a creation and its undo expect with what is there now.

import type { CreateChange, FieldValue, RemoveChange } from './change.ts';
import type { ClusterState, Comparison } from './compare.ts';
import { sameAmount, seenObjectOf } from './compare-patch.ts';
import { changedBy, whoWrote } from './field-owner.ts';
import { planAnnotationPointer } from './plan-mark.ts';
import { escaped, valueAt } from './pointer.ts';

/** Reached is an object that holds everything the plan would write; defaults that the server adds do not count. */
export function compareCreate({ object, fields }: CreateChange, now: ClusterState): Comparison {
  const there = seenObjectOf(object, now);
  if (there === undefined) return { kind: 'unchanged', resourceVersion: '' };
  const other = firstDifference(fields, there.value, '');
  if (other === undefined) return { kind: 'reached' };
  return {
    kind: 'drifted',
    because: `${object.kind} ${object.name} is there already, with another value at ${other}${changedBy(whoWrote(there, other))}`,
  };
}

/** An object that somebody else has made, or written to since, is not taken away. */
export function compareRemove({ object, madeBy }: RemoveChange, now: ClusterState): Comparison {
  const there = seenObjectOf(object, now);
  if (there === undefined) return { kind: 'reached' };
  const made = valueAt(there.value, planAnnotationPointer);
  if (made === madeBy) return { kind: 'unchanged', resourceVersion: there.resourceVersion };
  return {
    kind: 'drifted',
    because: `${object.kind} ${object.name} does not say that plan ${madeBy} made it`,
  };
}

/** Where the object lacks something of what is wanted, as a pointer; a list must agree in full length. */
function firstDifference(wanted: FieldValue, is: unknown, at: string): string | undefined {
  if (typeof wanted !== 'object') return sameAmount(is, wanted, at) ? undefined : at;
  if (Array.isArray(wanted) && (!Array.isArray(is) || is.length !== wanted.length)) return at;
  for (const [key, part] of Object.entries(wanted)) {
    const pointer = `${at}/${escaped(key)}`;
    const other = firstDifference(part, valueAt(is, pointer.slice(at.length)), pointer);
    if (other !== undefined) return other;
  }
  return undefined;
}
