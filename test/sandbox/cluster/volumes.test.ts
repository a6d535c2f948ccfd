// Storage in the sandbox cluster: who gets a volume, who may grow, and what a growth waits for.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonObject } from '../../../sandbox/cluster/json.ts';
import { at, object, objects, text } from '../../../sandbox/cluster/json.ts';
import { adminToken, type Cluster, startCluster } from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';
import { HandClock } from './hand-clock.ts';

const path = '/api/v1/namespaces/shop/persistentvolumeclaims';
const storageClass = (name: string, more: JsonObject = {}): JsonObject => ({
  kind: 'StorageClass',
  metadata: { name },
  provisioner: 'disk.csi.example',
  allowVolumeExpansion: true,
  ...more,
});
const spec = (storageClassName: string, storage = '10Gi'): JsonObject => ({
  accessModes: ['ReadWriteOnce'],
  storageClassName,
  resources: { requests: { storage } },
});
const claim = (name: string, ...rest: Parameters<typeof spec>): JsonObject => ({
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'shop' },
  spec: spec(...rest),
});
const grown = (storage: string) => ({ spec: { resources: { requests: { storage } } } });

let clock: HandClock;
let cluster: Cluster;
let admin: ReturnType<typeof clientOf>;
beforeEach(async () => {
  clock = new HandClock();
  cluster = await startCluster({ autoTick: false, clock });
  admin = clientOf(cluster, adminToken);
  cluster.control.seed([storageClass('fast'), claim('data', 'fast')]);
  cluster.control.settle();
});
afterEach(async () => {
  await cluster.stop();
});

const held = (name = 'data') => cluster.control.get('PersistentVolumeClaim', 'shop', name) ?? {};
const capacity = (name = 'data') => text(held(name), 'status', 'capacity', 'storage');

test('a claim of a class with a driver gets a volume of its size, and grows in place', async () => {
  expect([text(held(), 'status', 'phase'), capacity()]).toEqual(['Bound', '10Gi']);
  const answer = await admin('PATCH', `${path}/data`, { body: grown('20Gi') });
  expect([answer.status, text(answer.body, 'status', 'capacity', 'storage')]).toEqual([
    200,
    '10Gi',
  ]);
  cluster.control.settle();
  expect(capacity()).toBe('20Gi');
  const shrunk = await admin('PATCH', `${path}/data`, { body: grown('15Gi') });
  expect(shrunk.status).toBe(422);
});

test('a class that forbids growth stops it in a dry run already', async () => {
  cluster.control.seed([
    storageClass('fixed', { allowVolumeExpansion: false }),
    claim('b', 'fixed'),
  ]);
  cluster.control.settle();
  const answer = await admin('PATCH', `${path}/b?dryRun=All`, { body: grown('20Gi') });
  expect(answer.status).toBe(403);
});

test('a quota for storage holds a growth back, and says how much is left', async () => {
  cluster.control.seed([
    {
      kind: 'ResourceQuota',
      metadata: { name: 'team', namespace: 'shop' },
      spec: { hard: { 'requests.storage': '30Gi', persistentvolumeclaims: '1' } },
    },
  ]);
  const refused = await admin('PATCH', `${path}/data`, { body: grown('40Gi') });
  expect([refused.status, text(refused.body, 'message')]).toEqual([
    403,
    'persistentvolumeclaims "data" is forbidden: exceeded quota: team, requested: requests.storage=30Gi, used: requests.storage=10Gi, limited: requests.storage=30Gi',
  ]);
  expect((await admin('PATCH', `${path}/data`, { body: grown('30Gi') })).status).toBe(200);
  const another = await admin('POST', path, {
    body: { metadata: { name: 'more' }, spec: spec('fast', '1') },
  });
  expect(another.status).toBe(403);
});

