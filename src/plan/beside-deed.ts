// What a database is asked before objects of the cluster change what stands around it: the same way for every kind of such deed.

import type { Answers, Query } from '../database/query.ts';
import { shardKeyQuery } from '../database/shard-keys.ts';
import type { DatabaseDeed } from '../sizing/planned-step.ts';
import type { DatabasePlace } from './system.ts';

/** What a database answered for a deed that SQL does not do, or why it did not. */
export type BesideLook =
  | { readonly kind: 'seen'; readonly answers: Answers }
  | { readonly kind: 'unseen'; readonly because: string };

/** Questions that follow from the answers to the first ones are in `then`. */
export interface BesideQuestions {
  readonly first: readonly Query[];
  readonly then?: (answers: Answers) => readonly Query[];
}

/** Undefined where nothing has to be known. */
export function questionsBeside(
  deed: DatabaseDeed,
  { shardKeys }: Pick<DatabasePlace, 'shardKeys'>,
): BesideQuestions | undefined {
  if (deed.deed === 'shards') return shardKeys && { first: [shardKeyQuery(shardKeys)] };
  return undefined;
}
