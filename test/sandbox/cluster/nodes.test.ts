// Nodes, quotas and limits of the sandbox cluster at work: pods go where there is room, and stay where there is none.

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JsonObject } from '../../../sandbox/cluster/json.ts';
import { objects, text } from '../../../sandbox/cluster/json.ts';
import { adminToken, type Cluster, startCluster } from '../../../sandbox/cluster/server.ts';

const namespace = 'shop';
let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({
    autoTick: false,
    timings: { startMs: 0, readyMs: 0, stopMs: 0 },
    nodes: { count: 2, cpu: '4', memory: '8Gi', pods: '10' },
  });
});
afterEach(async () => {
  await cluster.stop();
});

function deployment(replicas: number, resources: JsonObject, more: JsonObject = {}): JsonObject {
  const labels = { app: 'api' };
  return {
    kind: 'Deployment',
    metadata: { name: 'api', namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'api', image: 'shop:1', resources }], ...more },
      },
    },
  };
}

const cpu = (amount: string): JsonObject => ({ requests: { cpu: amount } });

/** Node names and, of pods without one, why they have none. */
function places(): readonly string[] {
  cluster.control.settle();
  return cluster.control
    .list('Pod', namespace)
    .map((pod) => text(pod, 'spec', 'nodeName') || text(pod, 'status', 'conditions', 0, 'message'))
    .toSorted();
}

function change(kind: string, name: string, patch: JsonObject, where = ''): void {
  cluster.control.patch({ kind, namespace: where, name }, patch);
}

it('pods fill the nodes, and those left over wait until there is room', () => {
  cluster.control.seed([deployment(5, cpu('2'))]);
  const waits = '0/2 nodes are available: 2 Insufficient cpu.';
  expect(places()).toEqual([
    expect.stringContaining(`${waits} no new claims to deallocate, preemption: 0/2 nodes are`),
    'sandbox-node-0',
    'sandbox-node-0',
    'sandbox-node-1',
    'sandbox-node-1',
  ]);
  expect(places()[0]).toContain('2 No preemption victims found for incoming pod.');
  cluster.control.seed([{ kind: 'Node', metadata: { name: 'new' }, status: readyStatus('2') }]);
  expect(places().filter((place) => place === 'new')).toHaveLength(1);
});

it('nothing goes to a node that is cordoned, not ready, tainted or not selected', () => {
  change('Node', 'sandbox-node-0', { spec: { unschedulable: true } });
  cluster.control.seed([
    { kind: 'Node', metadata: { name: 'down' }, status: { ...readyStatus('4'), conditions: [] } },
    {
      kind: 'Node',
      metadata: { name: 'tainted' },
      spec: { taints: [{ key: 'dedicated', value: 'database', effect: 'NoSchedule' }] },
      status: readyStatus('4'),
    },
    deployment(1, cpu('1'), { nodeSelector: { disk: 'fast' } }),
  ]);
  const [message = ''] = places();
  expect(message).toContain(
    "0/4 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {dedicated: database}, 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, 1 node(s) were unschedulable.",
  );
});

it('a pod goes to a tainted node that it tolerates', () => {
  const taints = [{ key: 'dedicated', value: 'database', effect: 'NoSchedule' }];
  change('Node', 'sandbox-node-0', { spec: { unschedulable: true } });
  change('Node', 'sandbox-node-1', { spec: { taints } });
  cluster.control.seed([
    deployment(1, cpu('1'), { tolerations: [{ key: 'dedicated', operator: 'Exists' }] }),
  ]);
  expect(places()).toEqual(['sandbox-node-1']);
});

it('a pod goes only to nodes its affinity insists on, whatever it would like', () => {
  const wants = (operator: string, values: readonly string[]) => ({
    matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator, values: [...values] }],
  });
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [wants('In', ['mars']), wants('NotIn', ['zone-0'])],
    },
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 100, preference: wants('In', ['zone-0']) },
    ],
  };
  cluster.control.seed([deployment(2, cpu('1'), { affinity: { nodeAffinity } })]);
  expect(places()).toEqual(['sandbox-node-1', 'sandbox-node-1']);
});

