// Namespaces on their way out: content goes first, nothing new comes in, and what still holds them is told.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { objects, text } from '../../../sandbox/cluster/json.ts';
import { adminToken, type Cluster, startCluster } from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';
import { HandClock } from './hand-clock.ts';

const namespace = 'shop';
const path = `/api/v1/namespaces/${namespace}`;
const apps = `/apis/apps/v1/namespaces/${namespace}/deployments`;

let clock: HandClock;
let cluster: Cluster;
let ask: ReturnType<typeof clientOf>;
beforeEach(async () => {
  clock = new HandClock();
  cluster = await startCluster({
    autoTick: false,
    clock,
    timings: { startMs: 0, readyMs: 0, stopMs: 5000 },
  });
  ask = clientOf(cluster, adminToken);
  const labels = { app: 'api' };
  const containers = [{ name: 'api', image: 'shop:1' }];
  cluster.control.seed([
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'api', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    },
  ]);
  cluster.control.settle();
});
afterEach(async () => {
  await cluster.stop();
});

/** What the namespace says of its remaining content; undefined when it is gone. */
function remaining(): string | undefined {
  const held = cluster.control.get('Namespace', '', namespace);
  if (held === undefined) return undefined;
  const told = objects(held, 'status', 'conditions').find(
    ({ type }) => type === 'NamespaceContentRemaining',
  );
  return text(told, 'message');
}

test('it waits for its pods to end, and nothing starts new ones', async () => {
  expect((await ask('DELETE', path)).status).toBe(200);
  cluster.control.settle();
  expect(cluster.control.get('Deployment', namespace, 'api')).toBeUndefined();
  expect(remaining()).toBe('Some resources are remaining: pods. has 2 resource instances');
  clock.advance(5000);
  cluster.control.settle();
  expect(remaining()).toBeUndefined();
  expect((await ask('GET', path)).status).toBe(404);
  expect(cluster.control.list('Pod')).toEqual([]);
});

test('nothing new comes in, by whatever verb, but what is there can be changed', async () => {
  cluster.control.seed([
    { kind: 'ConfigMap', metadata: { name: 'keep', namespace, finalizers: ['example.com/hold'] } },
  ]);
  await ask('DELETE', path);
  cluster.control.settle();
  const applied = await ask('PATCH', `${apps}/new?fieldManager=x`, {
    type: 'application/apply-patch+yaml',
    body: { apiVersion: 'apps/v1', kind: 'Deployment' },
  });
  expect([applied.status, text(applied.body, 'details', 'causes', 0, 'reason')]).toEqual([
    403,
    'NamespaceTerminating',
  ]);
  const maps = `${path}/configmaps`;
  expect((await ask('POST', maps, { body: { metadata: { name: 'new' } } })).status).toBe(403);
  expect((await ask('PATCH', `${maps}/keep`, { body: { data: { a: 'b' } } })).status).toBe(200);
});

test('a dry run changes nothing, and the namespaces of the cluster itself stay', async () => {
  expect(text((await ask('DELETE', `${path}?dryRun=All`)).body, 'status', 'phase')).toBe(
    'Terminating',
  );
  expect(text(cluster.control.get('Namespace', '', namespace), 'status', 'phase')).toBe('Active');
  const { status, body } = await ask('DELETE', '/api/v1/namespaces/default');
  expect([status, text(body, 'message')]).toEqual([
    403,
    'namespaces "default" is forbidden: this namespace may not be deleted',
  ]);
});
