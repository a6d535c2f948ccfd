// Plays seeded histories and expects every invariant to hold; a seed that fails is printed with what led to it.

import { afterAll, beforeAll, inject, it } from 'vitest';
import type { Profile } from '../../src/profile/profile.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { type HistoryResult, playHistory } from './history.ts';
import { describeFailure, readProfiles } from './main.ts';

/** As many of the fixed seeds as fit into this time; `npm run simulate -- --many 1000` plays more. */
const budgetMs = 40_000;
const seedsMax = 100;

let database: SimulatedDatabase;
let profiles: ReadonlyMap<string, Profile>;
beforeAll(async () => {
  database = await createSimulatedDatabase(inject('testServer'));
  profiles = await readProfiles();
});
afterAll(async () => {
  await database.drop();
});

function expectClean(result: HistoryResult): void {
  if (result.broken.length > 0) throw new Error(describeFailure(result));
}

it('every invariant holds in the histories of fixed seeds', { timeout: 120_000 }, async () => {
  const until = Date.now() + budgetMs;
  let writes = 0;
  for (let seed = 1; seed <= seedsMax && Date.now() < until; seed += 1) {
    const result = await playHistory({ seed, database, profiles });
    expectClean(result);
    writes += result.seen.get('writes') ?? 0;
  }
  if (writes === 0) throw new Error('no history wrote anything: they prove nothing');
});

it('every invariant holds in the history of a seed nobody chose', {
  timeout: 120_000,
}, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  expectClean(await playHistory({ seed, database, profiles }));
});
