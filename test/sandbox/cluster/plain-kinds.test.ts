// The plain kinds a plan may write, with every verb: created, read, watched, patched in each form, applied, tried and deleted on conditions.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../sandbox/cluster/json.ts';
import { list, object, objects, text } from '../../../sandbox/cluster/json.ts';
import { adminToken, type Cluster, startCluster } from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';
import { HandClock } from './hand-clock.ts';

/** One kind: an object, the path of a text in it, and what the shape refuses. */
interface Sample {
  readonly path: string;
  readonly body: JsonObject;
  readonly place: readonly [string, string];
  readonly values: readonly [string, string, string];
}

const samples: Readonly<Record<string, Sample>> = {
  ConfigMap: {
    path: '/api/v1/namespaces/shop/configmaps',
    body: { apiVersion: 'v1', kind: 'ConfigMap', data: { size: 'one' } },
    place: ['data', 'size'],
    values: ['one', 'two', 'three'],
  },
  Secret: {
    path: '/api/v1/namespaces/shop/secrets',
    body: { apiVersion: 'v1', kind: 'Secret', data: { size: 'b25l' } },
    place: ['data', 'size'],
    values: ['b25l', 'dHdv', 'dGhyZWU='],
  },
  Service: {
    path: '/api/v1/namespaces/shop/services',
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      spec: { sessionAffinity: 'None', selector: { app: 'pool' }, ports: [{ port: 6432 }] },
    },
    place: ['spec', 'sessionAffinity'],
    values: ['None', 'ClientIP', 'None'],
  },
  Event: {
    path: '/api/v1/namespaces/shop/events',
    body: {
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: { kind: 'Deployment', namespace: 'shop', name: 'web' },
      source: { component: 'one' },
    },
    place: ['source', 'component'],
    values: ['one', 'two', 'three'],
  },
};

let cluster: Cluster;
let admin: ReturnType<typeof clientOf>;
beforeEach(async () => {
  cluster = await startCluster({ autoTick: false, clock: new HandClock() });
  admin = clientOf(cluster, adminToken);
  cluster.control.ensureNamespace('shop');
});
afterEach(async () => {
  await cluster.stop();
});

const named = (body: JsonObject, name = 'a'): JsonObject => ({ ...body, metadata: { name } });
const causes = (body: JsonObject) =>
  objects(body, 'details', 'causes').map(
    (item) => `${text(item, 'field')}: ${text(item, 'message')}`,
  );

