// ScaledObjects against the sandbox cluster: found by what they scale, written in place of the autoscaler they make.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters, type RunningClusters } from '../../src/adapters/kubernetes.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { compareChange } from '../../src/change/compare.ts';
import { limitsOf } from '../../src/change/scaled-object.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import { deployment } from '../bot.ts';
import { scaledObjectKind } from '../custom-kinds.ts';
import { makeAutoscalerChange, makeWorkload } from '../make.ts';

const ref = makeWorkload({ cluster: 'main' });
const { namespace } = ref;
let cluster: Cluster;
let directory: string;
let kubeconfig: string;
let clusters: RunningClusters;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false });
  directory = await mkdtemp(join(tmpdir(), 'headroom-keda-'));
  kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  clusters = createClusters([{ id: 'main' }], kubeconfig);
  cluster.control.reset();
  cluster.control.seed([deployment('worker', 5)]);
});

afterEach(async () => {
  await clusters.close();
});

function scaledObject(
  name: string,
  spec: Readonly<Record<string, string | number>>,
  kind?: string,
) {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, namespace },
    spec: { scaleTargetRef: { name: 'worker', ...(kind !== undefined && { kind }) }, ...spec },
  };
}

describe('the ScaledObject of a workload', () => {
  it('is none where the kind is not served', async () => {
    expect(await clusters.scaledObject(ref)).toEqual({ kind: 'none' });
  });

  it('is found by what it scales, with its whole spec', async () => {
    cluster.control.seed([scaledObjectKind]);
    cluster.control.settle();
    cluster.control.seed([
      scaledObject('sets', { minReplicaCount: 1 }, 'StatefulSet'),
      scaledObject('queue', { minReplicaCount: 2, pollingInterval: 15 }),
    ]);
    const found = await clusters.scaledObject(ref);
    expect(found).toMatchObject({
      kind: 'seen',
      object: { name: 'queue', value: { spec: { minReplicaCount: 2, pollingInterval: 15 } } },
    });
    expect(await clusters.scaledObject({ ...ref, name: 'other' })).toEqual({ kind: 'none' });
  });

  it('is not known to an account that may not list them', async () => {
    cluster.control.seed([scaledObjectKind]);
    cluster.control.settle();
    for (const verb of ['list', 'watch']) {
      cluster.control.forbid({ verb, resource: 'scaledobjects' });
    }
    expect(await clusters.scaledObject(ref)).toMatchObject({
      kind: 'unknown',
      because: expect.stringContaining('scaledobjects'),
    });
  });

  it('is written on the condition of what was seen, a limit that is not there included', async () => {
    cluster.control.seed([scaledObjectKind]);
    cluster.control.settle();
    cluster.control.seed([
      scaledObject('queue', { maxReplicaCount: 20 }),
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'keda-hpa-queue', namespace },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' },
          minReplicas: 1,
          maxReplicas: 20,
        },
      },
    ]);
    const change = makeAutoscalerChange({
      workload: ref,
      autoscaler: { cluster: 'main', namespace, name: 'keda-hpa-queue' },
      scaledObject: 'queue',
      before: { minReplicas: 0, maxReplicas: 20 },
      after: { minReplicas: 6, maxReplicas: 24 },
    });
    const compared = async () => compareChange(change, await observeChange(change, { clusters }));
    const before = await compared();
    expect(before).toMatchObject({ kind: 'unchanged' });
    const stale = await clusters.write(clusterWrite(change, '1'), { dryRun: false });
    expect(stale.kind).toBe('refused');
    const version = before.kind === 'unchanged' ? before.resourceVersion : '';
    const written = await clusters.write(clusterWrite(change, version), { dryRun: false });
    expect(written).toEqual({ kind: 'written' });
    expect(await compared()).toEqual({ kind: 'reached' });
    const found = await clusters.scaledObject(ref);
    expect(found.kind === 'seen' && limitsOf(found.object)).toEqual({
      minReplicas: 6,
      maxReplicas: 24,
    });
    expect(found.kind === 'seen' && found.object.writers[0]).toMatchObject({
      manager: 'headroom',
      fields: { 'f:spec': { 'f:minReplicaCount': {}, 'f:maxReplicaCount': {} } },
    });
  });
});
