// What a database is asked before objects of the cluster change what stands around it: the same way for every kind of such deed.

import { fitnessQueries, statementQueries } from '../database/pooler-fitness.ts';
import type { Answers, Query } from '../database/query.ts';
import { replicaQueries } from '../database/replica-look.ts';
import { shardKeyQuery } from '../database/shard-keys.ts';
import type { DatabaseDeed } from '../sizing/planned-step.ts';
import { keepsNoSessions } from './pooler-settings.ts';
import type { DatabasePlace } from './system.ts';

/** What a database answered for a deed that SQL does not do, or why it did not. */
export type BesideLook =
  | { readonly kind: 'seen'; readonly answers: Answers }
  | { readonly kind: 'unseen'; readonly because: string };

/** Questions that follow from the answers to the first ones are in `second`. */
export interface BesideQuestions {
  readonly first: readonly Query[];
  readonly second?: (answers: Answers) => readonly Query[];
}

/** Undefined where nothing has to be known. */
export function questionsBeside(
  deed: DatabaseDeed,
  { shardKeys }: Pick<DatabasePlace, 'shardKeys'>,
): BesideQuestions | undefined {
  if (deed.deed === 'shards') return shardKeys && { first: [shardKeyQuery(shardKeys)] };
  if (deed.deed === 'pooler' && keepsNoSessions(deed.settings)) {
    return { first: fitnessQueries, second: statementQueries };
  }
  return deed.deed === 'replicas' ? { first: replicaQueries } : undefined;
}
