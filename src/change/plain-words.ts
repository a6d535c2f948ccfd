// A change in plain words, without any markup, for what is written into a cluster or a sentence.

import type { ClusterChange, RemoveChange } from './change.ts';
import { shownValue } from './compare-patch.ts';
import { writtenFields } from './written-fields.ts';

/** "replicas 5 → 8", "cpu request 500m → 750m"; whose it is stands elsewhere. */
export function plainChange(change: ClusterChange | RemoveChange): string {
  if (change.kind === 'create') return 'made anew';
  if (change.kind === 'remove') return 'taken away';
  return writtenFields(change)
    .fields.map(({ what, before, after }) => `${what} ${shownValue(before)} → ${shownValue(after)}`)
    .join(', ');
}
