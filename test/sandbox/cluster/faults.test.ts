// Injected failures of the sandbox cluster: each meets only what it is aimed at, and reads as the real server's would.
import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../../sandbox/cluster/faults.ts';
import type { JsonObject } from '../../../sandbox/cluster/json.ts';
import { object, text } from '../../../sandbox/cluster/json.ts';
import { type Cluster, headroomToken, startCluster } from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';
import { OpenStream } from './scenario.ts';

const namespace = 'shop';
const maps = `/api/v1/namespaces/${namespace}/configmaps`;
const apps = `/apis/apps/v1/namespaces/${namespace}/deployments`;

let cluster: Cluster;
let ask: ReturnType<typeof clientOf>;
beforeEach(async () => {
  cluster = await startCluster({ autoTick: false });
  ask = clientOf(cluster, headroomToken);
  const labels = { app: 'api' };
  const containers = [{ name: 'api', image: 'shop:1' }];
  cluster.control.seed([
    { kind: 'ConfigMap', metadata: { name: 'limits', namespace } },
    {
      kind: 'Deployment',
      metadata: { name: 'api', namespace },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    },
  ]);
});
afterEach(async () => {
  await cluster.stop();
});

const replicas = (count: number) => ({ body: { spec: { replicas: count } } });
const stored = () =>
  object(cluster.control.get('Deployment', namespace, 'api'), 'spec')['replicas'];

describe('a fault meets', () => {
  const patches = { verb: 'patch', resource: 'deployments/scale', namespace, name: 'api' };

  test('only the verb, the resource, the object and the kind of run it names', async () => {
    cluster.control.injectFault({ match: { ...patches, dryRun: false }, status: 500 });
    expect((await ask('PATCH', `${apps}/api/scale`, replicas(3))).status).toBe(500);
    expect((await ask('PATCH', `${apps}/api/scale?dryRun=All`, replicas(3))).status).toBe(200);
    expect((await ask('PATCH', `${apps}/api`, replicas(2))).status).toBe(200);
    expect((await ask('GET', `${apps}/api/scale`)).status).toBe(200);
    expect((await ask('PATCH', `${apps}/web/scale`, replicas(3))).status).toBe(404);
  });

  test('the request after as many as it lets pass, and no more than it may', async () => {
    cluster.control.injectFault({ match: patches, status: 500, after: 1, times: 2 });
    const answers: number[] = [];
    for (let count = 2; count < 6; count += 1) {
      answers.push((await ask('PATCH', `${apps}/api/scale`, replicas(count))).status);
    }
    expect(answers).toEqual([200, 500, 500, 200]);
  });

  test('can be injected from another process', async () => {
    const body = { match: { verb: 'get', resource: 'configmaps' }, status: 404, times: 1 };
    await fetch(`${cluster.url}/_control/fault`, { method: 'POST', body: JSON.stringify(body) });
    expect((await ask('GET', `${maps}/limits`)).status).toBe(404);
    expect((await ask('GET', `${maps}/limits`)).status).toBe(200);
  });
});

describe('the answer of a fault reads as the real one', () => {
  const answerTo = async (fault: Fault) => {
    cluster.control.injectFault(fault);
    const { status, body } = await ask('PATCH', `${apps}/api`, replicas(3));
    return [status, text(body, 'reason'), text(body, 'message') || text(body, 'text')];
  };

  test.each<[Fault, string, string]>([
    [
      { status: 409 },
      'Conflict',
      'Operation cannot be fulfilled on deployments.apps "api": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      { status: 403 },
      'Forbidden',
      'deployments.apps "api" is forbidden: User "system:serviceaccount:headroom:headroom" cannot patch resource "deployments" in API group "apps" in the namespace "shop"',
    ],
    [{ status: 422 }, 'Invalid', 'the server rejected our request due to an error in our request'],
    [{ status: 500 }, 'InternalError', 'Internal error occurred: injected fault'],
    [{ status: 429 }, '', 'Too many requests, please try again later.\n'],
  ])('%j', async (fault, reason, message) => {
    expect(await answerTo(fault)).toEqual([fault.status, reason, message]);
    expect(stored()).toBe(1);
  });

  test('a 429 says when to come again', async () => {
    cluster.control.injectFault({ status: 429, times: 1 });
    cluster.control.injectFault({ status: 429, headers: { 'retry-after': '7' } });
    const seconds: (string | null)[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { headers } = await fetch(`${cluster.url}/version`);
      seconds.push(headers.get('retry-after'));
    }
    expect(seconds).toEqual(['1', '7']);
  });
});

