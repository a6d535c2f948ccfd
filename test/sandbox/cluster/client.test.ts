// The real client library against the sandbox cluster: what Headroom's adapter will do, and the failures it must survive.
import * as k8s from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../sandbox/cluster/json.ts';
import type { Cluster } from '../../../sandbox/cluster/server.ts';
import { headroomToken, startCluster } from '../../../sandbox/cluster/server.ts';
import { HandClock } from './hand-clock.ts';

let cluster: Cluster;
let clock: HandClock;
let config: k8s.KubeConfig;
let apps: k8s.AppsV1Api;

const web: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'main', image: 'shop/web:1', resources: { requests: { cpu: '500m' } } },
        ],
      },
    },
  },
};
const target = { namespace: 'shop', name: 'web' };

beforeEach(async () => {
  clock = new HandClock();
  cluster = await startCluster({ clock, autoTick: false });
  config = new k8s.KubeConfig();
  config.loadFromString(cluster.kubeconfig());
  apps = config.makeApiClient(k8s.AppsV1Api);
  cluster.control.seed([web]);
  pass(3000);
});

afterEach(async () => {
  await cluster.stop();
});

/** Lets time pass in small steps with the controllers running. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    cluster.control.tick();
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('waited half a minute in vain');
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** Its own stop does not reach a watch that it is only opening, so it is told again until none is open. */
async function stopInformer(informer: k8s.Informer<k8s.V1Deployment>): Promise<void> {
  await until(() => {
    void informer.stop();
    return cluster.control.openWatches === 0;
  });
}

const failureOf = async (asked: Promise<unknown>): Promise<{ code: number; body: JsonObject }> => {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof k8s.ApiException)) throw error;
    const body: JsonObject = JSON.parse(String(error.body));
    return { code: error.code, body };
  }
  throw new Error('the request succeeded');
};

const guarded = (from: number, to: number) => [
  { op: 'test', path: '/spec/replicas', value: from },
  { op: 'replace', path: '/spec/replicas', value: to },
];

describe('reading and scaling', () => {
  test('a Deployment is listed with its ready pods', async () => {
    const { items } = await apps.listNamespacedDeployment({ namespace: 'shop' });
    expect(items.map(({ metadata, status }) => [metadata?.name, status?.readyReplicas])).toEqual([
      ['web', 3],
    ]);
  });

  test('a guarded scale is carried out and shows up in the counters over time', async () => {
    const scale = await apps.patchNamespacedDeploymentScale({ ...target, body: guarded(3, 5) });
    expect(scale.spec?.replicas).toBe(5);
    const right = await apps.readNamespacedDeployment(target);
    expect(right.status?.readyReplicas).toBe(3);
    pass(3000);
    const later = await apps.readNamespacedDeployment(target);
    expect(later.status?.readyReplicas).toBe(5);
    expect(later.status?.observedGeneration).toBe(later.metadata?.generation);
  });

  test('a guard that does not hold is 422 and changes nothing', async () => {
    const { code, body } = await failureOf(
      apps.patchNamespacedDeploymentScale({ ...target, body: guarded(4, 9) }),
    );
    expect([code, body['reason']]).toEqual([422, 'Invalid']);
    expect((await apps.readNamespacedDeploymentScale(target)).spec?.replicas).toBe(3);
  });

  test('a dry run answers the result and keeps it to itself', async () => {
    const scale = await apps.patchNamespacedDeploymentScale({
      ...target,
      body: guarded(3, 7),
      dryRun: 'All',
    });
    expect(scale.spec?.replicas).toBe(7);
    expect((await apps.readNamespacedDeploymentScale(target)).spec?.replicas).toBe(3);
    expect(cluster.control.requests.writes()).toEqual([]);
  });

  test('who changed the replicas can be read from managedFields', async () => {
    await apps.patchNamespacedDeploymentScale({
      ...target,
      body: guarded(3, 4),
      fieldManager: 'headroom',
    });
    cluster.control.patch(
      { kind: 'Deployment', ...target },
      { spec: { paused: true } },
      'kubectl-edit',
    );
    const { metadata } = await apps.readNamespacedDeployment(target);
    const entries = (metadata?.managedFields ?? []).map(({ manager, subresource }) => [
      manager,
      subresource,
    ]);
    expect(entries).toContainEqual(['headroom', 'scale']);
    expect(entries).toContainEqual(['kubectl-edit', undefined]);
  });

  test('an autoscaler carries a raised minimum to its Deployment', async () => {
    const autoscaling = config.makeApiClient(k8s.AutoscalingV2Api);
    cluster.control.seed([
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web', namespace: 'shop' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          minReplicas: 3,
          maxReplicas: 10,
        },
      },
    ]);
    await autoscaling.patchNamespacedHorizontalPodAutoscaler({
      ...target,
      body: [
        { op: 'test', path: '/spec/minReplicas', value: 3 },
        { op: 'replace', path: '/spec/minReplicas', value: 6 },
      ],
    });
    pass(40_000);
    const { spec, status } = await apps.readNamespacedDeployment(target);
    expect([spec?.replicas, status?.readyReplicas]).toEqual([6, 6]);
  });
});