test('a claim may wait for the first pod that uses it, and stays until no pod does', async () => {
  cluster.control.seed([
    storageClass('late', { volumeBindingMode: 'WaitForFirstConsumer' }),
    claim('late', 'late'),
  ]);
  cluster.control.settle();
  expect(text(held('late'), 'status', 'phase')).toBe('Pending');
  cluster.control.seed([
    {
      kind: 'Pod',
      metadata: { name: 'user', namespace: 'shop' },
      spec: {
        containers: [{ name: 'a', image: 'a:1' }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'late' } }],
      },
    },
  ]);
  cluster.control.settle();
  expect(text(held('late'), 'status', 'phase')).toBe('Bound');
  await admin('DELETE', `${path}/late`);
  cluster.control.settle();
  expect(text(held('late'), 'metadata', 'deletionTimestamp')).not.toBe('');
  await admin('DELETE', '/api/v1/namespaces/shop/pods/user?gracePeriodSeconds=0');
  cluster.control.settle();
  expect(held('late')).toEqual({});
  expect(cluster.control.list('PersistentVolume')).toHaveLength(1);
});

test('a StatefulSet makes the claims of its templates and keeps them when it shrinks', async () => {
  const labels = { app: 'db' };
  cluster.control.seed([
    {
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'shop' },
      spec: {
        replicas: 2,
        serviceName: 'db',
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'db:1' }] } },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: spec('fast', '0.5Gi') }],
      },
    },
  ]);
  cluster.control.settle();
  expect(capacity('data-db-1')).toBe('512Mi');
  const pod = cluster.control.get('Pod', 'shop', 'db-1');
  expect(objects(pod, 'spec', 'volumes')[0]).toEqual({
    name: 'data',
    persistentVolumeClaim: { claimName: 'data-db-1' },
  });
  const set = cluster.control.get('StatefulSet', 'shop', 'db');
  expect(at(set, 'spec', 'volumeClaimTemplates', 0)).toMatchObject({
    kind: 'PersistentVolumeClaim',
    status: { phase: 'Pending' },
  });
  const scale = '/apis/apps/v1/namespaces/shop/statefulsets/db/scale';
  await admin('PATCH', scale, { body: { spec: { replicas: 1 } } });
  cluster.control.settle();
  expect(object(held('data-db-1'), 'metadata')['labels']).toEqual(labels);
});

test('a driver that cannot grow a file system in use waits for the next start of a pod', async () => {
  const user = (name: string): JsonObject => ({
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: {
      containers: [{ name: 'a', image: 'a:1' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'later' } }],
    },
  });
  cluster.control.seed([
    storageClass('offline', { parameters: { expansion: 'at-pod-start' } }),
    claim('later', 'offline'),
    user('first'),
  ]);
  cluster.control.settle();
  await admin('PATCH', `${path}/later`, { body: grown('20Gi') });
  cluster.control.settle();
  expect(capacity('later')).toBe('10Gi');
  expect(held('later')['status']).toMatchObject({
    conditions: [{ type: 'FileSystemResizePending', status: 'True' }],
    allocatedResourceStatuses: { storage: 'NodeResizePending' },
  });
  await admin('DELETE', '/api/v1/namespaces/shop/pods/first?gracePeriodSeconds=0');
  cluster.control.seed([user('second')]);
  cluster.control.settle();
  clock.advance(10_000);
  cluster.control.settle();
  expect(held('later')['status']).toEqual({
    phase: 'Bound',
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '20Gi' },
  });
});

test('a driver that cannot grow a volume at all says so in the claim', async () => {
  cluster.control.seed([
    storageClass('full', { parameters: { expansion: 'infeasible' } }),
    claim('never', 'full'),
  ]);
  cluster.control.settle();
  expect((await admin('PATCH', `${path}/never`, { body: grown('20Gi') })).status).toBe(200);
  cluster.control.settle();
  expect(held('never')['status']).toMatchObject({
    capacity: { storage: '10Gi' },
    conditions: [{ type: 'ControllerResizeError' }],
    allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' },
  });
});
