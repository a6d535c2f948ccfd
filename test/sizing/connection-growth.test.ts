// Adds up what more pods may open beside what is in use, with the pods of a rollout.

import { expect, it } from 'vitest';
import { connectionGrowth, poolOf, usualValues } from '../../src/sizing/connection-growth.ts';
import { shop } from './shop.ts';

const use = { used: 20, max: 100, reserved: 3 };

it('counts the pods of a rollout and not twice those that run', () => {
  const web = { name: 'web', before: 2, after: 4, perPod: 10 };
  expect(connectionGrowth(shop(), [web], use)).toEqual({
    count: 20 + (4 + 1 - 2) * 10,
    free: 97,
    sum: '20 in use + web (4 + 1 during a rollout − 2 now) × 10 = 50',
  });
});

it('adds several up, with whole connections', () => {
  const openings = [
    { name: 'web', before: 2, after: 3, perPod: 2.5 },
    { name: 'worker', before: 3, after: 5, perPod: 5 },
  ];
  expect(connectionGrowth(shop(), openings, use).count).toBe(20 + 2 * 3 + 4 * 5);
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
