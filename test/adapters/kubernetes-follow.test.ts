// Following a cluster: answers without requests, never behind what was read or written, and never too many watches.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningClusters } from '../../src/adapters/kubernetes.ts';
import type { WorkloadRef } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { scaledObjectKind } from '../custom-kinds.ts';
import {
  autoscalerOf,
  type FollowedCluster,
  refOf,
  startFollowed,
  workloadOf,
} from './followed-cluster.ts';

let followed: FollowedCluster;
let clusters: RunningClusters;
const api = refOf('api');
const store = refOf('store', { kind: 'StatefulSet' });

beforeAll(async () => {
  followed = await startFollowed();
});
afterAll(async () => {
  await followed.stop();
});
beforeEach(async () => {
  await followed.reset();
  clusters = await followed.open();
});

function seed(ref: WorkloadRef, replicas: number, { scaled = false } = {}): void {
  const { control } = followed.cluster;
  control.seed([workloadOf(ref, replicas), ...(scaled ? [autoscalerOf(ref)] : [])]);
  control.settle();
}

/** One pod each. */
function seedAll(refs: readonly WorkloadRef[]): void {
  followed.cluster.control.seed(refs.map((ref) => workloadOf(ref, 1)));
  followed.cluster.control.settle();
}

/** As somebody else. */
function setReplicas({ kind, namespace, name }: WorkloadRef, replicas: number): void {
  followed.cluster.control.patch({ kind, namespace, name }, { spec: { replicas } });
}

function scale(workload: WorkloadRef, before: number, after: number): Promise<unknown> {
  const change = { kind: 'scale', workload, floor: true, undo: 'exact' } as const;
  const write = clusterWrite(
    { ...change, before: { replicas: before }, after: { replicas: after } },
    '',
  );
  return clusters.write(write, { dryRun: false });
}

const replicasTold = async (ref: WorkloadRef) => (await clusters.follow(ref)).workload?.replicas;
const pathsAsked = () => followed.asked().map(({ path }) => path);

describe('what is followed', () => {
  it('says the same as a look, its autoscaler and the reasons of pods included', async () => {
    seed(api, 4, { scaled: true });
    followed.cluster.control.podFailure('shop', 'api', 'ImagePullBackOff');
    setReplicas(api, 6);
    followed.cluster.control.settle();
    const seen = await clusters.observe(api);
    expect(seen.workload?.notReady).toEqual(['6 pods ImagePullBackOff']);
    const told = await clusters.follow(api);
    expect(told).toEqual(seen);
  });

  it('moves with the cluster, and nothing more is asked', async () => {
    seed(api, 3);
    expect(await replicasTold(api)).toBe(3);
    expect(followed.watchesAsked()).toHaveLength(2);
    followed.cluster.control.requests.clear();
    setReplicas(api, 5);
    await expect.poll(() => replicasTold(api)).toBe(5);
    followed.cluster.control.settle();
    await expect
      .poll(async () => (await clusters.follow(api)).workload)
      .toMatchObject({ readyReplicas: 5, observed: true, notReady: [] });
    // The pods on their way were watched for a moment.
    expect(new Set(pathsAsked())).toEqual(new Set(['/api/v1/namespaces/shop/pods']));
    expect(pathsAsked()).toHaveLength(1);
  });

  it('is not there when it is not there, and then no longer', async () => {
    seed(api, 2, { scaled: true });
    const none = { workload: undefined, autoscaler: undefined, objects: [] };
    expect(await clusters.follow(refOf('other'))).toEqual(none);
    expect((await clusters.follow(api)).autoscaler?.name).toBe('api-hpa');
    followed.cluster.control.remove('HorizontalPodAutoscaler', 'shop', 'api-hpa');
    await expect.poll(async () => (await clusters.follow(api)).autoscaler).toBeUndefined();
    followed.cluster.control.remove('Deployment', 'shop', 'api');
    await expect.poll(() => clusters.follow(api)).toEqual(none);
  });

  it('tells autoscalers that moved to another workload from those that stayed', async () => {
    seed(api, 2, { scaled: true });
    seed(refOf('web'), 2);
    expect((await clusters.follow(refOf('web'))).autoscaler).toBeUndefined();
    followed.cluster.control.patch(
      { kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'api-hpa' },
      { spec: { scaleTargetRef: { name: 'web' } } },
    );
    await expect
      .poll(async () => (await clusters.follow(refOf('web'))).autoscaler?.name)
      .toBe('api-hpa');
    expect((await clusters.follow(api)).autoscaler).toBeUndefined();
  });

  it('says what the autoscalers of a namespace scale without asking each time', async () => {
    seed(api, 2, { scaled: true });
    seed(store, 2, { scaled: true });
    seed(refOf('api', { namespace: 'elsewhere' }), 2, { scaled: true });
    const place = { cluster: 'main', namespace: 'shop' };
    const all = [
      { autoscaler: 'api-hpa', kind: 'Deployment', workload: 'api' },
      { autoscaler: 'store-hpa', kind: 'StatefulSet', workload: 'store' },
    ];
    for (let time = 0; time < 5; time += 1) expect(await clusters.autoscaled(place)).toEqual(all);
    expect(pathsAsked()).toEqual(['/apis/autoscaling/v2/horizontalpodautoscalers']);
  });

  it('says which ScaledObject scales a workload, and that there are none without asking twice', async () => {
    const path = '/apis/keda.sh/v1alpha1/scaledobjects';
    for (let time = 0; time < 3; time += 1) {
      expect(await clusters.scaledObject(api)).toEqual({ kind: 'none' });
    }
    expect(pathsAsked()).toEqual([path]);

    clusters = await followed.open();
    followed.cluster.control.seed([scaledObjectKind]);
    followed.cluster.control.settle();
    const object = {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'queue', namespace: 'shop' },
      spec: { scaleTargetRef: { name: 'api' }, minReplicaCount: 2 },
    };
    followed.cluster.control.seed([object]);
    followed.cluster.control.requests.clear();
    const seen = { kind: 'seen', object: { name: 'queue', value: { spec: object.spec } } };
    expect(await clusters.scaledObject(api)).toMatchObject(seen);
    expect(await clusters.scaledObject(store)).toEqual({ kind: 'none' });
    followed.cluster.control.remove('ScaledObject', 'shop', 'queue');
    await expect.poll(() => clusters.scaledObject(api)).toEqual({ kind: 'none' });
    expect(pathsAsked()).toEqual([path]);
  });

  it('takes one watch a kind, however many workloads and namespaces there are', async () => {
    const refs = Array.from({ length: 30 }, (_, index) =>
      refOf(`w${index}`, {
        namespace: `team-${index % 10}`,
        kind: index % 3 === 0 ? 'StatefulSet' : 'Deployment',
      }),
    );
    seedAll(refs);
    followed.cluster.control.requests.clear();
    const told = await Promise.all(refs.map(replicasTold));
    expect(told).toEqual(refs.map(() => 1));
    expect(pathsAsked().toSorted()).toEqual([
      '/apis/apps/v1/deployments',
      '/apis/apps/v1/statefulsets',
      '/apis/autoscaling/v2/horizontalpodautoscalers',
    ]);
    expect(followed.cluster.control.openWatches).toBe(3);
  });
});