it('a quota keeps pods from being made until it is raised', () => {
  cluster.control.seed([
    {
      kind: 'ResourceQuota',
      metadata: { name: 'team', namespace },
      spec: { hard: { 'requests.cpu': '1', pods: '5' } },
    },
    deployment(3, cpu('500m')),
  ]);
  expect(places()).toHaveLength(2);
  const quota = () => cluster.control.get('ResourceQuota', namespace, 'team');
  expect(quota()?.['status']).toEqual({
    hard: { pods: '5', 'requests.cpu': '1' },
    used: { pods: '2', 'requests.cpu': '1' },
  });
  const [failure] = objects(
    cluster.control.list('ReplicaSet', namespace)[0],
    'status',
    'conditions',
  );
  expect(text(failure, 'message')).toContain(
    'exceeded quota: team, requested: requests.cpu=500m, used: requests.cpu=1, limited: requests.cpu=1',
  );
  change('ResourceQuota', 'team', { spec: { hard: { 'requests.cpu': '2' } } }, namespace);
  expect(places()).toHaveLength(3);
});

it('a quota for pods that state nothing leaves the others alone', () => {
  const spec = { hard: { pods: '0' }, scopes: ['BestEffort'] };
  cluster.control.seed([
    { kind: 'ResourceQuota', metadata: { name: 'bare', namespace }, spec },
    deployment(1, cpu('1')),
  ]);
  expect(places()).toHaveLength(1);
  cluster.control.remove('Deployment', namespace, 'api');
  cluster.control.settle();
  cluster.control.seed([deployment(1, {})]);
  expect(places()).toEqual([]);
});

it('a limit range gives containers what they do not state', () => {
  cluster.control.seed([
    {
      kind: 'LimitRange',
      metadata: { name: 'bounds', namespace },
      spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] },
    },
    deployment(1, {}),
  ]);
  places();
  const [pod] = cluster.control.list('Pod', namespace);
  expect(objects(pod, 'spec', 'containers')[0]?.['resources']).toEqual({
    limits: { cpu: '2' },
    requests: { cpu: '2' },
  });
});

it('what is no quota, no taint and no bound is refused', async () => {
  const post = async (path: string, body: JsonObject): Promise<string> => {
    const answer = await fetch(`${cluster.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(422);
    const { message } = (await answer.json()) as { readonly message: string };
    return message;
  };
  cluster.control.ensureNamespace(namespace);
  const metadata = { name: 'x' };
  const quota = (spec: JsonObject) =>
    post(`namespaces/${namespace}/resourcequotas`, { kind: 'ResourceQuota', metadata, spec });
  expect(await quota({ hard: { 'requests.gpu': '1' } })).toContain('spec.hard[requests.gpu]');
  expect(await quota({ hard: { pods: '-1' } })).toContain('greater than or equal to 0');
  expect(await quota({ hard: {}, scopes: ['Others'] })).toContain('Unsupported value: "Others"');
  expect(await quota({ hard: {}, scopeSelector: {} })).toContain('spec.scopeSelector');
  const taints = [{ key: 'a', effect: 'Never' }];
  expect(await post('nodes', { kind: 'Node', metadata, spec: { taints } })).toContain('"Never"');
  const limits = [{ type: 'Container', max: { cpu: '1' }, default: { cpu: '2' } }];
  expect(
    await post(`namespaces/${namespace}/limitranges`, {
      kind: 'LimitRange',
      metadata,
      spec: { limits },
    }),
  ).toContain('default value 2 is greater than max value 1');
});

it('nodes are listed by whether they are cordoned', async () => {
  change('Node', 'sandbox-node-0', { spec: { unschedulable: true } });
  const names = async (selector: string) => {
    const answer = await fetch(
      `${cluster.url}/api/v1/nodes?fieldSelector=${encodeURIComponent(selector)}`,
      { headers: { authorization: `Bearer ${adminToken}` } },
    );
    const { items } = (await answer.json()) as { readonly items: readonly JsonObject[] };
    return items.map((item) => text(item, 'metadata', 'name'));
  };
  expect(await names('spec.unschedulable=true')).toEqual(['sandbox-node-0']);
  expect(await names('spec.unschedulable=false')).toEqual(['sandbox-node-1']);
});

function readyStatus(cores: string): JsonObject {
  return {
    capacity: { cpu: cores, memory: '8Gi', pods: '10' },
    conditions: [{ type: 'Ready', status: 'True' }],
  };
}
