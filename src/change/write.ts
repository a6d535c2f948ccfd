// The one request a change comes to, wherever it goes: to a cluster or to a database.

import type { SqlDeed } from '../database/sql-deed.ts';
import type { Change, DatabaseRef, RemoveChange } from './change.ts';
import { type ClusterWrite, clusterWrite } from './cluster-write.ts';
import { compareChange, type State } from './compare.ts';
import { markOf } from './plan-mark.ts';

/** What a deed still needs, done once more on the condition that it stands as it was looked at. */
export interface SqlWrite {
  readonly how: 'sql';
  readonly database: DatabaseRef;
  readonly deed: SqlDeed;
}

export type Write = ClusterWrite | SqlWrite;

/** The write of a change as it was seen; undefined where there is nothing to write, or it would write over somebody. */
export function writeFor(
  change: Change | RemoveChange,
  planId: string,
  state: State,
): Write | undefined {
  const comparison = compareChange(change, state);
  if (comparison.kind !== 'unchanged') return undefined;
  if (change.kind === 'sql') {
    return { how: 'sql', database: change.database, deed: change.deed };
  }
  return clusterWrite(change, comparison.resourceVersion, markOf(change, planId, state));
}