describe('failures on request', () => {
  test('a write whose answer is lost was carried out all the same', async () => {
    cluster.control.injectFault({ match: { method: 'PATCH' }, dropAfterWrite: true, times: 1 });
    await expect(
      apps.patchNamespacedDeploymentScale({ ...target, body: guarded(3, 5) }),
    ).rejects.toThrow();
    expect((await apps.readNamespacedDeploymentScale(target)).spec?.replicas).toBe(5);
  });

  test('an injected status is answered as often as asked for', async () => {
    cluster.control.injectFault({ match: { path: '/deployments' }, status: 503, times: 2 });
    for (const code of [503, 503]) {
      expect((await failureOf(apps.readNamespacedDeployment(target))).code).toBe(code);
    }
    expect((await apps.readNamespacedDeployment(target)).metadata?.name).toBe('web');
  });

  test('a request that hangs ends with the time the caller allows', async () => {
    cluster.control.injectFault({ match: { path: '/scale' }, hang: true, times: 1 });
    const headers = { authorization: `Bearer ${headroomToken}` };
    const url = `${cluster.url}/apis/apps/v1/namespaces/shop/deployments/web/scale`;
    await expect(fetch(url, { headers, signal: AbortSignal.timeout(100) })).rejects.toThrow();
  });

  test('a forbidden verb is 403 and says what was asked', async () => {
    cluster.control.forbid({ verb: 'patch', resource: 'deployments/scale' });
    const { code, body } = await failureOf(
      apps.patchNamespacedDeploymentScale({ ...target, body: guarded(3, 5) }),
    );
    expect(code).toBe(403);
    expect(body['message']).toBe(
      'deployments.apps "web" is forbidden: User "system:serviceaccount:headroom:headroom" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"',
    );
    const review = await config
      .makeApiClient(k8s.AuthorizationV1Api)
      .createSelfSubjectAccessReview({
        body: {
          spec: {
            resourceAttributes: {
              verb: 'patch',
              group: 'apps',
              resource: 'deployments',
              subresource: 'scale',
              namespace: 'shop',
            },
          },
        },
      });
    expect(review.status?.allowed).toBe(false);
  });

  test.each([
    [undefined, 403],
    ['Bearer nobody', 401],
  ])('the authorization %s is answered with %i', async (authorization, status) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const url = `${cluster.url}/apis/apps/v1/namespaces/shop/deployments`;
    expect((await fetch(url, { headers })).status).toBe(status);
  });

  test.each([
    ['ImagePullBackOff', 'Pending'],
    ['CrashLoopBackOff', 'Running'],
    ['Unschedulable', 'Pending'],
  ] as const)('pods that fail with %s stay %s and are not counted as ready', (failure, phase) => {
    cluster.control.podFailure('shop', 'web', failure);
    cluster.control.patch({ kind: 'Deployment', ...target }, { spec: { replicas: 4 } });
    pass(3000);
    const pods = cluster.control.list('Pod', 'shop');
    const phases = pods
      .map(({ status }) => status)
      .filter((status) => JSON.stringify(status).includes(failure));
    expect(pods).toHaveLength(4);
    expect(phases.some((status) => JSON.stringify(status).includes(`"phase":"${phase}"`))).toBe(
      true,
    );
    cluster.control.podFailure('shop', 'web');
    pass(8000);
    expect(cluster.control.get('Deployment', 'shop', 'web')?.['status']).toMatchObject({
      readyReplicas: 4,
    });
  });

  test('a quota lets the scale pass and tells of it in a condition', async () => {
    cluster.control.podFailure('shop', 'web', 'Quota');
    await apps.patchNamespacedDeploymentScale({ ...target, body: guarded(3, 5) });
    pass(3000);
    const { status } = await apps.readNamespacedDeployment(target);
    expect(status?.readyReplicas).toBe(3);
    expect(status?.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toContain(
      'ReplicaFailure FailedCreate',
    );
  });
});

