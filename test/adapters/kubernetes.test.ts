// The Kubernetes adapter against the sandbox cluster: what it sees, what it writes, and what it makes of every kind of failure.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, headroomToken, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import { kubeconfigMistakes } from '../../src/adapters/kubernetes-config.ts';
import type { WorkloadRef } from '../../src/change/change.ts';
import { type ClusterWrite, clusterWrite } from '../../src/change/cluster-write.ts';
import { OperationError } from '../../src/errors.ts';
import type { Clusters } from '../../src/ports.ts';
import { freePort } from '../free-port.ts';

const namespace = 'shop';
const api: WorkloadRef = { cluster: 'main', namespace, kind: 'Deployment', name: 'api' };
const store: WorkloadRef = { cluster: 'main', namespace, kind: 'StatefulSet', name: 'store' };
const deadlineMs = 2_000;
let cluster: Cluster;
let directory: string;
let kubeconfig: string;
let clusters: Clusters;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false, timings: { startMs: 0, readyMs: 0, stopMs: 0 } });
  directory = await mkdtemp(join(tmpdir(), 'headroom-kube-'));
  kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  clusters = createClusters([{ id: 'main' }], kubeconfig, { deadlineMs });
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  cluster.control.reset();
});
afterEach(() => {
  cluster.control.clearFaults();
});

function workload(kind: 'Deployment' | 'StatefulSet', name: string, replicas: number) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      replicas,
      ...(kind === 'StatefulSet' && { serviceName: name }),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            { name, image: 'shop:1', resources: { requests: { cpu: '250m', memory: '256Mi' } } },
            {
              name: 'side',
              image: 'side:1',
              resources: { requests: { cpu: '50m', memory: '64Mi' } },
            },
          ],
        },
      },
    },
  };
}

function autoscaler(target: WorkloadRef, minReplicas: number, maxReplicas: number) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: `${target.name}-hpa`, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: target.kind, name: target.name },
      minReplicas,
      maxReplicas,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
    },
  };
}

function seedApi(replicas = 5): void {
  cluster.control.seed([workload('Deployment', 'api', replicas)]);
  cluster.control.settle();
}

function scaleTo(
  target: WorkloadRef,
  {
    from,
    to,
    version = '',
  }: { readonly from: number; readonly to: number; readonly version?: string },
): ClusterWrite {
  return clusterWrite(
    {
      kind: 'scale',
      workload: target,
      before: { replicas: from },
      after: { replicas: to },
      floor: true,
      undo: 'exact',
    },
    version,
  );
}

const up = scaleTo(api, { from: 5, to: 8 });

function replicasOf({ kind, name }: WorkloadRef): unknown {
  const spec = cluster.control.get(kind, namespace, name)?.['spec'] as
    | { replicas?: number }
    | undefined;
  return spec?.replicas;
}

async function trouble(work: Promise<unknown>): Promise<OperationError> {
  const error = await work.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OperationError))
    throw new Error(`expected trouble, got ${inspect(error)}`);
  return error;
}

