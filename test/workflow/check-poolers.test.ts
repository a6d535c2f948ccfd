// Whether larger pools, and poolers that a plan makes or changes, leave a database or a pooler's clients short of connections.

import { describe, expect, it } from 'vitest';
import type {
  Change,
  CreateChange,
  FieldValue,
  PatchChange,
  SqlChange,
} from '../../src/change/change.ts';
import type { SeenObject } from '../../src/change/compare.ts';
import type { ObjectKind } from '../../src/change/kinds.ts';
import { connectionsNow, serverNow } from '../../src/database/health.ts';
import { byWorkload } from '../../src/plan/plan-pods.ts';
import { poolerObjects } from '../../src/plan/pooler-objects.ts';
import type { DatabasePlace } from '../../src/plan/system.ts';
import type { Clusters } from '../../src/ports.ts';
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
import { shop } from '../sizing/shop.ts';

const place = { cluster: 'production', namespace: 'shop' };
const web = makeWorkload({ ...place, name: 'web' });
const worker = makeWorkload({ ...place, name: 'worker' });
const pooler = makeWorkload({ ...place, name: 'pgbouncer' });

const profile = shop('', {
  components: `
components:
  web:
    workload: { kind: Deployment, namespace: shop, name: web, container: web }
    replicas: { min: 2, max: 20, baseline: 4, source: Sizes }
    pod: { cpu: 500m, memory: 1Gi, source: Pods }
    connections: { perPod: 10, settings: [POOL_SIZE, POOL_OVERFLOW], source: Pools }
  worker:
    workload: { kind: Deployment, namespace: shop, name: worker, container: worker }
    replicas: { min: 1, max: 9, baseline: 2, source: Sizes }
    pod: { cpu: 250m, memory: 512Mi, source: Pods }
    connections: { perPod: 5, source: Pools }
`,
});

const object = (kind: string, name: string, value: object): SeenObject => ({
  kind,
  name,
  resourceVersion: '1',
  value,
  writers: [],
});

function deployment(env: Readonly<Record<string, string>>): SeenObject {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const containers = [{ name: 'web', env: variables }];
  return object('Deployment', 'web', { spec: { replicas: 4, template: { spec: { containers } } } });
}

interface World {
  readonly used?: number;
  readonly pairs?: number;
  /** What is there; the pods of web are four, those of worker two. */
  readonly objects?: readonly SeenObject[];
  readonly database?: Partial<DatabasePlace>;
}

/** A server with 100 connections. */
async function checks(
  changes: readonly Change[],
  { used = 40, pairs = 1, objects = [], database = {} }: World = {},
) {
  const replicas = (name: string) => (name === 'web' ? 4 : 2);
  const stateOf = (name: string) =>
    makeClusterState({ workload: makeWorkloadState({ replicas: replicas(name) }), objects });
  const clusters: Partial<Clusters> = {
    observe: async ({ name }) => stateOf(name),
    read: async ({ kind, name }) =>
      objects.find((each) => each.kind === kind && each.name === name),
  };
  const own = makeDatabasePlace({ connection: { env: 'SHOP_URL' }, ...database });
  const withContainer = (workload: typeof web) => ({ ...workload, container: 'web' });
  const system = makeSystem({
    profile,
    cluster: place.cluster,
    workloads: new Map([
      ['web', withContainer(web)],
      ['worker', withContainer(worker)],
    ]),
    databases: new Map([['main', own]]),
  });
  const states = changes.map((change) =>
    change.kind === 'scale' || (change.kind === 'patch' && change.rollout)
      ? stateOf(change.workload.name)
      : { workload: undefined, autoscaler: undefined, objects },
  );
  const found = await connectionChecks(system, byWorkload(changes, states), {
    databases: {
      ...noDatabases,
      read: async (_, queries) =>
        queries.map(({ text }) => {
          if (text === serverNow.query.text) {
            return [{ version: '18.0', database: 'shop', standby: false, max: 100, reserved: 3 }];
          }
          return text === connectionsNow.query.text
            ? [{ state: 'idle', application: 'web', count: used }]
            : [{ users: 1, databases: 1, pairs }];
        }),
    },
    clusters: clusters as Clusters,
  });
  return found.map(({ result, text }) => `${result}: ${text}`);
}

const scaled = (workload: typeof web, before: number, after: number) =>
  makeScaleChange({
    workload,
    before: { replicas: before },
    after: { replicas: after },
    floor: after > before,
  });

function patch(
  kind: ObjectKind,
  name: string,
  fields: Readonly<Record<string, readonly [FieldValue, FieldValue]>>,
  workload = web,
): PatchChange {
  return {
    kind: 'patch',
    workload,
    object: { ...place, kind, name },
    fields: Object.entries(fields).map(([pointer, [before, after]]) => ({
      pointer,
      what: pointer,
      before,
      after,
    })),
    guards: [],
    rollout: kind === 'Deployment',
    decrease: false,
    floor: false,
    undo: 'exact',
  };
}

