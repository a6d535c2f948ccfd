// Draws the deeds of one case of a kind, on a server where all that comes before them is done.

import { expect } from 'vitest';
import type { SqlDeed } from '../../../src/database/sql-deed.ts';
import { deedsOf, draw, write } from '../deeds.ts';
import type { Target } from '../target.ts';
import type { Killed } from './kinds.ts';

export async function drawnOf(
  target: Target,
  [kind, { after, step, deeds = 1 }]: readonly [SqlDeed['deed'], Killed],
  at: Date,
): Promise<readonly SqlDeed[]> {
  const carryOut = async (some: readonly SqlDeed[]) => {
    for (const deed of some) expect(await write(target, deed)).toEqual({ kind: 'written' });
  };
  if (after !== undefined) await carryOut(deedsOf(await draw(target, after, { at })));
  const all = deedsOf(await draw(target, step, { at }));
  const first = all.findIndex(({ deed }) => deed === kind);
  await carryOut(all.slice(0, first));
  return all.slice(first, first + deeds);
}
