// Room as clusters tell it, against the sandbox cluster: what is read, how often, and what becomes of it when it cannot be.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import { createRoomReader } from '../../src/adapters/kubernetes-room.ts';
import { limitRanges, nodeSeen, quota } from '../../src/adapters/room-objects.ts';
import type { LookForRoom } from '../../src/ports.ts';
import type { Known, RoomFacts } from '../../src/sizing/room.ts';

const namespace = 'shop';
const gi = 2 ** 30;
let cluster: Cluster;
let directory: string;
let kubeconfig: string;
let nowMs = 0;
let look: LookForRoom;

beforeAll(async () => {
  cluster = await startCluster({
    autoTick: false,
    timings: { startMs: 0, readyMs: 0, stopMs: 0 },
    nodes: { count: 2, cpu: '4', memory: '8Gi', pods: '20' },
  });
  directory = await mkdtemp(join(tmpdir(), 'headroom-room-'));
  kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  cluster.control.reset();
  cluster.control.ensureNamespace(namespace);
  look = reader();
});

function reader(lookMs = 5_000): LookForRoom {
  const clock = { now: () => new Date(nowMs) };
  return createRoomReader([{ id: 'main' }], kubeconfig, { clock, deadlineMs: 2_000, lookMs });
}

const container = (cpu: string, memory: string, more: JsonObject = {}): JsonObject => ({
  name: 'app',
  image: 'shop:1',
  resources: { requests: { cpu, memory } },
  ...more,
});

function workload(kind: 'Deployment' | 'StatefulSet', name: string, spec: JsonObject): JsonObject {
  const labels = { app: name };
  return {
    kind,
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      ...(kind === 'StatefulSet' && { serviceName: name }),
      template: { metadata: { labels }, spec },
    },
  };
}

function read<T>(part: Known<T> | undefined): T {
  if (part?.kind !== 'known') throw new Error(part?.because ?? 'it was not asked for');
  return part.value;
}

const nodesOf = async () => read((await look('main', [namespace])).nodes);
const paths = () => cluster.control.requests.all.map(({ path }) => path);

describe('nodes and pods', () => {
  it('are read with what is free of each and what keeps pods away', async () => {
    cluster.control.patch(
      { kind: 'Node', namespace: '', name: 'sandbox-node-0' },
      {
        metadata: { labels: { disk: 'fast' } },
        spec: { unschedulable: true, taints: [{ key: 'dedicated', effect: 'NoSchedule' }] },
      },
    );
    const { nodes } = await nodesOf();
    expect(nodes[0]).toMatchObject({
      name: 'sandbox-node-0',
      allocatable: { cpuMillicores: 4_000, memoryBytes: 8 * gi, pods: 20 },
      cordoned: true,
      ready: true,
      taints: [{ key: 'dedicated', value: '', effect: 'NoSchedule' }],
      labels: { disk: 'fast' },
    });
    expect(nodes[1]).toMatchObject({ cordoned: false, taints: [] });
  });

  it('are read with what pods request, in which node, and of which workload', async () => {
    const start = container('1500m', '1Gi', { name: 'start' });
    cluster.control.seed([
      workload('Deployment', 'api', {
        containers: [container('500m', '2Gi')],
        initContainers: [start],
      }),
      workload('StatefulSet', 'store', { containers: [container('250m', '512Mi')] }),
      workload('Deployment', 'huge', {
        containers: [container('32', '1Gi')],
        nodeSelector: { disk: 'fast' },
      }),
      {
        kind: 'Pod',
        metadata: { name: 'alone', namespace: 'other' },
        spec: { containers: [container('0.1', '1M')] },
      },
    ]);
    cluster.control.settle();
    const { pods } = await nodesOf();
    const node = expect.stringMatching(/^sandbox-node-[01]$/);
    expect(pods.toSorted((a, b) => a.requests.cpuMillicores - b.requests.cpuMillicores)).toEqual([
      { namespace: 'other', node, requests: { cpuMillicores: 100, memoryBytes: 1_000_000 } },
      {
        namespace,
        owner: 'StatefulSet/store',
        node,
        requests: { cpuMillicores: 250, memoryBytes: gi / 2 },
      },
      {
        namespace,
        owner: 'Deployment/api',
        node,
        requests: { cpuMillicores: 1_500, memoryBytes: 2 * gi },
      },
      {
        namespace,
        owner: 'Deployment/huge',
        requests: { cpuMillicores: 32_000, memoryBytes: gi },
        placement: {
          tolerations: expect.arrayContaining([
            {
              key: 'node.kubernetes.io/not-ready',
              operator: 'Exists',
              value: '',
              effect: 'NoExecute',
            },
          ]),
          nodeSelector: { disk: 'fast' },
        },
      },
    ]);
  });

  it('leave out pods that have finished, and nobody owns those on their way out', async () => {
    cluster.control.seed([
      workload('Deployment', 'api', { containers: [container('1', '1Gi')] }),
      {
        kind: 'Pod',
        metadata: { name: 'done', namespace },
        spec: { containers: [container('1', '1Gi')] },
        status: { phase: 'Succeeded' },
      },
    ]);
    cluster.control.settle();
    const [pod] = cluster.control
      .list('Pod', namespace)
      .filter(({ metadata }) => JSON.stringify(metadata).includes('api-'));
    const name = z.object({ metadata: z.object({ name: z.string() }) }).parse(pod).metadata.name;
    const leaves = { metadata: { finalizers: ['shop/wait'] } };
    cluster.control.patch({ kind: 'Pod', namespace, name }, leaves);
    cluster.control.remove('Pod', namespace, name);
    const { pods } = await nodesOf();
    expect(pods).toEqual([
      {
        namespace,
        node: expect.stringMatching(/^sandbox-node-/),
        requests: { cpuMillicores: 1_000, memoryBytes: gi },
      },
    ]);
  });

  it('are read page by page, however many there are', async () => {
    const many = Array.from({ length: 510 }, (_, index) => ({
      kind: 'Pod',
      metadata: { name: `p-${index}`, namespace },
      spec: { containers: [container('1m', '1Mi')] },
    }));
    cluster.control.seed(many);
    const { pods } = await nodesOf();
    expect(pods).toHaveLength(510);
    expect(paths().filter((path) => path === '/api/v1/pods')).toHaveLength(2);
  });
});

