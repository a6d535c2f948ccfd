// Whether a plan that adds pods leaves its database short of connections: refused with the sum, or said where it is not known.

import { expect, it } from 'vitest';
import { connectionsNow, serverNow } from '../../src/database/health.ts';
import { poolsNow } from '../../src/database/pools-now.ts';
import { OperationError } from '../../src/errors.ts';
import type { DatabasePlace } from '../../src/plan/system.ts';
import type { Clusters, Databases } from '../../src/ports.ts';
import { connectionChecks } from '../../src/workflow/check-connections.ts';
import {
  makeClusterState,
  makeDatabasePlace,
  makeScaleChange,
  makeSystem,
  makeWorkload,
  makeWorkloadState,
  noDatabases,
} from '../make.ts';

/** A server with 200 connections of which so many are used; the inspector's pods open 25 each. */
function server(used: number, standby = false): Databases['read'] {
  return async (_, queries) =>
    queries.map(({ text }) => {
      if (text === serverNow.query.text) {
        return [{ version: '18.0', database: 'shop', standby, max: 200, reserved: 3 }];
      }
      if (text === poolsNow.query.text) return [{ users: 1, databases: 1, pairs: 1 }];
      expect(text).toBe(connectionsNow.query.text);
      return [{ state: 'idle', application: 'inspector', count: used }];
    });
}

interface Asked {
  readonly read?: Databases['read'];
  readonly place?: Partial<DatabasePlace>;
  readonly name?: string;
  readonly pooler?: boolean;
}

function checks(
  [before, after]: readonly [number, number],
  { read, place, name = 'steam-trap-inspector', pooler = false }: Asked = {},
) {
  const workload = makeWorkload({ name });
  const change = makeScaleChange({
    workload,
    before: { replicas: before },
    after: { replicas: after },
  });
  const own = makeDatabasePlace({ connection: { env: 'SHOP_URL' }, ...place });
  const clusters: Partial<Clusters> = {
    read: async ({ kind }) =>
      pooler
        ? { kind, name: 'pgbouncer', resourceVersion: '1', value: {}, writers: [] }
        : undefined,
  };
  return connectionChecks(
    makeSystem({ databases: new Map([['main', own]]) }),
    [
      {
        workload,
        changes: [change],
        state: makeClusterState({ workload: makeWorkloadState({ replicas: before }) }),
      },
    ],
    { databases: { ...noDatabases, ...(read && { read }) }, clusters: clusters as Clusters },
  );
}

it('shows the sum where there is room', async () => {
  expect(await checks([3, 4], { read: server(50) })).toEqual([
    {
      kind: 'connections',
      result: 'ok',
      text: 'connections of database main: 50 in use + steam-trap-inspector (4 + 1 during a rollout − 3 now) × 25 = 100, and 197 may be used (max_connections 200 less 3 in reserve)',
    },
  ]);
});

it('warns where there is room only as long as the pools of today are not full', async () => {
  expect(await checks([4, 6], { read: server(50) })).toMatchObject([
    {
      result: 'warning',
      text: expect.stringMatching(
        /= 150, and 197 may be used .*; once the pools of today are full as well it is 200, which is too many$/,
      ),
    },
  ]);
});

it('refuses to make a shortage, and says what comes first', async () => {
  const [found] = await checks([4, 6], { read: server(98) });
  expect(found).toMatchObject({
    result: 'refused',
    text: expect.stringContaining('= 198, and 197'),
  });
  expect(found?.text).toContain('raise max_connections first');
});

it('warns in place of it where a pooler may stand between', async () => {
  expect(await checks([4, 6], { read: server(98), pooler: true })).toMatchObject([
    { result: 'warning', text: expect.stringContaining('through Deployment pgbouncer') },
    { result: 'ok', text: expect.stringMatching(/^clients of Deployment pgbouncer: .* 1000 may/) },
  ]);
});

it.each([
  ['fewer pods', [6, 4], {}],
  ['pods that open none', [4, 6], { name: 'worker' }],
  ['pods of another place', [4, 6], { name: 'steam-trap-inspector-us-west-2' }],
] as const)('asks nothing for %s', async (_, counts, over) => {
  expect(await checks(counts, over)).toEqual([]);
});

it('asks nothing where the database is only named', async () => {
  const system = makeSystem({ databases: new Map([['main', makeDatabasePlace()]]) });
  const parts = { databases: noDatabases, clusters: {} as Clusters };
  expect(await connectionChecks(system, [], parts)).toEqual([]);
  expect(await connectionChecks(undefined, [], parts)).toEqual([]);
});

it.each([
  ['a standby answers', server(50, true), 'leads to a standby'],
  [
    'nobody answers',
    async () => {
      const trouble = { code: 'unavailable', retryable: true } as const;
      throw new OperationError('connecting to database main: nobody listens', trouble);
    },
    'nobody listens',
  ],
])('says that it is not known where %s, and refuses nothing', async (_, read, because) => {
  expect(await checks([4, 6], { read })).toMatchObject([
    { kind: 'connections', result: 'unknown', text: expect.stringContaining(because) },
  ]);
});