describe('observing', () => {
  it('a workload that is not there is absent, not an error', async () => {
    cluster.control.ensureNamespace(namespace);
    expect(await clusters.observe(api)).toEqual({
      workload: undefined,
      autoscaler: undefined,
      objects: [],
    });
  });

  it('a ready workload says its size, its pods and what one pod requests', async () => {
    seedApi();
    const { workload: seen, autoscaler: owner } = await clusters.observe(api);
    expect(seen).toMatchObject({
      replicas: 5,
      readyReplicas: 5,
      updatedReplicas: 5,
      observed: true,
      notReady: [],
      podCpuMillicores: 300,
      podMemoryMi: 320,
    });
    expect(seen?.stuck).toBeUndefined();
    expect(owner).toBeUndefined();
  });

  it('what a pod requests has its sidecars in it, and what only a limit says', async () => {
    const made = workload('Deployment', 'api', 2);
    const limits = { cpu: '30m', memory: '32Mi' };
    Object.assign(made.spec.template.spec, {
      initContainers: [
        { name: 'proxy', image: 'proxy:1', restartPolicy: 'Always', resources: { limits } },
        { name: 'check', image: 'check:1' },
      ],
    });
    cluster.control.seed([made]);
    expect((await clusters.observe(api)).workload).toMatchObject({
      podCpuMillicores: 330,
      podMemoryMi: 352,
    });
  });

  it('a change the controller has not seen yet is told apart from a finished one', async () => {
    seedApi();
    cluster.control.patch(api, { spec: { replicas: 8 } });
    const fresh = await clusters.observe(api);
    expect(fresh.workload).toMatchObject({ replicas: 8, readyReplicas: 5, observed: false });
    cluster.control.settle();
    expect((await clusters.observe(api)).workload).toMatchObject({
      readyReplicas: 8,
      observed: true,
    });
  });

  it.each([
    ['ImagePullBackOff', /^3 pods (ImagePullBackOff|ErrImagePull)$/],
    ['Unschedulable', /^3 pods Unschedulable: .*nodes/],
    ['Quota', /exceeded quota/],
    ['CrashLoopBackOff', /^3 pods CrashLoopBackOff$/],
  ] as const)('pods that do not become ready say why: %s', async (failure, says) => {
    cluster.control.podFailure(namespace, 'api', failure);
    cluster.control.seed([workload('Deployment', 'api', 3)]);
    cluster.control.tick(10);
    const { workload: seen } = await clusters.observe(api);
    expect(seen).toMatchObject({ replicas: 3, readyReplicas: 0 });
    expect(seen?.notReady).toEqual([expect.stringMatching(says)]);
  });

  it('names who scaled last, and when', async () => {
    seedApi();
    cluster.control.patch(api, { spec: { replicas: 6 } }, 'kubectl-edit');
    const { workload: seen } = await clusters.observe(api);
    expect(seen?.lastScaledBy).toMatch(/^kubectl-edit, \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
    expect((await clusters.write(scaleTo(api, { from: 6, to: 8 }), { dryRun: false })).kind).toBe(
      'written',
    );
    expect((await clusters.observe(api)).workload?.lastScaledBy).toBe('headroom');
  });

  it('finds the autoscaler of exactly this workload', async () => {
    cluster.control.seed([
      workload('Deployment', 'api', 5),
      workload('Deployment', 'other', 2),
      autoscaler({ ...api, name: 'other' }, 1, 3),
      autoscaler({ ...api, kind: 'StatefulSet' }, 1, 4),
      autoscaler(store, 2, 9),
    ]);
    cluster.control.settle();
    expect((await clusters.observe(api)).autoscaler).toBeUndefined();
    expect((await clusters.observe({ ...api, name: 'other' })).autoscaler).toMatchObject({
      name: 'other-hpa',
      minReplicas: 1,
      maxReplicas: 3,
    });
  });

  it('an autoscaler without metrics is inactive and says why; one at its maximum is limited', async () => {
    const startedAt = Date.now();
    const clock = { now: () => new Date(startedAt + ahead) };
    let ahead = 0;
    const timed = await startCluster({
      autoTick: false,
      clock,
      timings: { startMs: 0, stopMs: 0 },
    });
    const file = join(directory, 'timed');
    await writeFile(file, timed.kubeconfig());
    const there = createClusters([{ id: 'main' }], file, { deadlineMs });
    timed.control.seed([workload('Deployment', 'api', 5), autoscaler(api, 2, 6)]);
    const pass = () => {
      ahead += 20_000;
      timed.control.settle();
    };
    pass();
    pass();
    expect((await there.observe(api)).autoscaler).toMatchObject({
      active: false,
      inactiveBecause: expect.stringMatching(/metrics/),
      limited: false,
    });
    timed.control.setUtilization(namespace, 'api', { cpu: 500 });
    for (let i = 0; i < 6; i++) pass();
    expect((await there.observe(api)).autoscaler).toMatchObject({
      active: true,
      limited: true,
      desiredReplicas: 6,
      maxReplicas: 6,
    });
    await timed.stop();
  });

  it.each([
    [{ status: 401 }, 'unauthorized', false],
    [{ status: 403 }, 'forbidden', false],
    [{ status: 429, headers: { 'retry-after': '7' } }, 'rate-limited', true],
    [{ status: 500 }, 'unavailable', true],
    [{ status: 503, body: 'apiserver is starting' }, 'unavailable', true],
    [{ drop: true }, 'unreachable', true],
    [{ hang: true }, 'timeout', true],
  ] as const)('%j is trouble of kind %s, retryable: %s', async (fault, code, retryable) => {
    seedApi();
    cluster.control.injectFault({ ...fault, match: { method: 'GET' } });
    const error = await trouble(clusters.observe(api));
    expect([error.code, error.retryable]).toEqual([code, retryable]);
    expect(error.message).toMatch(/^reading Deployment shop\/api in cluster main: ./);
    if ('status' in fault && fault.status === 429) expect(error.retryAfterMs).toBe(7_000);
  });

  it('a forbidden read says what is missing', async () => {
    seedApi();
    cluster.control.forbid({ verb: 'list', resource: 'horizontalpodautoscalers' });
    const error = await trouble(clusters.observe(api));
    expect(error.message).toContain('cannot list resource "horizontalpodautoscalers"');
  });

  it('an answer that is cut in the middle is trouble, not a crash', async () => {
    const half = createServer((socket) => {
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"kind":',
        ),
      );
    });
    await new Promise<void>((resolve) => {
      half.listen(0, '127.0.0.1', resolve);
    });
    const address = half.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const file = join(directory, 'half');
    await writeFile(file, cluster.kubeconfig().replace(cluster.url, `http://127.0.0.1:${port}`));
    const there = createClusters([{ id: 'main' }], file, { deadlineMs });
    expect((await trouble(there.observe(api))).retryable).toBe(true);
    expect(await there.write(up, { dryRun: false })).toMatchObject({ kind: 'unknown' });
    await new Promise<void>((resolve) => {
      half.close(() => resolve());
    });
  });

  it('a server that does not know what is read is said to be old, or to lack an operator', async () => {
    seedApi();
    cluster.control.injectFault({
      status: 404,
      body: { kind: 'Status', message: 'the server could not find the requested resource' },
      match: { path: '/horizontalpodautoscalers' },
    });
    const error = await trouble(clusters.observe(api));
    expect([error.code, error.retryable]).toEqual(['refused', false]);
    expect(error.message).toMatch(/requested resource \(Kubernetes before 1\.25, or an operator/);
  });

  it('an answer that is no JSON is trouble, not a crash', async () => {
    seedApi();
    cluster.control.injectFault({
      status: 200,
      body: '<html>log in, please</html>',
      match: { method: 'GET' },
    });
    const error = await trouble(clusters.observe(api));
    expect([error.code, error.retryable]).toEqual(['bad-answer', true]);
    expect(error.message).toContain('what answers is no Kubernetes API server');
    cluster.control.clearFaults();
    cluster.control.injectFault({ status: 200, body: '<html>', match: { method: 'PATCH' } });
    expect((await clusters.write(up, { dryRun: false })).kind).toBe('unknown');
  });
});

