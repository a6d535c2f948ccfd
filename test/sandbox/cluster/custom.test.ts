// Kinds that definitions add to the sandbox cluster: served as strictly as the built-in ones, by whatever road they come in.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../sandbox/cluster/json.ts';
import { at, list, object, objects, text } from '../../../sandbox/cluster/json.ts';
import { definition } from '../../../sandbox/cluster/resources/definition.ts';
import { adminToken, type Cluster, startCluster } from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';
import { HandClock } from './hand-clock.ts';

const ports = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['port', 'protocol'],
  items: {
    type: 'object',
    required: ['port'],
    properties: {
      port: { type: 'integer', format: 'int32', maximum: 65_535 },
      protocol: { type: 'string', default: 'TCP' },
      weight: { type: 'number' },
    },
  },
};
const spec = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1 },
    zone: {
      type: 'string',
      pattern: '^[a-z]+$',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'the zone stays' }],
    },
    mode: { type: 'string', enum: ['Fast', 'Safe'], default: 'Safe' },
    limit: { 'x-kubernetes-int-or-string': true },
    store: {
      type: 'string',
      'x-kubernetes-validations': [
        { rule: 'quantity(self).isGreaterThan(quantity("1Gi"))', message: 'too little' },
      ],
    },
    note: { type: 'string', nullable: true },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    ports,
    options: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    room: {
      type: 'object',
      'x-kubernetes-map-type': 'atomic',
      properties: { min: { type: 'integer' }, max: { type: 'integer' } },
      'x-kubernetes-validations': [{ rule: '!has(self.max) || self.min <= self.max' }],
    },
  },
};
const version = (name: string, more: JsonObject): JsonObject => ({
  name,
  served: true,
  storage: false,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      required: ['spec'],
      properties: {
        spec,
        status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.size',
      statusReplicasPath: '.status.size',
      labelSelectorPath: '.status.selector',
    },
  },
  selectableFields: [{ jsonPath: '.spec.zone' }],
  ...more,
});
const caches: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'caches.shop.example' },
  spec: {
    group: 'shop.example',
    scope: 'Namespaced',
    names: { kind: 'Cache', plural: 'caches', shortNames: ['ca'], categories: ['all'] },
    versions: [version('v1', { storage: true }), version('v1beta1', {})],
  },
};
const cache = (name: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'shop.example/v1',
  kind: 'Cache',
  metadata: { name, namespace: 'shop' },
  spec: { size: 3, ...more },
});
const path = '/apis/shop.example/v1/namespaces/shop/caches';

let clock: HandClock;
let cluster: Cluster;
let admin: ReturnType<typeof clientOf>;
beforeEach(async () => {
  clock = new HandClock();
  cluster = await startCluster({ autoTick: false, clock });
  admin = clientOf(cluster, adminToken);
  cluster.control.seed([caches, cache('main', { zone: 'north' })]);
});
afterEach(async () => {
  await cluster.stop();
});

const merge = (body: JsonObject, query = '') =>
  admin('PATCH', `${path}/main${query}`, { body: { spec: body } });
const apply = (body: JsonObject, manager: string, query = '') =>
  admin('PATCH', `${path}/main?fieldManager=${manager}${query}`, {
    type: 'application/apply-patch+yaml',
    body: { ...cache('main'), spec: body },
  });
const causes = (body: JsonObject) =>
  objects(body, 'details', 'causes').map(
    (item) => `${text(item, 'field')}: ${text(item, 'message')}`,
  );