describe('what was read or written', () => {
  beforeEach(async () => {
    clusters = await followed.open({ behindMs: 50 });
    seed(api, 3, { scaled: false });
    expect(await replicasTold(api)).toBe(3);
  });

  it('is never behind our own write, also when the watch hangs', async () => {
    followed.lane.freezeWatches();
    expect(await scale(api, 3, 5)).toEqual({ kind: 'written' });
    expect(await replicasTold(api)).toBe(5);
  });

  it('is waited for a moment after a write, and not asked for', async () => {
    clusters = await followed.open({ behindMs: 2_000 });
    await clusters.follow(api);
    followed.cluster.control.requests.clear();
    await scale(api, 3, 5);
    expect(await replicasTold(api)).toBe(5);
    const reads = followed
      .asked()
      .filter(({ method, path }) => method === 'GET' && path.endsWith('/api'));
    expect(reads).toEqual([]);
  });

  it('is never behind what a look has seen, also when the watch hangs', async () => {
    followed.lane.freezeWatches();
    setReplicas(api, 7);
    expect(await replicasTold(api)).toBe(3);
    expect((await clusters.observe(api)).workload?.replicas).toBe(7);
    expect(await replicasTold(api)).toBe(7);
  });

  it('is never behind the reading of the object itself', async () => {
    followed.lane.freezeWatches();
    setReplicas(api, 8);
    await clusters.read({ cluster: 'main', namespace: 'shop', kind: 'Deployment', name: 'api' });
    expect(await replicasTold(api)).toBe(8);
  });

  it('does not come back once it was seen to be gone', async () => {
    followed.lane.freezeWatches();
    followed.cluster.control.remove('Deployment', 'shop', 'api');
    expect((await clusters.observe(api)).workload).toBeUndefined();
    expect((await clusters.follow(api)).workload).toBeUndefined();
  });

  it('has no autoscaler that was seen to be gone, and one that was seen to be there', async () => {
    followed.lane.freezeWatches();
    followed.cluster.control.seed([autoscalerOf(api)]);
    expect((await clusters.follow(api)).autoscaler).toBeUndefined();
    await clusters.observe(api);
    expect((await clusters.follow(api)).autoscaler?.name).toBe('api-hpa');
    followed.cluster.control.remove('HorizontalPodAutoscaler', 'shop', 'api-hpa');
    await clusters.observe(api);
    expect((await clusters.follow(api)).autoscaler).toBeUndefined();
  });

  it('is looked at after a write whose answer was lost', async () => {
    followed.lane.freezeWatches();
    const path = '/scale';
    followed.cluster.control.injectFault({
      match: { method: 'PATCH', path },
      dropAfterWrite: true,
    });
    expect(await scale(api, 3, 5)).toMatchObject({ kind: 'unknown' });
    followed.cluster.control.clearFaults();
    expect(await replicasTold(api)).toBe(5);
  });

  it('is followed again as soon as the watch has told as much', async () => {
    await scale(api, 3, 5);
    await clusters.observe(api);
    await expect.poll(() => replicasTold(api)).toBe(5);
    followed.cluster.control.requests.clear();
    for (let time = 0; time < 5; time += 1) await clusters.follow(api);
    const reads = followed.asked().filter(({ query }) => !query.includes('watch='));
    expect(reads).toEqual([]);
  });
});