describe('writing', () => {
  it('changes exactly the size, as headroom, through the scale subresource', async () => {
    seedApi();
    cluster.control.requests.clear();
    expect(await clusters.write(up, { dryRun: false })).toEqual({ kind: 'written' });
    expect(replicasOf(api)).toBe(8);
    expect(
      cluster.control.requests
        .writes()
        .map((r) => [r.method, r.path, r.query, r.contentType, r.status]),
    ).toEqual([
      [
        'PATCH',
        '/apis/apps/v1/namespaces/shop/deployments/api/scale',
        'fieldManager=headroom&fieldValidation=Strict',
        'application/json-patch+json',
        200,
      ],
    ]);
  });

  it('with dryRun asks the server and changes nothing', async () => {
    seedApi();
    const before = cluster.control.version;
    expect(await clusters.write(up, { dryRun: true })).toEqual({ kind: 'written' });
    expect(cluster.control.version).toBe(before);
    expect(replicasOf(api)).toBe(5);
    expect(cluster.control.requests.writes()).toEqual([]);
    const stale = scaleTo(api, { from: 4, to: 8 });
    expect((await clusters.write(stale, { dryRun: true })).kind).toBe('refused');
  });

  it('is refused by the server itself when the old value is no longer there', async () => {
    seedApi();
    cluster.control.patch(api, { spec: { replicas: 6 } });
    const answer = await clusters.write(up, { dryRun: false });
    expect(answer).toMatchObject({
      kind: 'refused',
      because: expect.stringMatching(/^changing Deployment shop\/api in cluster main: ./),
    });
    expect(replicasOf(api)).toBe(6);
  });

  it('a StatefulSet at zero is written on the condition of its resourceVersion', async () => {
    cluster.control.seed([workload('StatefulSet', 'store', 0)]);
    cluster.control.settle();
    const { workload: seen } = await clusters.observe(store);
    expect(seen?.replicas).toBe(0);
    const version = seen?.resourceVersion ?? '';
    cluster.control.patch(store, { metadata: { annotations: { touched: 'yes' } } });
    const stale = await clusters.write(scaleTo(store, { from: 0, to: 3, version }), {
      dryRun: false,
    });
    expect(stale.kind).toBe('refused');
    expect(replicasOf(store)).toBe(0);
    const now = (await clusters.observe(store)).workload?.resourceVersion ?? '';
    expect(now).not.toBe(version);
    const write = scaleTo(store, { from: 0, to: 3, version: now });
    expect(await clusters.write(write, { dryRun: false })).toEqual({ kind: 'written' });
    expect(replicasOf(store)).toBe(3);
  });

  it('moves the limits of an autoscaler together, or refuses both', async () => {
    cluster.control.seed([workload('Deployment', 'api', 5), autoscaler(api, 2, 6)]);
    const bounds = (minReplicas: number, maxReplicas: number) => ({ minReplicas, maxReplicas });
    const write = clusterWrite(
      {
        kind: 'autoscaler',
        workload: api,
        autoscaler: { cluster: 'main', namespace, name: 'api-hpa' },
        before: bounds(2, 6),
        after: bounds(8, 12),
        floor: true,
        undo: 'exact',
      },
      '',
    );
    expect(await clusters.write(write, { dryRun: false })).toEqual({ kind: 'written' });
    expect((await clusters.observe(api)).autoscaler).toMatchObject(bounds(8, 12));
    expect((await clusters.write(write, { dryRun: false })).kind).toBe('refused');
    expect((await clusters.observe(api)).autoscaler?.lastChangedBy).toMatch(/^headroom, /);
  });

  it('a workload that is gone is a refusal', async () => {
    cluster.control.ensureNamespace(namespace);
    const answer = await clusters.write(up, { dryRun: false });
    expect(answer).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('not found'),
    });
  });

  it('missing rights are a refusal that says what is missing', async () => {
    seedApi();
    cluster.control.forbid({ verb: 'patch', resource: 'deployments/scale' });
    expect(await clusters.write(up, { dryRun: false })).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('cannot patch resource "deployments/scale"'),
    });
    expect(replicasOf(api)).toBe(5);
  });

  it('a conflict is a refusal', async () => {
    seedApi();
    cluster.control.injectFault({ status: 409, match: { method: 'PATCH' } });
    expect((await clusters.write(up, { dryRun: false })).kind).toBe('refused');
  });

  it('"too many requests" was certainly not carried out, and says when to come again', async () => {
    seedApi();
    cluster.control.injectFault({
      status: 429,
      headers: { 'retry-after': '3' },
      match: { method: 'PATCH' },
    });
    const error = await trouble(clusters.write(up, { dryRun: false }));
    expect([error.code, error.retryable, error.retryAfterMs]).toEqual([
      'rate-limited',
      true,
      3_000,
    ]);
  });

  it.each([
    'failed to create typed patch object (shop/api; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
    // Without naming the object, as old servers say it.
    'failed to create typed patch object: .spec.replica: field not declared in schema',
  ])(
    'what a server could not read was not written, although it answers 500: %s',
    async (message) => {
      seedApi();
      cluster.control.injectFault({
        status: 500,
        body: { kind: 'Status', message },
        match: { method: 'PATCH' },
      });
      expect(await clusters.write(up, { dryRun: false })).toMatchObject({
        kind: 'refused',
        because: expect.stringContaining('field not declared'),
      });
    },
  );

  it.each([
    ['the server fails', { status: 500 }, 5],
    ['a gateway answers for it', { status: 503, body: 'upstream connect error' }, 5],
    ['a gateway gives up', { status: 504 }, 5],
    ['no answer comes', { hang: true }, 5],
    ['the connection is cut before the change', { drop: true }, 5],
    ['the connection is cut after the change', { dropAfterWrite: true }, 8],
  ] as const)('nobody knows what came of it when %s', async (_, fault, replicas) => {
    seedApi();
    cluster.control.injectFault({ ...fault, match: { method: 'PATCH' } });
    const answer = await clusters.write(up, { dryRun: false });
    expect(answer).toMatchObject({ kind: 'unknown', because: expect.stringContaining('shop/api') });
    expect(replicasOf(api)).toBe(replicas);
    // It is asked once: an adapter that tries again by itself could change things twice.
    expect(cluster.control.requests.all.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });

  it('a cluster nobody listens at was certainly not written to', async () => {
    const file = join(directory, 'nobody');
    await writeFile(file, cluster.kubeconfig().replace(cluster.url, await closedAddress()));
    const away = createClusters([{ id: 'main' }], file, { deadlineMs });
    const error = await trouble(away.write(up, { dryRun: false }));
    expect([error.code, error.retryable]).toEqual(['unreachable', true]);
    expect((await trouble(away.observe(api))).code).toBe('unreachable');
  });
});