/** What a plan makes of a pooler that is not there. */
function poolerMade(
  replicas: number,
  settings: Readonly<Record<string, string>>,
  operated?: string,
): readonly CreateChange[] {
  const of = { host: 'db', port: 5432, image: 'pgbouncer:1.24.1', userlist: 'users' };
  const made = poolerObjects(
    { replicas, settings },
    operated === undefined ? { pooler: of } : { operated },
  );
  if ('because' in made) throw new Error(made.because);
  return made.map(({ kind, name, fields }) => ({
    kind: 'create',
    workload: operated === undefined ? pooler : web,
    object: { ...place, kind, name },
    fields: fields as CreateChange['fields'],
    rollout: kind === 'Deployment',
    floor: false,
    undo: 'exact',
  }));
}

/** The same once it is there. */
const poolerThere = (...made: Parameters<typeof poolerMade>): readonly SeenObject[] =>
  poolerMade(...made).map((change) =>
    object(change.object.kind, change.object.name, change.fields),
  );

const room = '97 may be used (max_connections 100 less 3 in reserve)';
const poolSize = '/spec/template/spec/containers/0/env/0/value';

describe('a pool that a plan makes larger', () => {
  it('is refused by its ConfigMap key, with the pods that run and the overflow beside it', async () => {
    const config = object('ConfigMap', 'web', { data: { POOL_SIZE: '10', POOL_OVERFLOW: '2' } });
    const larger = patch('ConfigMap', 'web', { '/data/POOL_SIZE': ['10', '20'] });
    expect(await checks([larger], { objects: [config] })).toEqual([
      `refused: too few connections of database main: 40 in use + web (4 + 1 during a rollout) × 22 − 4 now × 12 = 102, and ${room}; raise max_connections first, put a pooler between, or state in the profile what a pod really opens`,
    ]);
    const smaller = patch('ConfigMap', 'web', { '/data/POOL_SIZE': ['10', '5'] });
    expect(await checks([smaller], { objects: [config] })).toEqual([]);
  });

  it('is counted by its variable, which wins over what the profile takes it for', async () => {
    const objects = [deployment({ POOL_SIZE: '4' })];
    const larger = patch('Deployment', 'web', { [poolSize]: ['4', '6'] });
    expect(await checks([larger], { objects })).toEqual([
      `ok: connections of database main: 40 in use + web (4 + 1 during a rollout) × 6 − 4 now × 4 = 54, and ${room}`,
    ]);
    expect(await checks([scaled(web, 4, 8), larger], { objects })).toEqual([
      `ok: connections of database main: 40 in use + web (8 + 2 during a rollout) × 6 − 4 now × 4 = 84, and ${room}`,
    ]);
  });

  it('is not known where it is no number', async () => {
    const objects = [deployment({ POOL_SIZE: '4' })];
    const auto = patch('Deployment', 'web', { [poolSize]: ['4', 'auto'] });
    expect(await checks([auto], { objects })).toEqual([
      'unknown: connections of database main: what a pod of web opens (POOL_SIZE is "auto")',
    ]);
  });
});

describe('a pooler that a plan makes', () => {
  const settings = { default_pool_size: '20', reserve_pool_size: '5', max_client_conn: '200' };

  it('counts beside what is open until the cut-over, and must take all clients', async () => {
    expect(await checks(poolerMade(2, settings))).toEqual([
      `ok: connections of database main: 40 in use + Deployment pgbouncer (2) × 25 = 90, and ${room}; 25 each: 1 pool × (20 + 5 in reserve), beside what the applications have open until they are cut over`,
      'ok: clients of Deployment pgbouncer: web (4 + 1 during a rollout) × 10 + worker (2 + 1 during a rollout) × 5 = 65, and 2 × 200 = 400 may connect (max_client_conn)',
    ]);
  });

  it('is refused where both together are too many, for each user of each database', async () => {
    const [server] = await checks(poolerMade(2, settings), { pairs: 2 });
    expect(server).toMatch(/^refused: too few .* \(2\) × 50 = 140, and 97 .*fewer of them/);
    const bounded = { ...settings, max_db_connections: '20' };
    const [fits] = await checks(poolerMade(2, bounded), { pairs: 2 });
    expect(fits).toMatch(/^ok: .* \(2\) × 20 = 80, .* max_db_connections 20/);
  });

  it('is refused where it takes fewer clients than there are', async () => {
    const [, clients] = await checks(poolerMade(2, { ...settings, max_client_conn: '30' }));
    expect(clients).toMatch(/^refused: too few clients .* = 65, and 2 × 30 = 60 may connect/);
  });

  it('is the same where CloudNativePG keeps it', async () => {
    const made = poolerMade(3, settings, 'shop-db');
    const [server, clients] = await checks(made, { database: { operated: 'shop-db' } });
    expect(server).toMatch(/^refused: .* Pooler pgbouncer \(3\) × 25 = 115/);
    expect(clients).toMatch(/^ok: clients of Pooler pgbouncer: .* 3 × 200 = 600/);
  });
});