describe('the watches of a cluster', () => {
  it('are at most ten, with many workloads whose pods are not ready, and all reasons are told', async () => {
    const refs = Array.from({ length: 20 }, (_, index) => refOf(`w${index}`));
    for (const ref of refs) {
      followed.cluster.control.podFailure('shop', ref.name, 'ImagePullBackOff');
    }
    seedAll(refs);
    const told = await Promise.all(refs.map((ref) => clusters.follow(ref)));
    for (const { workload } of told) expect(workload?.notReady).toEqual(['1 pod ImagePullBackOff']);
    expect(followed.cluster.control.openWatches).toBeLessThanOrEqual(10);
    expect(followed.said.filter(({ message }) => message.includes('as many watches'))).toHaveLength(
      1,
    );

    followed.cluster.control.requests.clear();
    await Promise.all(refs.map((ref) => clusters.follow(ref)));
    expect(followed.asked()).toEqual([]);
  });

  it('end when nobody asks for them any more, and begin anew when somebody does', async () => {
    clusters = await followed.open({ restMs: 60, idleMs: 300 });
    followed.cluster.control.podFailure('shop', 'api', 'ImagePullBackOff');
    seed(api, 1);
    await clusters.follow(api);
    expect(followed.watchesAsked()).toHaveLength(3);
    await expect.poll(() => followed.cluster.control.openWatches, { timeout: 5_000 }).toBe(0);
    expect((await clusters.follow(api)).workload?.notReady).toEqual(['1 pod ImagePullBackOff']);
  });

  it('are none before somebody asks, and none after the end', async () => {
    seed(api, 1);
    await clusters.observe(api);
    expect(followed.cluster.control.openWatches).toBe(0);
    await clusters.follow(api);
    expect(followed.cluster.control.openWatches).toBe(2);
    await clusters.close();
    await expect.poll(() => followed.cluster.control.openWatches).toBe(0);
    expect(await replicasTold(api)).toBe(1);
    expect(followed.cluster.control.openWatches).toBe(0);
  });

  it('are of single namespaces where the account may not more, and that is said with what to grant', async () => {
    const refs = Array.from({ length: 8 }, (_, index) =>
      refOf('api', { namespace: `team-${index}` }),
    );
    seedAll(refs);
    followed.cluster.control.limitHeadroom();
    followed.cluster.control.seed(rolesIn(refs.map(({ namespace }) => namespace)));
    for (const ref of refs) expect(await replicasTold(ref)).toBe(1);
    expect(followed.cluster.control.openWatches).toBe(10);
    expect(followed.said).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        cluster: 'main',
        watch: 'Deployment',
        grant: 'list and watch deployments of all namespaces, in a ClusterRole',
      }),
    );
    followed.cluster.control.requests.clear();
    expect(await replicasTold(refs[0] as WorkloadRef)).toBe(1);
    expect(pathsAsked()).toEqual([]);
    expect(await replicasTold(refs[7] as WorkloadRef)).toBe(1);
    expect(pathsAsked().toSorted()).toEqual([
      '/apis/apps/v1/namespaces/team-7/deployments/api',
      '/apis/autoscaling/v2/namespaces/team-7/horizontalpodautoscalers',
    ]);
  });

  it('are none where the account may not watch at all: then it is read', async () => {
    seed(api, 2, { scaled: true });
    followed.cluster.control.forbid({ verb: 'watch', resource: 'deployments' });
    followed.cluster.control.forbid({ verb: 'watch', resource: 'horizontalpodautoscalers' });
    expect(await clusters.follow(api)).toEqual(await clusters.observe(api));
    const place = { cluster: 'main', namespace: 'shop' };
    expect(await clusters.autoscaled(place)).toHaveLength(1);
    expect(followed.cluster.control.openWatches).toBe(0);
  });
});

/** In each of the namespaces the account may look and watch, and nowhere else. */
function rolesIn(namespaces: readonly string[]) {
  const rbac = 'rbac.authorization.k8s.io';
  const verbs = ['get', 'list', 'watch'];
  return namespaces.flatMap((namespace) => [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'look', namespace },
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs },
        { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'look', namespace },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'look' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'headroom', name: 'headroom' }],
    },
  ]);
}
