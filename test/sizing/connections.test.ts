// Adds up the connections that pods may open, and checks when a database, its poolers or neither has room for them.
import { describe, expect, it } from 'vitest';
import { connectionsOf, connectionsProblem } from '../../src/sizing/connections.ts';
import type { SizedDatabase } from '../../src/sizing/database.ts';
import type { SizedComponent } from '../../src/sizing/sized.ts';
import { ask } from '../profile/ask-profile.ts';
import { shop } from './shop.ts';

const web = (replicas: number): SizedComponent => ({
  id: 'web',
  replicas,
  pod: { cpuMillicores: 500, memoryMi: 1024 },
  podStated: false,
});

const databaseWith = (connections: string) => `
database:
  source: Stages
  stages: [{ title: single, replicas: 0 }]
  connections: ${connections}
`;

describe('the connections that pods may open', () => {
  // biome-ignore format: a table
  it.each([
    // surge in percent, pods of web; workers are 3 and open 5 each
    [25,  4, 70,  'web (4 + 1 during a rollout) × 10 + worker (3 + 1 during a rollout) × 5'],
    [25,  5, 90,  'web (5 + 2 during a rollout) × 10 + worker (3 + 1 during a rollout) × 5'],
    [0,   5, 65,  'web (5 + 0 during a rollout) × 10 + worker (3 + 0 during a rollout) × 5'],
    [100, 5, 130, 'web (5 + 5 during a rollout) × 10 + worker (3 + 3 during a rollout) × 5'],
  ])('with %i %% more pods during a rollout and %i pods: %i', (surge, pods, count, sum) => {
    const profile = shop(databaseWith(`{ max: 100, surgePercent: ${surge}, source: Pools }`));
    expect(connectionsOf(profile, [web(pods)], {})).toEqual({ ok: true, count, sum });
  });

  it('count a quarter more where no database says otherwise, as Kubernetes does', () => {
    expect(connectionsOf(shop(), [web(8)], {})).toMatchObject({ count: (8 + 2) * 10 + 4 * 5 });
  });

  it('count the baseline of a component that the sizing does not size', () => {
    expect(connectionsOf(shop(), [], {})).toMatchObject({ count: (2 + 1) * 10 + 4 * 5 });
  });

  it('round a pool up, and do not count what opens none', () => {
    const components = `
components:
  web:
    workload: { kind: Deployment, namespace: shop, name: web, container: web }
    replicas: { min: 1, max: 20, baseline: 2, source: Sizes }
    pod: { cpu: 500m, memory: 1Gi, source: Pods }
    connections: { perPod: visits / 40, source: Pools }
  cache:
    workload: { kind: StatefulSet, namespace: shop, name: cache, container: cache }
    replicas: { min: 1, max: 3, baseline: 3, source: Sizes }
    pod: { cpu: 500m, memory: 1Gi, source: Pods }
`;
    const profile = shop('', { components });
    expect(connectionsOf(profile, [web(4)], { visits: 100 })).toEqual({
      ok: true,
      count: 15,
      sum: 'web (4 + 1 during a rollout) × 3',
    });
    expect(connectionsOf(profile, [web(4)], {})).toEqual({
      ok: false,
      because: 'connections of web: visits is not known',
    });
    expect(connectionsOf(profile, [web(4)], { visits: -40 })).toEqual({
      ok: false,
      because: 'connections of web: -1 a pod is less than nothing',
    });
  });
});

const database = (over: Partial<SizedDatabase> = {}): SizedDatabase => ({
  source: 'Stages',
  stage: 'single',
  replicas: 0,
  shards: 1,
  storageGib: {},
  connections: { max: 100, reserve: 3 },
  settings: {},
  unknown: [],
  connectionsUnknown: [],
  ...over,
});

const pooler = (replicas: number, serverConnections: number) => ({
  replicas,
  serverConnections,
  maxClients: 100,
});

const free = '97 are free (max_connections 100 less 3 in reserve)';

describe('room for connections', () => {
  const problems = (connections: number | undefined, over: Partial<SizedDatabase>, parts = 1) =>
    connectionsProblem(
      shop(),
      database(over),
      connections === undefined ? {} : { connections },
      parts,
    );

  // biome-ignore format: a table
  it.each([
    // what the pods of one part open, parts, shards of the database
    [97,  1, 1, []],
    [98,  1, 1, [`pods may open 98 database connections, ${free}`]],
    [48,  2, 1, []],
    [49,  2, 1, [`pods may open 98 database connections, ${free}`]],
    [97,  4, 4, []],
    [97,  1, 2, []],
    [48,  3, 2, []],
    [49,  3, 2, [`pods may open 98 database connections, ${free}`]],
    [0,   9, 1, []],
    [undefined, 9, 1, []],
  ])('for %j connections of each of %i parts in %i databases', (count, parts, shards, expected) => {
    expect(problems(count, { shards }, parts)).toEqual(expected);
  });

  // biome-ignore format: a table
  it.each([
    [200, pooler(2, 48), []],
    [201, pooler(2, 48), ['pods may open 201 connections to the poolers, which take 200']],
    [200, pooler(2, 49), [`2 poolers may open 98 database connections, ${free}`]],
    [301, pooler(3, 33), [
      `3 poolers may open 99 database connections, ${free}`,
      'pods may open 301 connections to the poolers, which take 300',
    ]],
  ])('for %i connections through %j', (count, through, expected) => {
    expect(problems(count, { pooler: through })).toEqual(expected);
  });

  it('is not judged where nobody states how much there is', () => {
    const { connections: _, ...unstated } = database();
    expect(connectionsProblem(shop(), unstated, { connections: 9_000 }, 1)).toEqual([]);
  });

  it('makes a sizing feasible no longer, and says that a pooler would help where the guide has one', () => {
    const { sizings, recommended } = ask(
      shop(`
database:
  source: Stages
  stages:
    - { when: visits <= 1000, title: single, replicas: 0 }
    - { title: single + pooler, replicas: 0, pooler: true }
  connections: { max: 100, source: Pools }
  pooler: { replicas: 1, maxClients: 500, serverConnections: 50, source: Pools }
`),
      { visits: 700 },
    );
    expect(recommended).toBeUndefined();
    // (7 + 2) × 10 for web and (3 + 1) × 5 for workers.
    expect(sizings[0]?.reasons).toEqual([
      `pods may open 110 database connections, ${free} and no pooler stands between`,
    ]);
  });

  it('is found by the stage with a pooler', () => {
    const profile = shop(`
database:
  source: Stages
  stages:
    - { when: connections <= 97, title: single, replicas: 0 }
    - { title: single + pooler, replicas: 0, pooler: true }
  connections: { max: 100, source: Pools }
  pooler: { replicas: 1, maxClients: 500, serverConnections: 50, source: Pools }
`);
    expect(ask(profile, { visits: 500 }).recommended?.database?.stage).toBe('single');
    expect(ask(profile, { visits: 700 }).recommended).toMatchObject({
      feasible: true,
      values: { connections: 110 },
      database: { stage: 'single + pooler' },
    });
  });
});