describe('a pooler that is there', () => {
  const objects = poolerThere(2, { default_pool_size: '20', max_client_conn: '40' });

  it('is refused more servers and more of itself than there is room for', async () => {
    const changes = [scaled(pooler, 2, 6)];
    const [server] = await checks(changes, { objects });
    expect(server).toMatch(/^refused: .* \(6 \+ 2 during a rollout − 2 now\) × 20 = 160/);
  });

  it('is not reckoned where single users have limits of their own', async () => {
    const text = '[pgbouncer]\nmax_user_connections = 10\n[users]\nbob = max_user_connections=90';
    const config = object('ConfigMap', 'pgbouncer', { data: { 'pgbouncer.ini': text } });
    const own = objects.map((each) => (each.kind === 'ConfigMap' ? config : each));
    expect(await checks([scaled(pooler, 2, 3)], { objects: own })).toContainEqual(
      expect.stringMatching(/^unknown: .*its configuration is not to be seen/),
    );
  });

  it('is refused fewer clients than there are', async () => {
    const [clients] = await checks([scaled(pooler, 2, 1)], { objects });
    expect(clients).toMatch(/^refused: too few clients .* = 65, and 1 × 40 = 40/);
  });

  it('is not asked for more servers by pods that are seen to go to it, but for clients', async () => {
    const through = deployment({ DATABASE_HOST: 'pgbouncer.shop.svc' });
    const all = { objects: [...objects, through] };
    expect(await checks([scaled(web, 4, 5)], { used: 95, ...all })).toEqual([
      'warning: clients of Deployment pgbouncer: web (5 + 2 during a rollout) × 10 + worker (2 + 1 during a rollout) × 5 = 85, and 2 × 40 = 80 may connect (max_client_conn); that is too few if all of them connect through it',
    ]);
    const [sure] = await checks([scaled(web, 4, 8)], { used: 95, ...all });
    expect(sure).toMatch(/^refused: too few clients .* × 10 \+ .* = 115/);
  });

  it('takes the pods that a plan points to it', async () => {
    const direct = deployment({ DATABASE_HOST: 'db.shop.svc' });
    const cut = patch('Deployment', 'web', { [poolSize]: ['db.shop.svc', 'pgbouncer.shop.svc'] });
    const all = { objects: [...objects, direct] };
    const found = await checks([cut, scaled(web, 4, 8)], { used: 95, ...all });
    expect(found).toEqual([expect.stringMatching(/^refused: too few clients of Deployment/)]);
  });
});

describe('a max_connections that a plan lowers', () => {
  const less = (
    after: string,
    { standby, name = 'max_connections' as const } = {} as {
      readonly standby?: string;
      readonly name?: 'max_connections' | 'work_mem';
    },
  ): SqlChange => ({
    kind: 'sql',
    workload: web,
    database: {
      system: 'steam-traps',
      name: 'main',
      server: '7000000000000000000',
      ...(standby !== undefined && { standby }),
    },
    deed: { deed: 'setting', name, after, running: '100' },
    floor: false,
    undo: 'exact',
  });
  const all = 'web (4 + 1 during a rollout) × 10 + worker (2 + 1 during a rollout) × 5 = 65';

  it('is held against all pools of today, full as they may be, not against what is open now', async () => {
    expect(await checks([less('60')], { used: 5 })).toEqual([
      `refused: too few connections of database main: ${all} once all pools are full, and 57 may be used (max_connections 60 in place of 100, less 3 in reserve); leave more of them, or make the pools smaller first`,
    ]);
    const [enough] = await checks([less('68')], { used: 5 });
    expect(enough).toMatch(/^ok: .* = 65 once all pools are full, and 65 may be used/);
  });

  it('is the same in the Cluster that an operator keeps', async () => {
    const objects = [
      object('Cluster', 'shop-db', {
        spec: { postgresql: { parameters: { max_connections: '100' } } },
      }),
    ];
    const lower = patch('Cluster', 'shop-db', {
      '/spec/postgresql/parameters/max_connections': ['100', '60'],
    });
    const database = { operated: 'shop-db' };
    const [found] = await checks([lower], { objects, database });
    expect(found).toMatch(/^refused: .* = 65 .*57 may be used/);
    expect(await checks([lower], { objects, database: { operated: 'other' } })).toEqual([]);
  });

  it('counts the poolers in place of the pods that are seen to go to them', async () => {
    const set = poolerThere(2, { default_pool_size: '10', max_client_conn: '200' });
    const through = deployment({ DATABASE_HOST: 'pgbouncer.shop.svc' });
    const [fits] = await checks([less('60')], { objects: [...set, through] });
    expect(fits).toMatch(
      /^ok: .*: worker \(2 \+ 1 during a rollout\) × 5 \+ Deployment pgbouncer \(2 \+ 1 during a rollout\) × 10 = 45 once/,
    );
    const [unsure] = await checks([less('60')], { objects: set });
    expect(unsure).toMatch(/^warning: .* = 95 .* unless the pods connect through Deployment/);
  });

  it.each([
    ['another setting', less('64MB', { name: 'work_mem' })],
    ['a standby', less('60', { standby: 'replica' })],
    ['more of them', less('200')],
  ])('is not seen in %s', async (_, change) => {
    expect(await checks([change])).toEqual([]);
  });
});