describe('secrets and connections', () => {
  it('no error shows the token, whatever way it is printed', async () => {
    seedApi();
    for (const fault of [
      { status: 401 },
      { status: 403 },
      { status: 500 },
      { drop: true },
      { hang: true },
    ]) {
      cluster.control.clearFaults();
      cluster.control.injectFault(fault);
      const error = await trouble(clusters.observe(api));
      const answer = await clusters.write(up, { dryRun: false });
      expect(inspect([error, answer], { depth: 20, showHidden: true })).not.toContain(
        headroomToken,
      );
    }
  });

  it('connections are used again: a handful for fifty looks', async () => {
    seedApi();
    const relayed = await startRelay(cluster.url);
    const file = join(directory, 'relayed');
    await writeFile(file, cluster.kubeconfig().replace(cluster.url, relayed.url));
    const there = createClusters([{ id: 'main' }], file);
    for (let look = 0; look < 10; look++) await there.observe(api);
    const atFirst = relayed.connections();
    for (let look = 0; look < 40; look++) await there.observe(api);
    expect(relayed.connections()).toBe(atFirst);
    expect(atFirst).toBeLessThanOrEqual(4);
    await relayed.stop();
  });

  it('health names each cluster, and the problem of one that does not answer', async () => {
    const file = join(directory, 'two');
    const gone = await closedAddress();
    await writeFile(
      file,
      cluster
        .kubeconfig()
        .replace(
          'contexts:',
          `contexts:\n  - name: gone\n    context: { cluster: gone, user: headroom }`,
        )
        .replace(
          'clusters:',
          `clusters:\n  - name: gone\n    cluster: { server: "${gone}", insecure-skip-tls-verify: true }`,
        ),
    );
    const two = createClusters([{ id: 'main' }, { id: 'far', context: 'gone' }], file, {
      deadlineMs,
    });
    expect(await two.health()).toEqual([
      { cluster: 'main' },
      { cluster: 'far', problem: 'asking for its version: it cannot be reached (ECONNREFUSED)' },
    ]);
  });

  it('a context that is not there is a mistake in the settings, in words', () => {
    expect(() => createClusters([{ id: 'main', context: 'sandbux' }], kubeconfig)).toThrow(
      'headroom.yaml, cluster main: the kubeconfig has no context "sandbux"',
    );
    expect(
      kubeconfigMistakes(
        [{ id: 'main' }, { id: 'east', context: 'sandbux' }, { id: 'west', context: 'other' }],
        kubeconfig,
      ),
    ).toEqual([
      expect.stringMatching(/cluster east: .*"sandbux".*sandbox/),
      'headroom.yaml, cluster west: the kubeconfig has no context "other"',
    ]);
  });

  it('without a kubeconfig, outside of a cluster, says so', () => {
    expect(kubeconfigMistakes([{ id: 'main' }, { id: 'other' }], undefined)).toEqual([
      'KUBECONFIG: is not set, and this is no pod of a cluster',
    ]);
  });

  it('a token is never sent in clear text without being told to', async () => {
    const file = join(directory, 'clear');
    await writeFile(
      file,
      cluster.kubeconfig().replace('insecure-skip-tls-verify: true', 'tls-server-name: x'),
    );
    expect(kubeconfigMistakes([{ id: 'main' }], file)).toEqual([
      expect.stringContaining('reaches sandbox by http; use https'),
    ]);
  });

  it('a program that should make a token and fails is trouble, and nothing was sent', async () => {
    seedApi();
    const file = join(directory, 'exec');
    const exec = `exec: { apiVersion: client.authentication.k8s.io/v1, command: no-such-program, interactiveMode: Never }`;
    await writeFile(file, cluster.kubeconfig().replace(`token: ${headroomToken}`, exec));
    const there = createClusters([{ id: 'main' }], file, { deadlineMs });
    for (const error of [
      await trouble(there.observe(api)),
      await trouble(there.write(up, { dryRun: false })),
    ]) {
      expect([error.code, error.retryable]).toEqual(['unauthorized', true]);
    }
    expect(await there.health()).toEqual([
      {
        cluster: 'main',
        problem: "asking for its version: the kubeconfig's credentials could not be had",
      },
    ]);
  });

  it.each([
    ['is not there', undefined, /KUBECONFIG .*kubeconfig-odd: there is no such file/],
    ['is no YAML', '{{{', /KUBECONFIG .*kubeconfig-odd: it is not a kubeconfig/],
    [
      'names no cluster',
      'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n',
      /cluster main: the kubeconfig names no cluster/,
    ],
  ])('a kubeconfig that %s is said in words', async (_, text, says) => {
    const file = join(directory, 'kubeconfig-odd');
    await rm(file, { force: true });
    if (text !== undefined) await writeFile(file, text);
    expect(() => createClusters([{ id: 'main' }], file)).toThrow(says);
  });
});

/** An address where nobody listens. */
async function closedAddress(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

/** Passes bytes on and counts the connections that were opened. */
async function startRelay(url: string) {
  const { port } = new URL(url);
  let count = 0;
  const server = createServer((near) => {
    count += 1;
    const far = connect(Number(port), '127.0.0.1');
    near.pipe(far);
    far.pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    sockets.add(near);
  });
  const sockets = new Set<{ destroy(): void }>();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    connections: () => count,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
