// A change in plain words, without any markup, for what is written into a cluster or a sentence.

import { unreachable } from '../errors.ts';
import type { Change, RemoveChange } from './change.ts';
import { shownValue } from './compare-patch.ts';
import { scaledObjectLimits } from './scaled-object.ts';

/** "replicas 5 → 8", "cpu request 500m → 750m"; whose it is stands elsewhere. */
export function plainChange(change: Change | RemoveChange): string {
  switch (change.kind) {
    case 'scale':
      return moved('replicas', change.before.replicas, change.after.replicas);
    case 'autoscaler':
      return (['minReplicas', 'maxReplicas'] as const)
        .filter((field) => change.before[field] !== change.after[field])
        .map((field) => {
          const name = change.scaledObject === undefined ? field : scaledObjectLimits[field].field;
          return moved(name, change.before[field], change.after[field]);
        })
        .join(', ');
    case 'patch':
      return change.fields.map(({ what, before, after }) => moved(what, before, after)).join(', ');
    case 'create':
      return 'made anew';
    case 'remove':
      return 'taken away';
    default:
      return unreachable(change);
  }
}

function moved(what: string, before: unknown, after: unknown): string {
  return `${what} ${shownValue(before)} → ${shownValue(after)}`;
}
