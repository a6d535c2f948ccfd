// What PodDisruptionBudgets say to fewer pods and to pods that are replaced.

import { expect, it } from 'vitest';
import { type DisruptionBudget, disruptionWords } from '../../src/sizing/disruption.ts';

const labels = { app: 'worker', tier: 'batch' };
const makeBudget = (over: Partial<DisruptionBudget> = {}): DisruptionBudget => ({
  name: 'worker',
  labels: { app: 'worker' },
  rules: [],
  expectedPods: 5,
  ...over,
});
const words = (over: Partial<DisruptionBudget>, change: { after: number; away?: number }) =>
  disruptionWords({ labels, before: 5, ...change }, [makeBudget(over)]);

it('says which budget would be left with too few pods, and what that means', () => {
  expect(words({ minAvailable: 4 }, { after: 3 })).toEqual([
    'PodDisruptionBudget worker wants at least 4 pods available, and 3 would be left: draining a node would wait for ever',
  ]);
  expect(words({ minAvailable: 4 }, { after: 4 })).toEqual([]);
});

it('says which rollout has more pods away at once than a budget lets be', () => {
  expect(words({ minAvailable: 4 }, { after: 5, away: 2 })).toEqual([
    'PodDisruptionBudget worker wants at least 4 pods available, and up to 2 of 5 are away at once while they are replaced',
  ]);
  expect(words({ minAvailable: 4 }, { after: 5, away: 1 })).toEqual([]);
  expect(words({ maxUnavailable: 0 }, { after: 5, away: 0 })).toEqual([]);
  expect(words({ maxUnavailable: 0 }, { after: 5, away: 1 })).toHaveLength(1);
});

it('counts shares of what is left, rounded up as the server does', () => {
  expect(words({ minAvailable: '50%' }, { after: 1 })).toEqual([]);
  expect(words({ maxUnavailable: '30%' }, { after: 5, away: 2 })).toEqual([]);
  expect(words({ maxUnavailable: '20%' }, { after: 5, away: 2 })).toHaveLength(1);
});

it('counts the pods of other workloads under the same budget', () => {
  expect(words({ minAvailable: 4, expectedPods: 8 }, { after: 1 })).toEqual([]);
  expect(words({ minAvailable: 5, expectedPods: 8 }, { after: 1 })).toHaveLength(1);
});

// biome-ignore format: a table
it.each([
  ['another label',        { labels: { app: 'api' } },                                              0],
  ['no labels at all',     { labels: {} },                                                          1],
  ['In',                   { rules: [{ key: 'tier', operator: 'In', values: ['batch'] }] },         1],
  ['NotIn',                { rules: [{ key: 'tier', operator: 'NotIn', values: ['batch'] }] },      0],
  ['Exists',               { rules: [{ key: 'gone', operator: 'Exists', values: [] }] },            0],
  ['DoesNotExist',         { rules: [{ key: 'gone', operator: 'DoesNotExist', values: [] }] },      1],
  ['an unknown operator',  { rules: [{ key: 'tier', operator: 'Near', values: [] }] },              0],
])('a selector with %s', (_, over, count) => {
  expect(words({ minAvailable: 4, ...over }, { after: 3 })).toHaveLength(count);
});
