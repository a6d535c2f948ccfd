// The age of a backup, which SQL does not know: by what CloudNativePG writes down, and what is said where it does not.

import { expect, it } from 'vitest';
import { seenObject } from '../../src/adapters/kubernetes-state.ts';
import type { SeenObject } from '../../src/change/compare.ts';
import type { Clusters } from '../../src/ports.ts';
import { backupAge } from '../../src/workflow/measure-fact.ts';
import { now } from '../make.ts';

const operator = {
  cluster: 'production',
  namespace: 'databases',
  kind: 'Cluster',
  name: 'shop-db',
} as const;

function ageBy(seen: SeenObject | undefined) {
  const clusters = { read: async () => seen } satisfies Partial<Clusters>;
  return backupAge(operator, {
    clusters: clusters as unknown as Clusters,
    clock: { now: () => now, sleep: async () => undefined },
  });
}

const clusterWith = (status: unknown) =>
  seenObject('Cluster', { metadata: { name: 'shop-db' }, spec: { instances: 3 }, status });

it('is told in hours', async () => {
  const status = { lastSuccessfulBackup: '2026-11-21T21:12:00Z' };
  expect(await ageBy(clusterWith(status))).toEqual({ kind: 'value', value: 6 });
});

it.each([
  ['knows of no backup', clusterWith({ readyInstances: 3 })],
  ['knows of no backup', clusterWith({ lastSuccessfulBackup: 'yesterday' })],
  ['is not there', undefined],
])('is not known where the Cluster %s', async (because, seen) => {
  expect(await ageBy(seen)).toMatchObject({
    kind: 'missing',
    because: expect.stringContaining(because),
  });
});