describe('a definition', () => {
  test('adds its kinds to the hand of the tests and of the demo, with the definition in the same list', () => {
    expect(cluster.control.get('Cache', 'shop', 'main')).toMatchObject({
      apiVersion: 'shop.example/v1',
      spec: { size: 3, mode: 'Safe', zone: 'north' },
    });
    cluster.control.patch(
      { kind: 'Cache', namespace: 'shop', name: 'main' },
      { spec: { size: 4 } },
    );
    expect(cluster.control.list('Cache', 'shop')).toHaveLength(1);
    expect(at(cluster.control.get('Cache', 'shop', 'main'), 'spec', 'size')).toBe(4);
  });

  test('can be sent to the control of another process', async () => {
    await admin('POST', '/_control/reset', { body: {} });
    expect((await admin('GET', `${path}/main`)).status).toBe(404);
    const sent = await admin('POST', '/_control/seed', { body: { objects: [caches, cache('a')] } });
    expect(sent.status).toBe(200);
    expect((await admin('GET', `${path}/a`)).status).toBe(200);
  });

  test('is refused when a field has no type, and keeps its scope', async () => {
    const untyped = structuredClone(caches);
    const root = object(list(untyped, 'spec', 'versions')[0], 'schema', 'openAPIV3Schema');
    object(root, 'properties')['spec'] = { properties: {} };
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const refused = await admin('POST', crds, { body: untyped });
    expect(refused.status).toBe(422);
    expect(causes(refused.body)).toEqual([
      'spec.versions[0].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
    ]);
    const moved = await admin('PATCH', `${crds}/caches.shop.example`, {
      body: { spec: { scope: 'Cluster' } },
    });
    expect(moved.status).toBe(422);
    expect(causes(moved.body)).toEqual([
      'spec.scope: Invalid value: "Cluster": field is immutable',
    ]);
  });

  test('serves its objects in every version, and lets a watch of one see writes through another', async () => {
    const beta = path.replace('/v1/', '/v1beta1/');
    const read = await admin('GET', `${beta}/main`);
    expect(read.body).toMatchObject({ apiVersion: 'shop.example/v1beta1', spec: { size: 3 } });
    const patched = await admin('PATCH', `${beta}/main`, { body: { spec: { size: 5 } } });
    expect(patched.body['apiVersion']).toBe('shop.example/v1beta1');
    const { body } = await admin('GET', path);
    expect(list(body, 'items')).toMatchObject([
      { apiVersion: 'shop.example/v1', kind: 'Cache', spec: { size: 5 } },
    ]);
    const group = await admin('GET', '/apis/shop.example');
    expect(group.body).toMatchObject({ preferredVersion: { version: 'v1' } });
  });

  test('takes its objects along when it goes, and lets no new ones in meanwhile', async () => {
    const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/caches.shop.example';
    expect((await admin('DELETE', crd)).status).toBe(200);
    expect((await admin('POST', path, { body: cache('late') })).status).toBe(405);
    cluster.control.settle();
    expect((await admin('GET', path)).body).toEqual({ text: '404 page not found\n' });
    expect(cluster.control.list(definition.kind)).toEqual([]);
  });
});

describe('a value', () => {
  test.each<[string, JsonObject, string]>([
    ['a wrong pattern', { zone: 'North' }, 'should match'],
    ['a list item that is there twice', { tags: ['a', 'a'] }, 'Duplicate value: "a"'],
    [
      'a key that is there twice',
      { ports: [{ port: 1 }, { port: 1 }] },
      'spec.ports[1]: Duplicate',
    ],
    ['neither number nor text', { limit: true }, 'must be of type integer,string: "boolean"'],
    ['a port beyond the maximum', { ports: [{ port: 70_000 }] }, 'less than or equal to 65535'],
    ['a rule of an object', { room: { min: 3, max: 2 } }, 'failed rule: !has(self.max)'],
    ['a rule about amounts', { store: '900Mi' }, 'spec.store: Invalid value: too little'],
    ['a transition', { zone: 'south' }, 'spec.zone: Invalid value: the zone stays'],
  ])('is refused for %s', async (_what, body, words) => {
    const answer = await merge(body);
    expect(answer.status).toBe(422);
    expect(causes(answer.body).join('\n')).toContain(words);
  });

  test('is let in where the schema allows several types, null or anything', async () => {
    const answer = await merge({ limit: '20%', options: { any: [{ thing: 1 }] } });
    expect(answer.body).toMatchObject({ spec: { limit: '20%', options: { any: [{ thing: 1 }] } } });
    const put = { ...answer.body, spec: { size: 1, zone: 'north', note: null, mode: null } };
    const stored = await admin('PUT', `${path}/main`, { body: put });
    expect(stored.body).toMatchObject({ spec: { note: null, mode: 'Safe' } });
  });

  test('that was wrong before a stricter definition may stay until it is changed', async () => {
    const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/caches.shop.example';
    const stricter = {
      ...spec,
      properties: { ...spec.properties, size: { type: 'integer', minimum: 10 } },
    };
    const versions = list(caches, 'spec', 'versions').map((_item, index) =>
      version(index === 0 ? 'v1' : 'v1beta1', {
        storage: index === 0,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: stricter } } },
      }),
    );
    expect((await admin('PATCH', crd, { body: { spec: { versions } } })).status).toBe(200);
    expect((await merge({ mode: 'Fast' })).status).toBe(200);
    expect((await merge({ size: 4 })).status).toBe(422);
  });

  test('changes nothing in a dry run', async () => {
    const answer = await merge({ size: 9 }, '?dryRun=All');
    expect(answer.body).toMatchObject({ spec: { size: 9 }, metadata: { generation: 2 } });
    expect(at(cluster.control.get('Cache', 'shop', 'main'), 'spec', 'size')).toBe(3);
  });
});

