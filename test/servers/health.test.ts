// How a real PostgreSQL says it fares: what Headroom reads of it is what is there, also for a role with no rights of its own.

import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { realClock } from '../../src/adapters/clock.ts';
import { sqlFacts } from '../../src/database/fact-reads.ts';
import {
  connectionsNow,
  countersNow,
  type HealthRead,
  invalidIndexes,
  oldestTransactions,
  serverNow,
  settingsPending,
  standbysNow,
  transactionsPerSecond,
} from '../../src/database/health.ts';
import { poolsNow } from '../../src/database/pools-now.ts';
import { sizesNow } from '../../src/database/sizes.ts';
import type { Look } from '../../src/plan/step.ts';
import type { Clusters } from '../../src/ports.ts';
import { connectionChecks } from '../../src/workflow/check-connections.ts';
import { lookAtHealth } from '../../src/workflow/look-at-health.ts';
import { measureFact } from '../../src/workflow/measure-fact.ts';
import {
  makeClusterState,
  makeScaleChange,
  makeWorkload,
  makeWorkloadState,
  now,
} from '../make.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget({ settings: { max_connections: '40' } });
});
afterAll(() => target.close());

async function read<T>(health: HealthRead<T>): Promise<T> {
  const [rows = []] = await target.databases.read(target.ref, [health.query]);
  return health.read(rows);
}

function measure(name: NonNullable<Look['fact']>['name']) {
  const { system, name: called } = target.ref;
  return measureFact(
    { name, cluster: 'production', database: { system, name: called }, atLeast: 0 },
    {
      databases: target.databases,
      clock: { now: () => now, sleep: async () => undefined },
      clusters: undefined as never,
      lookForRoom: undefined as never,
    },
  );
}