describe('watching', () => {
  test('a change arrives in a watch with its resource version', async () => {
    const seen: string[] = [];
    const watch = new k8s.Watch(config);
    const abort = await watch.watch(
      '/apis/apps/v1/namespaces/shop/deployments',
      {},
      (type: string, held: k8s.V1Deployment) => seen.push(`${type} ${held.spec?.replicas}`),
      () => undefined,
    );
    await until(() => seen.length === 1);
    await apps.patchNamespacedDeploymentScale({ ...target, body: guarded(3, 5) });
    await until(() => seen.length === 2);
    expect(seen).toEqual(['ADDED 3', 'MODIFIED 5']);
    abort.abort();
    await until(() => cluster.control.openWatches === 0);
  });

  test.each(['end', 'cut'] as const)(
    'an informer goes on after the connection was %s',
    async (how) => {
      const sizes: (number | undefined)[] = [];
      const informer = k8s.makeInformer<k8s.V1Deployment>(
        config,
        '/apis/apps/v1/namespaces/shop/deployments',
        () => apps.listNamespacedDeployment({ namespace: 'shop' }),
      );
      let stopping = false;
      informer.on('update', (held) => sizes.push(held.spec?.replicas));
      informer.on('error', () => {
        setTimeout(() => !stopping && void informer.start(), 10);
      });
      await informer.start();
      await until(() => cluster.control.openWatches === 1);
      cluster.control.closeWatches(how);
      cluster.control.patch({ kind: 'Deployment', ...target }, { spec: { replicas: 8 } });
      await until(() => sizes.includes(8) || informer.get('web', 'shop')?.spec?.replicas === 8);
      stopping = true;
      await stopInformer(informer);
    },
  );

  test('an informer lists again when its version was forgotten', async () => {
    const informer = k8s.makeInformer<k8s.V1Deployment>(
      config,
      '/apis/apps/v1/namespaces/shop/deployments',
      () => apps.listNamespacedDeployment({ namespace: 'shop' }),
    );
    let stopping = false;
    informer.on('error', () => {
      setTimeout(() => !stopping && void informer.start(), 10);
    });
    await informer.start();
    await until(() => cluster.control.openWatches === 1);
    cluster.control.patch({ kind: 'Deployment', ...target }, { spec: { replicas: 9 } });
    cluster.control.compact();
    cluster.control.closeWatches('cut');
    await until(() => informer.get('web', 'shop')?.spec?.replicas === 9);
    stopping = true;
    await stopInformer(informer);
  });
});

describe('the control', () => {
  test('the load model hears how many pods serve', () => {
    const heard: string[] = [];
    const stop = cluster.control.onChange(({ name, replicas, readyReplicas }) =>
      heard.push(`${name} ${readyReplicas}/${replicas}`),
    );
    cluster.control.patch({ kind: 'Deployment', ...target }, { spec: { replicas: 4 } });
    pass(3000);
    stop();
    expect(heard).toEqual(['web 3/4', 'web 4/4']);
  });

  test('it can be reached over HTTP, mistakes answered with the reason', async () => {
    const call = async (name: string, body: JsonObject) =>
      await fetch(`${cluster.url}/_control/${name}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
    await call('patch', { kind: 'Deployment', ...target, patch: { spec: { replicas: 2 } } });
    const answer = await (await call('get', { kind: 'Deployment', ...target })).json();
    expect(answer).toMatchObject({ object: { spec: { replicas: 2 } } });
    expect((await call('nonsense', {})).status).toBe(404);
    expect((await call('latency', { ms: 'long' })).status).toBe(400);
  });

  test('a reset leaves an empty cluster', async () => {
    cluster.control.reset();
    expect((await apps.listDeploymentForAllNamespaces()).items).toEqual([]);
  });
});