describe.each(Object.entries(samples))('a %s', (_kind, { path, body, place, values }) => {
  const [outer, inner] = place;
  const [one, two, three] = values;
  const at = `${path}/a`;
  const part = (value: string): JsonObject => ({ [outer]: { [inner]: value } });
  const shown = (answer: { readonly body: JsonObject }) => text(answer.body, outer, inner);
  const pointer = `/${outer}/${inner}`;
  const guarded = (wanted: string, next: string): Json => [
    { op: 'test', path: pointer, value: wanted },
    { op: 'replace', path: pointer, value: next },
  ];

  test('is created, read and listed, once', async () => {
    expect((await admin('POST', path, { body: named(body) })).status).toBe(201);
    expect(shown(await admin('GET', at))).toBe(one);
    expect(list((await admin('GET', path)).body, 'items')).toHaveLength(1);
    expect((await admin('POST', path, { body: named(body) })).status).toBe(409);
  });

  test('changes by each kind of patch, under the name of who writes', async () => {
    await admin('POST', path, { body: named(body) });
    const merged = await admin('PATCH', `${at}?fieldManager=first`, { body: part(two) });
    expect(shown(merged)).toBe(two);
    const type = 'application/json-patch+json';
    expect((await admin('PATCH', at, { type, body: guarded(one, three) })).status).toBe(422);
    expect(shown(await admin('PATCH', at, { type, body: guarded(two, three) }))).toBe(three);
    const strategic = await admin('PATCH', `${at}?fieldManager=second`, {
      type: 'application/strategic-merge-patch+json',
      body: part(two),
    });
    expect(shown(strategic)).toBe(two);
    const owner = objects(strategic.body, 'metadata', 'managedFields').find(
      (item) => item['manager'] === 'second',
    );
    expect(object(owner, 'fieldsV1', `f:${outer}`)).toEqual({ [`f:${inner}`]: {} });
  });

  test('is applied: made, shared, disputed and taken', async () => {
    const apply = (manager: string, value: string, more = '') =>
      admin('PATCH', `${at}?fieldManager=${manager}${more}`, {
        type: 'application/apply-patch+yaml',
        body: { ...named(body), [outer]: { ...object(body, outer), [inner]: value } },
      });
    expect((await apply('one', one)).status).toBe(201);
    expect((await apply('two', one)).status).toBe(200);
    const refused = await apply('two', two);
    expect([refused.status, causes(refused.body)]).toEqual([
      409,
      [`.${outer}.${inner}: conflict with "one"`],
    ]);
    expect(shown(await apply('two', two, '&force=true'))).toBe(two);
  });

  test('is only tried in a dry run, whatever the verb', async () => {
    const dry = '?dryRun=All';
    expect((await admin('POST', `${path}${dry}`, { body: named(body) })).status).toBe(201);
    expect((await admin('GET', at)).status).toBe(404);
    await admin('POST', path, { body: named(body) });
    expect(shown(await admin('PATCH', `${at}${dry}`, { body: part(two) }))).toBe(two);
    const put = { ...named(body), [outer]: { ...object(body, outer), [inner]: two } };
    expect(shown(await admin('PUT', `${at}${dry}`, { body: put }))).toBe(two);
    const applied = await admin('PATCH', `${at}${dry}&fieldManager=x&force=true`, {
      type: 'application/apply-patch+yaml',
      body: put,
    });
    expect(shown(applied)).toBe(two);
    expect((await admin('DELETE', `${at}${dry}`)).status).toBe(200);
    expect((await admin('DELETE', at, { body: { dryRun: ['All'] } })).status).toBe(200);
    expect((await admin('DELETE', `${path}${dry}`)).status).toBe(200);
    expect(shown(await admin('GET', at))).toBe(one);
  });

  test('goes only if it is still the one that is meant', async () => {
    const { body: made } = await admin('POST', path, { body: named(body) });
    const preconditions = {
      uid: text(made, 'metadata', 'uid'),
      resourceVersion: text(made, 'metadata', 'resourceVersion'),
    };
    const wrong = { preconditions: { uid: 'another' } };
    expect((await admin('DELETE', at, { body: wrong })).status).toBe(409);
    await admin('PATCH', at, { body: part(two) });
    expect((await admin('DELETE', at, { body: { preconditions } })).status).toBe(409);
    const { uid } = preconditions;
    expect((await admin('DELETE', at, { body: { preconditions: { uid } } })).status).toBe(200);
    expect((await admin('GET', at)).status).toBe(404);
  });

  test('is watched', async () => {
    const from = cluster.control.version;
    await admin('POST', path, { body: named(body) });
    await admin('PATCH', at, { body: part(two) });
    await admin('DELETE', at);
    const query = `?watch=true&resourceVersion=${from}&timeoutSeconds=1`;
    const response = await fetch(`${cluster.url}${path}${query}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const lines = (await response.text()).trim().split('\n');
    const seen = lines.map((line) => {
      const parsed: Json = JSON.parse(line);
      return `${text(parsed, 'type')} ${text(parsed, 'object', outer, inner)}`;
    });
    expect(seen).toEqual([`ADDED ${one}`, `MODIFIED ${two}`, `DELETED ${two}`]);
  });

  test('with an unknown field is warned of, or refused where that is asked for', async () => {
    const odd = { ...named(body), colour: 'green' };
    const warned = await admin('POST', `${path}?dryRun=All`, { body: odd });
    expect(warned.warning).toContain('unknown field');
    const strict = await admin('POST', `${path}?fieldValidation=Strict`, { body: odd });
    expect(strict.status).toBe(400);
  });
});

describe('a Service', () => {
  const { path, body } = samples['Service'] ?? { path: '', body: {} };

  test('gets an address that stays, whoever replaces it', async () => {
    const { body: made } = await admin('POST', path, { body: named(body) });
    const address = text(made, 'spec', 'clusterIP');
    expect(address).toMatch(/^10\.96\.\d+\.\d+$/);
    expect(made['spec']).toMatchObject({
      type: 'ClusterIP',
      clusterIPs: [address],
      ports: [{ port: 6432, protocol: 'TCP', targetPort: 6432 }],
    });
    const [owner] = objects(made, 'metadata', 'managedFields');
    expect(Object.keys(object(owner, 'fieldsV1', 'f:spec'))).toEqual([
      'f:internalTrafficPolicy',
      'f:ports',
      'f:selector',
      'f:sessionAffinity',
      'f:type',
    ]);
    const put = await admin('PUT', `${path}/a`, { body: named(body) });
    expect(text(put.body, 'spec', 'clusterIP')).toBe(address);
    const moved = await admin('PATCH', `${path}/a`, { body: { spec: { clusterIP: '10.96.0.9' } } });
    expect(causes(moved.body)).toEqual([
      'spec.clusterIPs[0]: Invalid value: "10.96.0.9": may not change once set',
    ]);
  });

  test('needs ports with names when there are several', async () => {
    const none = await admin('POST', path, { body: { metadata: { name: 'b' }, spec: {} } });
    expect(causes(none.body)).toEqual(['spec.ports: Required value']);
    const spec = { ports: [{ port: 1 }, { port: 2, name: 'x' }] };
    const unnamed = await admin('POST', path, { body: { metadata: { name: 'b' }, spec } });
    expect(causes(unnamed.body)).toEqual(['spec.ports[0].name: Required value']);
  });
});

describe('a pod template', () => {
  const template = (spec: JsonObject): JsonObject => ({
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'web:1' }], ...spec },
      },
    },
  });
  const spread = { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} };
  const term = { labelSelector: { matchLabels: { app: 'web' } } };

  test.each<[string, JsonObject, string]>([
    [
      'a toleration of nothing by name',
      { tolerations: [{ operator: 'Equal' }] },
      'tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty',
    ],
    [
      'a toleration for a while of what never evicts',
      { tolerations: [{ key: 'spot', effect: 'NoSchedule', tolerationSeconds: 5 }] },
      'tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\'',
    ],
    [
      'a spread without a bound',
      { topologySpreadConstraints: [{ ...spread, maxSkew: 0 }] },
      'topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    ],
    [
      'the same spread twice',
      { topologySpreadConstraints: [1, 2].map((maxSkew) => ({ ...spread, maxSkew })) },
      'Duplicate value: "{zone, DoNotSchedule}"',
    ],
    [
      'an affinity without a place',
      { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
      'topologyKey: Required value: can not be empty',
    ],
    [
      'a mount of nothing',
      { containers: [{ name: 'a', image: 'b', volumeMounts: [{ name: 'x', mountPath: '/x' }] }] },
      'containers[0].volumeMounts[0].name: Not found: "x"',
    ],
  ])('is refused for %s', async (_what, spec, words) => {
    const path = '/apis/apps/v1/namespaces/shop/deployments';
    const answer = await admin('POST', path, { body: template(spec) });
    expect(answer.status).toBe(422);
    expect(causes(answer.body).join('\n')).toContain(words);
  });

  test('is warned of for an unknown field deep inside, and refused a wrong type there', async () => {
    const path = '/apis/apps/v1/namespaces/shop/deployments?dryRun=All';
    const source = { secretKeyRef: { name: 'pool', key: 'url', colour: 'green' } };
    const env = [{ name: 'URL', valueFrom: source }];
    const odd = template({ containers: [{ name: 'main', image: 'web:1', env }] });
    expect((await admin('POST', path, { body: odd })).warning).toContain(
      'unknown field \\"spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.colour\\"',
    );
    const wrong = template({ tolerations: [{ key: 'spot', tolerationSeconds: 'long' }] });
    expect((await admin('POST', path, { body: wrong })).status).toBe(400);
  });
});