describe('a webhook', () => {
  const name = 'guard.example.com';
  const webhook = { name, message: 'team label is missing' };
  const denial = `admission webhook "${name}" denied the request: team label is missing`;

  test('denies writes and dry runs, and stays out of the way of reads', async () => {
    cluster.control.injectFault({ webhook });
    for (const query of ['', '?dryRun=All']) {
      const { status, body } = await ask('PATCH', `${apps}/api${query}`, replicas(3));
      expect([status, text(body, 'message')]).toEqual([400, denial]);
    }
    expect((await ask('GET', `${apps}/api`)).status).toBe(200);
    expect((await ask('DELETE', `${apps}/api`)).status).toBe(400);
    expect(stored()).toBe(1);
  });

  test('is asked last: what is refused anyway never gets to it', async () => {
    cluster.control.injectFault({ webhook });
    expect((await ask('PATCH', `${apps}/web`, replicas(3))).status).toBe(404);
    expect((await ask('PATCH', `${apps}/api`, replicas(-1))).status).toBe(422);
  });

  test.each<[string, Omit<NonNullable<Fault['webhook']>, 'name'>, number, string]>([
    [
      'without explanation',
      {},
      400,
      `admission webhook "${name}" denied the request without explanation`,
    ],
    ['as forbidden', { ...webhook, code: 403 }, 403, denial],
    [
      'when it is down, as an internal error',
      { isDown: true },
      500,
      `Internal error occurred: failed calling webhook "${name}": failed to call webhook: Post "https://${name}/validate?timeout=10s": context deadline exceeded`,
    ],
  ])('denies %s', async (_how, more, code, message) => {
    cluster.control.injectFault({ webhook: { ...more, name } });
    const { status, body } = await ask('PATCH', `${apps}/api/scale`, replicas(3));
    expect([status, text(body, 'message')]).toEqual([code, message]);
  });
});

test('an answer can break off in the middle, after the write was done', async () => {
  cluster.control.injectFault({ match: { verb: 'patch' }, resetMidway: true, times: 1 });
  await expect(ask('PATCH', `${apps}/api`, replicas(3))).rejects.toThrow();
  expect(stored()).toBe(3);
  expect((await ask('PATCH', `${apps}/api`, replicas(4))).status).toBe(200);
});

describe('a watch', () => {
  const open = (path: string) =>
    new Promise<OpenStream>((resolve, reject) => {
      const headers = { authorization: `Bearer ${headroomToken}` };
      const request = httpRequest(cluster.url + path, { headers, agent: false });
      request.on('response', (response) => resolve(new OpenStream(response)));
      request.on('error', reject);
      request.end();
    });
  const change = (value: string) => {
    const data: JsonObject = { value };
    cluster.control.patch({ kind: 'ConfigMap', namespace, name: 'limits' }, { data });
  };
  const eventsOf = (stream: OpenStream) => stream.events.map((event) => text(event, 'type'));

  test('is cut after as many events as the fault lets through', async () => {
    const match = { verb: 'watch', resource: 'configmaps' };
    cluster.control.injectFault({ match, cutAfterEvents: 2, times: 1 });
    const stream = await open(`${maps}?watch=true`);
    change('1');
    change('2');
    await stream.end;
    expect(eventsOf(stream)).toEqual(['ADDED', 'MODIFIED']);
    expect(cluster.control.openWatches).toBe(0);
  });

  test('goes silent and stays open', async () => {
    cluster.control.injectFault({ silentAfterEvents: 1, times: 1 });
    const mute = await open(`${maps}?watch=true`);
    const other = await open(`${maps}?watch=true`);
    change('1');
    await vi.waitFor(() => expect(eventsOf(other)).toEqual(['ADDED', 'MODIFIED']));
    expect(eventsOf(mute)).toEqual(['ADDED']);
    expect([mute.ended, cluster.control.openWatches]).toEqual([false, 2]);
    mute.close();
    other.close();
  });

  test('of one kind is told that its version is gone, while others go on', async () => {
    const version = cluster.control.version;
    const stream = await open(`${maps}?watch=true&resourceVersion=${version}`);
    const other = await open(`${apps}?watch=true`);
    cluster.control.closeWatches('expired', 'configmaps');
    await stream.end;
    expect(stream.events).toMatchObject([
      { type: 'ERROR', object: { code: 410, reason: 'Expired' } },
    ]);
    expect(other.ended).toBe(false);
    other.close();
  });
});