describe('server-side apply', () => {
  test('joins list items by their keys, with the default for a key left out', async () => {
    await apply({ ports: [{ port: 80, weight: 1 }] }, 'one');
    const joined = await apply({ ports: [{ port: 80, protocol: 'UDP' }, { port: 81 }] }, 'two');
    expect(at(joined.body, 'spec', 'ports')).toEqual([
      { port: 80, protocol: 'TCP', weight: 1 },
      { port: 80, protocol: 'UDP' },
      { port: 81, protocol: 'TCP' },
    ]);
    const owned = objects(joined.body, 'metadata', 'managedFields').find(
      (item) => item['manager'] === 'two',
    );
    expect(Object.keys(object(owned, 'fieldsV1', 'f:spec', 'f:ports'))).toEqual([
      'k:{"port":80,"protocol":"UDP"}',
      'k:{"port":81,"protocol":"TCP"}',
    ]);
    const less = await apply({ ports: [{ port: 81 }] }, 'two');
    expect(list(less.body, 'spec', 'ports')).toHaveLength(2);
  });

  test('tells managers in conflict and takes the field by force', async () => {
    await apply({ size: 4, room: { min: 1, max: 2 } }, 'one', '&force=true');
    const refused = await apply({ room: { min: 1, max: 3 } }, 'two');
    expect(causes(refused.body)).toEqual(['.spec.room: conflict with "one"']);
    expect((await apply({ room: { min: 1, max: 3 } }, 'two', '&force=true')).status).toBe(200);
  });

  test('refuses values of another type before looking at bounds', async () => {
    const answer = await apply({ size: 'three' }, 'one');
    expect(answer.status).toBe(500);
    expect(text(answer.body, 'message')).toContain(
      '.spec.size: expected numeric (int or float), got string',
    );
  });
});

describe('what belongs to an object', () => {
  test('is selected by the fields its definition names', async () => {
    cluster.control.seed([cache('other', { zone: 'south' })]);
    const found = await admin('GET', `${path}?fieldSelector=spec.zone%3Dsouth`);
    expect(objects(found.body, 'items').map((item) => text(item, 'metadata', 'name'))).toEqual([
      'other',
    ]);
    expect((await admin('GET', `${path}?fieldSelector=spec.size%3D3`)).status).toBe(400);
  });

  test('is scaled through its paths, status and selector included', async () => {
    const status = { size: 2, selector: 'app=cache' };
    await admin('PATCH', `${path}/main/status`, { body: { status } });
    const scaled = await admin('PATCH', `${path}/main/scale`, { body: { spec: { replicas: 7 } } });
    expect(scaled.body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 7 },
      status: { replicas: 2, selector: 'app=cache' },
    });
    expect(at(cluster.control.get('Cache', 'shop', 'main'), 'spec', 'size')).toBe(7);
  });
});
