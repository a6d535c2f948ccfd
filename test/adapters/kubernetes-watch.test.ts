// A watch and everything that ends one: it goes on where it was, begins anew when it must, and nothing that happened meanwhile is missed.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/cluster/faults.ts';
import type { RunningClusters } from '../../src/adapters/kubernetes.ts';
import type { WorkloadRef } from '../../src/change/change.ts';
import { OperationError } from '../../src/errors.ts';
import { type FollowedCluster, refOf, startFollowed, workloadOf } from './followed-cluster.ts';

let followed: FollowedCluster;
let clusters: RunningClusters;
const api = refOf('api');
const web = refOf('web');

beforeAll(async () => {
  followed = await startFollowed();
});
afterAll(async () => {
  await followed.stop();
});
beforeEach(async () => {
  await followed.reset();
  clusters = await followed.open();
  seed(api, 3);
  seed(web, 2);
});

const control = () => followed.cluster.control;

function seed(ref: WorkloadRef, replicas: number): void {
  control().seed([workloadOf(ref, replicas)]);
  control().settle();
}

/** As somebody else. */
function setReplicas({ kind, namespace, name }: WorkloadRef, replicas: number): void {
  control().patch({ kind, namespace, name }, { spec: { replicas } });
}

const replicasTold = async (ref: WorkloadRef) => (await clusters.follow(ref)).workload?.replicas;
const fail = (fault: Fault) => control().injectFault({ match: { path: 'watch=true' }, ...fault });
const deploymentsAsked = () =>
  followed
    .asked()
    .filter(({ path }) => path === '/apis/apps/v1/deployments')
    .map(({ query }) => new URLSearchParams(query));
const isList = (query: URLSearchParams) => !query.has('resourceVersion');

/** Waits until watches are asked for again. */
async function askedAgain(): Promise<URLSearchParams> {
  await expect.poll(() => deploymentsAsked().length).toBeGreaterThan(0);
  const [first] = deploymentsAsked();
  if (first === undefined) throw new Error('it was asked for');
  return first;
}

/** Follows until the watch is there, then forgets what was asked. */
async function following(): Promise<void> {
  expect(await replicasTold(api)).toBe(3);
  expect(control().openWatches).toBe(2);
  control().requests.clear();
}

