// The last door before a cluster: what headroom.yaml does not allow is not even sent.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { allowOnly } from '../../src/adapters/allowed-clusters.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import { removalOf } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import type { Clusters } from '../../src/ports.ts';
import { deployment } from '../bot.ts';
import { makeScaleChange, makeWorkload } from '../make.ts';

const workload = makeWorkload({ cluster: 'main' });
let cluster: Cluster;
let directory: string;
let clusters: Clusters;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false });
  directory = await mkdtemp(join(tmpdir(), 'headroom-allowed-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  const all = createClusters([{ id: 'main' }], kubeconfig);
  clusters = allowOnly(
    all,
    new Map([['main', { namespaces: [workload.namespace], kinds: ['Deployment'] }]]),
  );
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  cluster.control.reset();
  cluster.control.seed([deployment('worker', 5)]);
  cluster.control.requests.clear();
});

it('sends what is allowed', async () => {
  const write = clusterWrite(makeScaleChange({ workload }), '');
  expect(await clusters.write(write, { dryRun: false })).toMatchObject({ kind: 'written' });
});

it.each([true, false])('sends nothing else, dry run %s', async (dryRun) => {
  const elsewhere = { ...workload, namespace: 'kube-system' };
  const object = { ...workload, kind: 'ConfigMap', name: 'settings' } as const;
  const create = {
    kind: 'create',
    workload,
    object,
    fields: { data: {} },
    rollout: false,
    floor: false,
    undo: 'exact',
  } as const;
  for (const change of [
    makeScaleChange({ workload: elsewhere }),
    create,
    removalOf(create, 'p-0abcd'),
  ]) {
    await expect(clusters.write(clusterWrite(change, '1'), { dryRun })).rejects.toMatchObject({
      code: 'refused',
      retryable: false,
    });
  }
  expect(cluster.control.requests.all).toEqual([]);
});
