// Runs the contract of the cluster port on the sandbox, and on the cluster of TEST_KUBECONFIG where that is set.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminToken, type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { publishedKinds } from '../published-kinds.ts';
import { clusterContract } from './contract.ts';
import { openPlace } from './place.ts';

let sandbox: Cluster;
let directory: string;
let kubeconfig: string;

beforeAll(async () => {
  const timings = { startMs: 10, readyMs: 10, stopMs: 10, autoscalerMs: 50 };
  sandbox = await startCluster({ timings });
  directory = await mkdtemp(join(tmpdir(), 'headroom-sandbox-'));
  kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, sandbox.kubeconfig(adminToken));
  sandbox.control.seed([
    ...publishedKinds(),
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'fast' },
      provisioner: 'disk.csi.example',
      allowVolumeExpansion: true,
    },
  ]);
  sandbox.control.settle();
});
afterAll(async () => {
  await sandbox.stop();
  await rm(directory, { recursive: true, force: true });
});

function openSandbox() {
  return openPlace({
    kubeconfig,
    pollMs: 10,
    patienceMs: 10_000,
    crash: (namespace, workload) =>
      sandbox.control.podFailure(namespace, workload, 'CrashLoopBackOff'),
  });
}

clusterContract('the sandbox cluster', openSandbox, { timeoutMs: 90_000 });

describe('a run of the contract', () => {
  const namespaces = () => sandbox.control.list('Namespace').length;

  it('has written in its own namespaces alone, and leaves none behind', () => {
    const paths = sandbox.control.requests
      .writes()
      .filter(({ userAgent }) => userAgent !== '')
      .map(({ path }) => path);
    const own = /^\/api(s\/[^/]+)?\/v[^/]+\/namespaces(\/headroom-contract-[0-9a-f]{8}(\/|$)|$)/;
    expect(paths.filter((path) => !own.test(path))).toEqual([]);
    expect(namespaces()).toBe(2);
  });

  it('that fails at its start leaves none behind either', async () => {
    sandbox.control.injectFault({ match: { path: '/apis/apps/v1' }, status: 500, times: 1 });
    await expect(openSandbox()).rejects.toThrow('apps/v1 cannot be looked up');
    expect(namespaces()).toBe(2);
  });
});

const real = process.env['TEST_KUBECONFIG'];

if (real !== undefined && real !== '') {
  // Images are pulled, volumes are made, and what crashes is started again ever more slowly.
  const open = () => openPlace({ kubeconfig: real, pollMs: 500, patienceMs: 180_000 });
  clusterContract('the cluster of TEST_KUBECONFIG', open, { timeoutMs: 600_000 });
}
