// Deletions that wait for children: what has none goes at once, whatever its kind, unless somebody else holds it.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonObject } from '../../../sandbox/cluster/json.ts';
import { list, text } from '../../../sandbox/cluster/json.ts';
import { adminToken, type Cluster, startCluster } from '../../../sandbox/cluster/server.ts';
import { scaledObjectKind } from '../../custom-kinds.ts';
import { clientOf } from './ask.ts';

const namespace = 'shop';
let cluster: Cluster;
let admin: ReturnType<typeof clientOf>;
beforeEach(async () => {
  cluster = await startCluster({ autoTick: false });
  admin = clientOf(cluster, adminToken);
  cluster.control.seed([scaledObjectKind]);
  cluster.control.settle();
});
afterEach(async () => {
  await cluster.stop();
});

const api = '/api/v1/namespaces/shop/configmaps/limits';
const keda = '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/queue';
const made = (kind: string, name: string, metadata: JsonObject = {}): JsonObject => ({
  kind,
  metadata: { name, namespace, ...metadata },
});
const remove = (path: string) => admin('DELETE', `${path}?propagationPolicy=Foreground`);

test.each([
  ['ConfigMap', 'limits', api],
  ['ScaledObject', 'queue', keda],
])('a %s goes with the next look of the garbage collector', async (kind, name, path) => {
  cluster.control.seed([made(kind, name)]);
  const answer = await remove(path);
  expect([answer.status, list(answer.body, 'metadata', 'finalizers')]).toEqual([
    200,
    ['foregroundDeletion'],
  ]);
  cluster.control.settle();
  expect((await admin('GET', path)).status).toBe(404);
});

test('what holds it besides is waited for', async () => {
  const held = { finalizers: ['example.com/hold'] };
  cluster.control.seed([made('ConfigMap', 'limits', held)]);
  await remove(api);
  cluster.control.settle();
  const { body } = await admin('GET', api);
  expect(list(body, 'metadata', 'finalizers')).toEqual(['example.com/hold']);
  expect(text(body, 'metadata', 'deletionTimestamp')).not.toBe('');
  await admin('PATCH', api, { body: { metadata: { finalizers: null } } });
  cluster.control.settle();
  expect((await admin('GET', api)).status).toBe(404);
});