describe('an autoscaler of nodes', () => {
  const marked: readonly (readonly [string, JsonObject])[] = [
    ['the label of a node pool', { metadata: { labels: { 'karpenter.sh/nodepool': 'general' } } }],
    [
      'an annotation',
      {
        metadata: {
          annotations: { 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' },
        },
      },
    ],
    [
      'a taint',
      {
        spec: {
          taints: [{ key: 'DeletionCandidateOfClusterAutoscaler', effect: 'PreferNoSchedule' }],
        },
      },
    ],
  ];
  it.each(marked)('is seen by %s', async (_, patch) => {
    cluster.control.patch({ kind: 'Node', namespace: '', name: 'sandbox-node-1' }, patch);
    expect((await nodesOf()).grows).toBe(true);
  });

  it('is seen by what it tells of itself, and otherwise taken to be absent', async () => {
    expect((await nodesOf()).grows).toBe(false);
    const name = 'cluster-autoscaler-status';
    cluster.control.seed([{ kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' } }]);
    look = reader();
    expect((await nodesOf()).grows).toBe(true);
    cluster.control.forbid({ verb: 'get', resource: 'configmaps' });
    look = reader();
    expect((await nodesOf()).grows).toBe(false);
  });
});

describe('a namespace', () => {
  it('is read with its quotas and limit ranges', async () => {
    cluster.control.seed([
      {
        kind: 'ResourceQuota',
        metadata: { name: 'team', namespace },
        spec: {
          hard: { cpu: '1500m', 'limits.memory': '4Gi', pods: '10', 'count/deployments.apps': '5' },
          scopes: ['NotTerminating'],
        },
      },
      {
        kind: 'LimitRange',
        metadata: { name: 'bounds', namespace },
        spec: {
          limits: [
            { type: 'Container', max: { cpu: '2' }, defaultRequest: { cpu: '100m' } },
            { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } },
            {
              type: 'Pod',
              max: { memory: '8Gi' },
              min: { cpu: '0.05' },
              maxLimitRequestRatio: { cpu: '4500m' },
            },
          ],
        },
      },
      workload('Deployment', 'api', {
        containers: [
          container('250m', '1Gi', {
            resources: { requests: { cpu: '250m' }, limits: { cpu: '1', memory: '1Gi' } },
          }),
        ],
      }),
    ]);
    cluster.control.settle();
    const seen = (await look('main', [namespace])).namespaces.get(namespace);
    expect(read(seen?.quotas)).toEqual([
      {
        name: 'team',
        scopes: ['NotTerminating'],
        lines: [
          { resource: 'requests.cpu', hard: 1_500, used: 250 },
          { resource: 'limits.memory', hard: 4 * gi, used: gi },
          { resource: 'pods', hard: 10, used: 1 },
        ],
      },
    ]);
    expect(read(seen?.limitRanges)).toEqual([
      {
        name: 'bounds',
        type: 'Container',
        max: { cpuMillicores: 2_000 },
        min: {},
        ratio: {},
        defaultLimit: { cpuMillicores: 2_000 },
        defaultRequest: { cpuMillicores: 100 },
      },
      {
        name: 'bounds',
        type: 'Pod',
        max: { memoryBytes: 8 * gi },
        min: { cpuMillicores: 50 },
        ratio: { cpuMillicores: 4.5 },
        defaultLimit: {},
        defaultRequest: {},
      },
    ]);
  });

  it('without either has neither', async () => {
    const seen = (await look('main', [namespace])).namespaces.get(namespace);
    expect([read(seen?.quotas), read(seen?.limitRanges)]).toEqual([[], []]);
  });
});

describe('how often a cluster is asked', () => {
  it('is once in 30 seconds, by however many look', async () => {
    await Promise.all([look('main', [namespace]), look('main', [namespace])]);
    await look('main', [namespace]);
    expect(paths().toSorted()).toEqual([
      '/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status',
      `/api/v1/namespaces/${namespace}/limitranges`,
      `/api/v1/namespaces/${namespace}/resourcequotas`,
      '/api/v1/nodes',
      '/api/v1/pods',
    ]);
    nowMs += 30_000;
    await look('main', [namespace]);
    expect(paths()).toHaveLength(10);
  });

  it('is seldomer, the larger it is: never more than one request in eight seconds', async () => {
    const pages = 3;
    const many = Array.from({ length: pages * 500 }, (_, index) => ({
      kind: 'Pod',
      metadata: { name: `p-${index}`, namespace },
      spec: { containers: [container('1m', '1Mi')] },
    }));
    cluster.control.seed(many);
    await look('main', []);
    const asked = paths().length;
    expect(asked).toBe(pages + 2);
    nowMs += asked * 8_000 - 1;
    await look('main', []);
    expect(paths()).toHaveLength(asked);
    nowMs += 1;
    await look('main', []);
    expect(paths()).toHaveLength(2 * asked);
  });

  it('is no more often when it refuses', async () => {
    cluster.control.forbid({ verb: 'list', resource: 'nodes' });
    await look('main', [namespace]);
    await look('main', [namespace]);
    expect(paths().filter((path) => path === '/api/v1/nodes')).toHaveLength(1);
  });

  it('is no more often when it fails half way through a long list', async () => {
    const many = Array.from({ length: 1_300 }, (_, index) => ({
      kind: 'Pod',
      metadata: { name: `p-${index}`, namespace },
      spec: { containers: [container('1m', '1Mi')] },
    }));
    cluster.control.seed(many);
    cluster.control.injectFault({ match: { path: '/api/v1/pods' }, after: 2, status: 500 });
    const seen = await look('main', []);
    expect(seen.nodes.kind).toBe('unknown');
    const asked = paths().length;
    nowMs += 31_999;
    await look('main', []);
    expect(paths()).toHaveLength(asked);
  });

  it('is for what a namespace alone can tell only once more', async () => {
    await look('main', [namespace]);
    await look('main', ['other']);
    expect(paths().filter((path) => path === '/api/v1/pods')).toHaveLength(1);
    expect(paths()).toHaveLength(7);
  });
});

describe('what cannot be read', () => {
  const because = ({ nodes, namespaces }: RoomFacts) => {
    const seen = namespaces.get(namespace);
    return [nodes, seen?.quotas, seen?.limitRanges].map((part) =>
      part?.kind === 'unknown' ? part.because : 'known',
    );
  };

  it.each([
    [
      'nodes',
      [
        'Headroom may not list nodes of cluster main; grant it that in a ClusterRole',
        'known',
        'known',
      ],
    ],
    [
      'pods',
      [
        'Headroom may not list pods of all namespaces of cluster main; grant it that in a ClusterRole',
        'known',
        'known',
      ],
    ],
    [
      'resourcequotas',
      [
        'known',
        'Headroom may not list resourcequotas of shop in cluster main; grant it that in a Role',
        'known',
      ],
    ],
    [
      'limitranges',
      [
        'known',
        'known',
        'Headroom may not list limitranges of shop in cluster main; grant it that in a Role',
      ],
    ],
  ])('for want of a right on %s names it', async (resource, says) => {
    cluster.control.forbid({ verb: 'list', resource });
    expect(because(await look('main', [namespace]))).toEqual(says);
  });

  it('because the cluster fails is not known either', async () => {
    cluster.control.injectFault({ status: 503, match: { path: '/api/v1/nodes' } });
    const [nodes] = because(await look('main', [namespace]));
    expect(nodes).toBe('listing the nodes of cluster main: injected fault');
  });

  it('in time is not waited for, and there at the next look', async () => {
    look = reader(300);
    cluster.control.injectFault({ delayMs: 900, match: { path: '/api/v1/pods' }, times: 1 });
    const [late] = because(await look('main', [namespace]));
    expect(late).toBe('counting the pods of cluster main: no answer within 0.3 s');
    await expect
      .poll(async () => because(await look('main', [namespace]))[0], { timeout: 5_000 })
      .toBe('known');
    expect(paths().filter((path) => path === '/api/v1/pods')).toHaveLength(1);
  });

  it('because an answer does not fit is named', async () => {
    const body = { items: [{ metadata: { name: 'n' }, status: { allocatable: { cpu: 'lots' } } }] };
    cluster.control.injectFault({ status: 200, body, match: { path: '/api/v1/nodes' } });
    const [nodes] = because(await look('main', [namespace]));
    expect(nodes).toBe(
      'listing the nodes of cluster main: an answer that does not fit at items.0.status.allocatable.cpu: "lots" is no amount',
    );
  });

  it('of a cluster nobody named is not known', async () => {
    expect(await look('far', [namespace])).toEqual({
      nodes: { kind: 'unknown', because: 'cluster far is not in headroom.yaml' },
      namespaces: new Map(),
    });
  });
});

describe('what a real server answered', () => {
  const itemsIn = async <T>(
    file: string,
    path: string,
    item: z.ZodType<T>,
  ): Promise<readonly T[]> => {
    const text = await readFile(new URL(`../fixtures/${file}`, import.meta.url), 'utf8');
    const list = z.object({ items: z.array(item) });
    if (path === '') return list.parse(JSON.parse(text)).items;
    const { steps } = z
      .object({
        steps: z.array(
          z.object({
            request: z.object({ method: z.string(), path: z.string() }),
            response: z.object({ body: z.unknown() }),
          }),
        ),
      })
      .parse(JSON.parse(text));
    const step = steps.find(({ request }) => request.method === 'GET' && request.path === path);
    return list.parse(step?.response.body).items;
  };

  it('is read: nodes', async () => {
    const [node] = await itemsIn('room/node-list.json', '', nodeSeen);
    expect(node).toMatchObject({
      name: 'fake-node-0',
      allocatable: { cpuMillicores: 32_000, memoryBytes: 128 * gi, pods: 500 },
      cordoned: false,
      ready: true,
      grows: false,
    });
  });

  it('is read: a quota in use, and a limit range', async () => {
    const place = '/api/v1/namespaces/gl-agents';
    const [used] = await itemsIn(
      'kubernetes/quota-exceeded.json',
      `${place}/resourcequotas`,
      quota,
    );
    expect(used?.lines).toContainEqual({ resource: 'requests.cpu', hard: 2_000, used: 1_500 });
    const [[bounds] = []] = await itemsIn(
      'kubernetes/limitrange.json',
      `${place}/limitranges`,
      limitRanges,
    );
    expect(bounds).toMatchObject({
      name: 'bounds',
      max: { cpuMillicores: 4_000, memoryBytes: 8 * gi },
    });
  });
});

describe('a workload', () => {
  const shapeOf = async (more: JsonObject) => {
    cluster.control.seed([
      workload('Deployment', 'api', { containers: [container('500m', '2Gi')], ...more }),
    ]);
    const clusters = createClusters([{ id: 'main' }], kubeconfig, { deadlineMs: 2_000 });
    const ref = { cluster: 'main', namespace, kind: 'Deployment', name: 'api' } as const;
    return (await clusters.observe(ref)).workload?.pod;
  };
  const spread = { maxSkew: 1, topologyKey: 'zone' };
  const rule = { topologyKey: 'zone' };

  it('is observed with what one more of its pods would ask for', async () => {
    const shape = await shapeOf({
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [rule] } },
      topologySpreadConstraints: [{ ...spread, whenUnsatisfiable: 'DoNotSchedule' }],
    });
    expect(shape).toEqual({
      containers: [
        { name: 'app', requests: { cpuMillicores: 500, memoryBytes: 2 * gi }, limits: {} },
      ],
      initContainers: [],
      overhead: {},
      whole: { requests: {}, limits: {} },
      tolerations: [{ key: 'dedicated', operator: 'Exists', value: '' }],
      nodeSelector: {},
      unread: ['affinity', 'spreading'],
    });
  });

  it('that would only like to be spread is not said to have rules', async () => {
    const wish = { weight: 1, podAffinityTerm: rule };
    const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [wish] };
    const shape = await shapeOf({
      affinity: { podAntiAffinity: preferred },
      topologySpreadConstraints: [{ ...spread, whenUnsatisfiable: 'ScheduleAnyway' }],
    });
    expect(shape?.unread).toEqual([]);
  });
});