async function connected(application: string, work: (client: Client) => Promise<void>) {
  const client = new Client({
    connectionString: target.server.url('shop'),
    application_name: application,
  });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

it('says who is connected, how long their transactions are open, and how many may be', async () => {
  const before = await read(connectionsNow);
  await connected('till', async (client) => {
    await client.query('begin');
    const during = await read(connectionsNow);
    expect(during.used).toBe(before.used + 1);
    expect(during.byApplication).toContainEqual({ name: 'till', count: 1 });
    expect(during.byState).toContainEqual({ name: 'idle in transaction', count: 1 });
    expect(await read(oldestTransactions)).toMatchObject([
      { application: 'till', state: 'idle in transaction' },
    ]);
    const share = await measure('connections-used-percent');
    expect(share).toEqual({ kind: 'value', value: (100 * during.used) / 40 });
  });
  expect(await read(serverNow)).toMatchObject({
    database: 'shop',
    isStandby: false,
    maxConnections: 40,
    reserved: 3,
  });
});

it('counts the connections of others for a role that may not look into them', async () => {
  await target.admin.query('create role watcher login');
  await connected('till', async () => {
    const all = await read(connectionsNow);
    await target.admin.query('set session authorization watcher');
    try {
      const { rows } = await target.admin.query(connectionsNow.query.text);
      const seen = connectionsNow.read(rows);
      // The one that asks is not counted, and here it is the administrator's.
      expect(seen.used).toBe(all.used - 1);
      expect(seen.byState).toEqual([{ name: 'in a state that is not shown', count: seen.used }]);
    } finally {
      await target.admin.query('reset session authorization');
    }
  });
});

it('counts transactions, reads from memory, and the space of tables with their indexes', async () => {
  const earlier = await read(countersNow);
  await target.admin.query(
    'create table public.sale as select n as id, repeat(md5(n::text), 8) as note from generate_series(1, 5000) as n',
  );
  await target.admin.query('create index sale_note on public.sale (note)');
  await target.admin.query('analyze public.sale');
  const { rows } = await target.admin.query<{ bytes: string }>(
    `select (pg_relation_size('public.sale') + pg_relation_size('public.sale_note')) as bytes`,
  );
  const sizes = await read(sizesNow);
  expect(sizes.largest).toEqual([{ name: 'public.sale', bytes: Number(rows[0]?.bytes) }]);
  expect(sizes.bytes).toBeGreaterThan(Number(rows[0]?.bytes));
  // The server writes its counters down within a second.
  await expect
    .poll(async () => transactionsPerSecond(earlier, await read(countersNow)), { timeout: 10_000 })
    .toBeGreaterThan(0);
  expect(await measure('cache-hit-percent')).toMatchObject({ kind: 'value' });
});

it('names indexes that a build left invalid, and settings that wait for a restart', async () => {
  expect([await read(invalidIndexes), await read(settingsPending)]).toEqual([[], []]);
  await target.admin.query(
    'create table public.twice as select 1 as id from generate_series(1, 2)',
  );
  await expect(
    target.admin.query('create unique index concurrently twice_id on public.twice (id)'),
  ).rejects.toThrow('could not create unique index');
  expect(await read(invalidIndexes)).toEqual(['public.twice_id']);
  expect(await measure('invalid-indexes')).toEqual({ kind: 'value', value: 1 });
  await target.admin.query('alter system set max_worker_processes = 12');
  await target.admin.query('select pg_reload_conf()');
  await expect
    .poll(() => read(settingsPending), { timeout: 10_000 })
    .toEqual(['max_worker_processes']);
  expect(await measure('settings-pending-restart')).toEqual({ kind: 'value', value: 1 });
  expect(await measure('index-builds')).toEqual({ kind: 'value', value: 0 });
  expect(await measure('max-connections')).toEqual({ kind: 'value', value: 40 });
});

it('is a primary without standbys, whose lag is then not known in place of none', async () => {
  expect(await read(standbysNow)).toEqual([]);
  expect(await measure('database-is-primary')).toEqual({ kind: 'value', value: 1 });
  expect(await measure('streaming-replicas')).toEqual({ kind: 'value', value: 0 });
  expect(await measure('replication-lag-seconds')).toEqual({
    kind: 'missing',
    because: 'no standby receives anything from this server',
  });
});

it('answers every fact on this version', async () => {
  for (const fact of sqlFacts) {
    expect((await measure(fact)).kind, fact).toBe(
      fact === 'replication-lag-seconds' ? 'missing' : 'value',
    );
  }
});

it('tells people all of it at once', async () => {
  const looked = await lookAtHealth(target.system, {
    databases: target.databases,
    clusters: undefined as never,
    clock: realClock,
  });
  expect(looked).toMatchObject([
    {
      kind: 'seen',
      name: 'main',
      health: {
        server: { maxConnections: 40 },
        transactionsPerSecond: { kind: 'value' },
        invalidIndexes: ['public.twice_id'],
        settingsPending: ['max_worker_processes'],
      },
    },
  ]);
});

it('counts a pool for each user of each database, and none for who watches', async () => {
  expect(await read(poolsNow)).toEqual({ users: 0, databases: 0, pairs: 0 });
  await target.admin.query(
    `create role till login password 'known'; create role onlooker login password 'known' in role pg_monitor`,
  );
  const roles = ['till', 'till', 'onlooker'];
  const clients = roles.map((role) => new Client(target.urlAs(role, 'known')));
  await Promise.all(clients.map((client) => client.connect()));
  try {
    expect(await read(poolsNow)).toEqual({ users: 1, databases: 1, pairs: 1 });
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
});

it('counts a pool for a superuser that is an application, by its several sessions', async () => {
  await target.admin.query(`create role landlord superuser login password 'known'`);
  const url = target.urlAs('landlord', 'known');
  const [one, other] = [new Client(url), new Client(url)];
  await one.connect();
  try {
    expect(await read(poolsNow)).toEqual({ users: 0, databases: 0, pairs: 0 });
    await other.connect();
    expect(await read(poolsNow)).toEqual({ users: 1, databases: 1, pairs: 1 });
  } finally {
    await Promise.all([one.end(), other.end()]);
  }
});

it('refuses pods whose pools the server has no room for, by what is in use on it', async () => {
  const workload = makeWorkload({ name: 'steam-trap-inspector' });
  const change = makeScaleChange({ workload, before: { replicas: 4 }, after: { replicas: 5 } });
  const state = makeClusterState({ workload: makeWorkloadState({ replicas: 4 }) });
  const [found] = await connectionChecks(target.system, [{ workload, changes: [change], state }], {
    databases: target.databases,
    clusters: { read: async () => undefined } as Partial<Clusters> as Clusters,
  });
  expect(found).toMatchObject({
    kind: 'connections',
    result: 'refused',
    text: expect.stringMatching(/main: \d+ in use \+ .* × 25 = \d+, and 37 may be used/),
  });
});