describe('a watch', () => {
  it('begins with one request that lists and stays', async () => {
    expect(await replicasTold(api)).toBe(3);
    const [query, ...more] = deploymentsAsked();
    expect(more).toEqual([]);
    expect(Object.fromEntries(query ?? [])).toMatchObject({
      watch: 'true',
      allowWatchBookmarks: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      timeoutSeconds: expect.stringMatching(/^[3-6]\d\d$/),
    });
  });

  it.each(['end', 'cut'] as const)(
    'whose connection is %s goes on from where it was, and misses nothing',
    async (how) => {
      await following();
      fail({ drop: true });
      control().closeWatches(how);
      setReplicas(api, 6);
      control().remove('Deployment', 'shop', 'web');
      control().clearFaults();
      await expect.poll(() => replicasTold(api)).toBe(6);
      await expect.poll(() => replicasTold(web)).toBeUndefined();
      expect(deploymentsAsked().filter(isList)).toEqual([]);
    },
  );

  it('begins anew when what it had seen is no longer kept, and forgets what is gone', async () => {
    await following();
    fail({ drop: true });
    control().closeWatches('cut');
    setReplicas(api, 6);
    control().remove('Deployment', 'shop', 'web');
    control().compact();
    control().clearFaults();
    await expect.poll(() => deploymentsAsked().some(isList)).toBe(true);
    await expect.poll(() => replicasTold(api)).toBe(6);
    await expect.poll(() => replicasTold(web)).toBeUndefined();
    expect(followed.said).toContainEqual(
      expect.objectContaining({ level: 'info', message: expect.stringContaining('begins anew') }),
    );
  });

  it('takes the answer 410 for the same', async () => {
    await following();
    fail({ status: 410, times: 2 });
    control().closeWatches('end');
    await expect.poll(() => deploymentsAsked().some(isList)).toBe(true);
    setReplicas(api, 6);
    await expect.poll(() => replicasTold(api)).toBe(6);
  });

  it('goes on from the last bookmark, however much else the cluster has changed', async () => {
    await following();
    for (let count = 0; count < 5; count += 1) {
      control().seed([{ kind: 'ConfigMap', metadata: { name: `c${count}`, namespace: 'shop' } }]);
    }
    const version = String(control().version);
    control().sendBookmarks();
    control().compact();
    // What it has heard is known when it follows a change that comes after it.
    setReplicas(api, 4);
    await expect.poll(() => replicasTold(api)).toBe(4);
    control().closeWatches('cut');
    const query = await askedAgain();
    expect(Number(query.get('resourceVersion'))).toBeGreaterThan(Number(version));
    setReplicas(api, 5);
    await expect.poll(() => replicasTold(api)).toBe(5);
    expect(deploymentsAsked().filter(isList)).toEqual([]);
  });

  it('needs no change for that: a bookmark alone is where it goes on', async () => {
    await following();
    control().seed([{ kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' } }]);
    const version = String(control().version);
    control().sendBookmarks();
    control().compact();
    control().closeWatches('end');
    expect((await askedAgain()).get('resourceVersion')).toBe(version);
    await expect.poll(() => control().openWatches).toBe(2);
    expect(deploymentsAsked().filter(isList)).toEqual([]);
  });

  it('waits as long as the server asks for, and is read meanwhile', async () => {
    fail({ status: 429, headers: { 'retry-after': '1' }, times: 2 });
    expect(await replicasTold(api)).toBe(3);
    await expect.poll(() => control().openWatches, { timeout: 5_000 }).toBe(2);
    const times = followed
      .asked()
      .filter(({ path, query }) => path.endsWith('v1/deployments') && query.includes('watch'))
      .map(({ at, status }) => ({ status, atMs: Date.parse(at) }));
    const [refused, next] = times;
    expect(times.map(({ status }) => status)).toEqual([429, 200]);
    expect((next?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('is asked for ever less often while the server fails', async () => {
    clusters = await followed.open({ backoffMs: 40, backoffMaxMs: 200 });
    fail({ status: 500 });
    expect(await replicasTold(api)).toBe(3);
    await expect.poll(() => deploymentsAsked().length, { timeout: 5_000 }).toBeGreaterThan(5);
    control().clearFaults();
    await expect.poll(() => control().openWatches).toBe(2);
    const atMs = followed
      .asked()
      .filter(({ path }) => path === '/apis/apps/v1/deployments')
      .map(({ at }) => Date.parse(at));
    // Half of the largest wait is the least that chance can make of it; clocks of a busy machine may lose one.
    expect((atMs[5] ?? 0) - (atMs[4] ?? 0)).toBeGreaterThanOrEqual(95);
  });

  it('that is never answered is not waited for, and is tried again', async () => {
    clusters = await followed.open({ openMs: 50, deadlineMs: 200 });
    fail({ hang: true });
    expect(await replicasTold(api)).toBe(3);
    await expect.poll(() => deploymentsAsked().length).toBeGreaterThan(1);
    control().clearFaults();
    await expect.poll(() => control().openWatches).toBe(2);
    control().requests.clear();
    expect(await replicasTold(api)).toBe(3);
    expect(deploymentsAsked()).toEqual([]);
  });

  it.each([{ drop: true }, { status: 200, body: 'Welcome! Please log in.' }])(
    'that begins with %j is tried again, and what it should tell is read',
    async (fault) => {
      fail({ ...fault, times: 4 });
      expect(await replicasTold(api)).toBe(3);
      await expect.poll(() => control().openWatches).toBe(2);
      setReplicas(api, 6);
      await expect.poll(() => replicasTold(api)).toBe(6);
    },
  );

  it('that goes silent without an end is noticed, and goes on where it was', async () => {
    clusters = await followed.open({ silenceMs: 300 });
    await following();
    followed.lane.freezeWatches();
    setReplicas(api, 6);
    const query = await askedAgain();
    expect(isList(query)).toBe(false);
    await expect.poll(() => replicasTold(api)).toBe(6);
  });

  it('that was silent for too long is not believed', async () => {
    clusters = await followed.open({ silenceMs: 300 });
    await following();
    fail({ hang: true });
    followed.lane.freezeWatches();
    setReplicas(api, 6);
    await expect.poll(() => replicasTold(api)).toBe(6);
  });

  it('begins anew when twice nothing came from a version: it may never have been', async () => {
    clusters = await followed.open({ silenceMs: 150 });
    await following();
    // Nothing happens and no bookmark comes.
    await expect.poll(() => deploymentsAsked().some(isList)).toBe(true);
    const [first] = deploymentsAsked();
    expect(first !== undefined && isList(first)).toBe(false);
  });
});

describe('a server whose lists do not stream', () => {
  const noStreams = () =>
    control().injectFault({
      match: { path: 'sendInitialEvents' },
      status: 422,
      body: { kind: 'Status', message: 'sendInitialEvents: Forbidden', code: 422 },
    });

  it('is asked for pages, then watched from their version', async () => {
    control().seed(Array.from({ length: 600 }, (_, index) => workloadOf(refOf(`w${index}`), 0)));
    noStreams();
    await expect.poll(() => replicasTold(api)).toBe(3);
    await expect.poll(() => control().openWatches).toBe(2);
    const pages = deploymentsAsked().filter((query) => query.has('limit'));
    expect(pages).toHaveLength(2);
    expect(pages[1]?.has('continue')).toBe(true);
    control().requests.clear();
    setReplicas(api, 6);
    await expect.poll(() => replicasTold(api)).toBe(6);
    expect(deploymentsAsked()).toEqual([]);
  });

  it('that asks for patience in the middle of a list gets it', async () => {
    noStreams();
    const match = { path: 'limit=500' };
    control().injectFault({ match, status: 429, headers: { 'retry-after': '1' }, times: 2 });
    expect(await replicasTold(api)).toBe(3);
    await expect.poll(() => control().openWatches, { timeout: 5_000 }).toBe(2);
    expect(deploymentsAsked().filter((query) => query.has('limit'))).toHaveLength(2);
  });
});

it('a cluster that cannot be reached is trouble for whoever follows it, as for whoever looks', async () => {
  clusters = await followed.open({ graceMs: 100 });
  await following();
  control().injectFault({ drop: true });
  control().closeWatches('cut');
  await expect
    .poll(() =>
      clusters.follow(api).then(
        () => undefined,
        (error: unknown) => error instanceof OperationError && error.retryable,
      ),
    )
    .toBe(true);
});
