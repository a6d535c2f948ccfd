// Adds up what more pods may open beside what is in use, with the pods of a rollout.

import { expect, it } from 'vitest';
import { connectionGrowth, poolOf, usualValues } from '../../src/sizing/connection-growth.ts';
import { shop } from './shop.ts';

const use = { used: 20, max: 100, reserved: 3 };

const pools = (pods: number, perPod: number) => ({ pods, perPod });

it('counts the pods of a rollout and not twice those that run', () => {
  const web = { name: 'web', now: pools(2, 10), moments: [pools(4, 10)] };
  expect(connectionGrowth(shop(), [web], use)).toEqual({
    count: 20 + (4 + 1 - 2) * 10,
    full: (4 + 1) * 10,
    free: 97,
    sum: '20 in use + web (4 + 1 during a rollout − 2 now) × 10 = 50',
  });
});

it('counts what runs as full where it has not opened all its connections yet', () => {
  const web = { name: 'web', now: pools(4, 10), moments: [pools(5, 10)] };
  expect(connectionGrowth(shop(), [web], { ...use, used: 8 })).toMatchObject({
    count: 8 + (5 + 2 - 4) * 10,
    full: (5 + 2) * 10,
  });
});

it('adds several up, with whole connections', () => {
  const openings = [
    { name: 'web', now: pools(2, 2.5), moments: [pools(3, 2.5)] },
    { name: 'worker', now: pools(3, 5), moments: [pools(5, 5)] },
  ];
  expect(connectionGrowth(shop(), openings, use).count).toBe(20 + 2 * 3 + 4 * 5);
});

it.each([
  ['larger pools', [pools(4, 20)], '(4 + 1 during a rollout) × 20 − 4 now × 10', 60],
  [
    'more pods before their pools are made smaller',
    [pools(8, 10), pools(8, 2)],
    '(8 + 2 during a rollout − 4 now) × 10',
    60,
  ],
  [
    'smaller pools before there are more pods, while the old ones are still there',
    [pools(4, 5), pools(8, 5)],
    '(8 + 2 during a rollout − 4 now) × 5',
    30,
  ],
])('counts the worst moment of %s', (_, moments, words, more) => {
  const web = { name: 'web', now: pools(4, 10), moments };
  expect(connectionGrowth(shop(), [web], use)).toMatchObject({
    count: 20 + more,
    sum: `20 in use + web ${words} = ${20 + more}`,
  });
});

it('counts no rollout for what is new', () => {
  const pooler = { name: 'pooler', now: pools(0, 0), moments: [pools(2, 30)], surgePercent: 0 };
  expect(connectionGrowth(shop(), [pooler], use).sum).toBe('20 in use + pooler (2) × 30 = 80');
});

it('a pool that follows from what has no default is not known', () => {
  const components = `
components:
  web:
    workload: { kind: Deployment, namespace: shop, name: web, container: web }
    replicas: { min: 1, max: 20, baseline: 2, source: Sizes }
    pod: { cpu: 500m, memory: 1Gi, source: Pods }
    connections: { perPod: visits / 40, source: Pools }
  cache:
    workload: { kind: StatefulSet, namespace: shop, name: cache, container: cache }
    replicas: { min: 1, max: 3, baseline: 3, source: Sizes }
    pod: { cpu: 500m, memory: 1Gi, source: Pods }
`;
  const required = shop('', { components });
  expect(poolOf(required, 'web', usualValues(required))).toMatchObject({ ok: false });
  expect(poolOf(required, 'cache', usualValues(required))).toBeUndefined();
  const inputs = `
inputs:
  visits: { type: integer, unit: visits/s, min: 10, max: 10000, default: guests * 4 }
  guests: { type: integer, unit: guests, min: 1, max: 10000, default: 100 }
`;
  const usual = shop('', { components, inputs });
  expect(poolOf(usual, 'web', usualValues(usual))).toEqual({ ok: true, value: 10 });
});
