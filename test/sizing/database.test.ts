// Plans the database of a small shop: its stage, its shards, its storage, and what is not known about it.
import { describe, expect, it } from 'vitest';
import { databaseOf, stageWords } from '../../src/sizing/database.ts';
import { ask } from '../profile/ask-profile.ts';
import { shop } from './shop.ts';

const stages = `
database:
  source: Stages
  stages:
    - { when: visits <= 100, title: single, replicas: 0 }
    - { when: visits <= 1000, title: primary + replicas, replicas: visits / 400 }
    - { title: primary + 2 replicas + pooler, replicas: 2, pooler: true }
`;
const pooler = `
  pooler: { replicas: 2, maxClients: 1000, serverConnections: 45.5, source: Pools }
`;
const storage = `
  storage:
    gib: { raw: visits * 2, index: raw * 0.25, provisioned: (raw + index) * 2 }
    growthGiBPerDay: visits / 50
    source: Storage
`;
const shards = `
  split:
    into: shards
    count: "visits > 500 ? visits / 400 : 1"
    share: { visits: ceil(visits / shards) }
    source: Shards
`;

const at = (visits: number, more: string, sized: Readonly<Record<string, number>> = {}) =>
  databaseOf(shop(more), { visits }, { visits, shards: 1, ...sized });

describe('the stage of a database', () => {
  // biome-ignore format: a table
  it.each([
    // visits, stage, read replicas, rounded up
    [100,  'single',                        0],
    [101,  'primary + replicas',            1],
    [401,  'primary + replicas',            2],
    [1000, 'primary + replicas',            3],
    [1001, 'primary + 2 replicas + pooler', 2],
  ])('for %i visits is %s', (visits, stage, replicas) => {
    expect(at(visits, stages)).toMatchObject({ stage, replicas, shards: 1, unknown: [] });
  });

  it('is none without a database, and none where no stage holds', () => {
    expect(at(100, '')).toBeUndefined();
    const small = `
database: { source: Stages, stages: [{ when: visits <= 100, title: single, replicas: 0 }] }
`;
    expect(at(101, small)).toBeUndefined();
    const plan = ask(shop(small), { visits: 101 });
    expect(plan.database).toBeUndefined();
    expect(plan.recommended?.feasible).toBe(true);
    expect(plan.warnings).toEqual(['Its database is not planned: no stage of "Stages" holds here']);
    expect(ask(shop(small), { visits: 100 }).warnings).toEqual([]);
  });

  it('has no less than no replicas, and says so', () => {
    const less = 'database: { source: Stages, stages: [{ title: single, replicas: 0 - visits }] }';
    expect(at(100, less)).toMatchObject({
      replicas: 0,
      unknown: ['read replicas: -100 is less than nothing'],
    });
  });

  it('does not hold where its condition has no value', () => {
    const inputs = `
inputs:
  visits: { type: integer, required: true }
  staff: { type: integer }
`;
    const profile = shop(
      `
database:
  source: Stages
  stages:
    - { when: staff > 5, title: with an administrator, replicas: 2 }
    - { title: single, replicas: 0 }
`,
      { inputs },
    );
    expect(databaseOf(profile, { visits: 1 }, { visits: 1 })?.stage).toBe('single');
    const staffed = { visits: 1, staff: 6 };
    expect(databaseOf(profile, staffed, staffed)?.stage).toBe('with an administrator');
  });

  it('has a pooler only where it says so, in whole connections', () => {
    expect(at(1000, stages + pooler)).not.toHaveProperty('pooler');
    expect(at(1001, stages + pooler)?.pooler).toEqual({
      replicas: 2,
      maxClients: 1000,
      serverConnections: 46,
    });
  });
});

describe('the connections of a database', () => {
  it('keep three in reserve where nobody says how many', () => {
    const max = '  connections: { max: 100 + visits / 3, source: Pools }';
    expect(at(100, stages + max)?.connections).toEqual({ max: 134, reserve: 3 });
    const both = '  connections: { max: 100, reserve: 10, source: Pools }';
    expect(at(100, stages + both)?.connections).toEqual({ max: 100, reserve: 10 });
  });

  it('are not known where their formula has no value, and that is said in the plan', () => {
    const table = '  connections: { max: "step(visits, {100: 50})", source: Pools }';
    const because = 'max_connections: 101 is beyond the last row of its table, 100';
    expect(at(101, stages + table)?.connectionsUnknown).toEqual([because]);
    // Not known is not enough: a plan for it would be a guess.
    const [sized] = ask(shop(stages + table), { visits: 101 }).sizings;
    expect(sized).toMatchObject({ feasible: false, reasons: [because] });
  });
});

describe('the storage of a database', () => {
  it('has figures that build on those before them', () => {
    expect(at(100, stages + storage)).toMatchObject({
      storageGib: { raw: 200, index: 50, provisioned: 500 },
      growthGibPerDay: 2,
    });
  });

  it('has no figure with the name of an input, which those after it would mean', () => {
    const twice = '  storage: { gib: { visits: 5, provisioned: visits }, source: Storage }';
    expect(() => shop(stages + twice)).toThrow('"visits" is an input or a value already');
  });

  it('leaves out what is less than nothing, and says so', () => {
    const less = `
  storage: { gib: { provisioned: 50 - visits }, source: Storage }
`;
    expect(at(100, stages + less)).toMatchObject({
      storageGib: {},
      unknown: ['provisioned storage: -50 is less than nothing'],
    });
  });

  it('leaves out what has no value, and says so', () => {
    const table = `
  storage:
    gib: { raw: "step(visits, {100: 5})", provisioned: raw * 2, backups: visits }
    growthGiBPerDay: "step(visits, {100: 5})"
    source: Storage
`;
    const sized = at(101, stages + table);
    expect(sized?.storageGib).toEqual({ backups: 101 });
    expect(sized).not.toHaveProperty('growthGibPerDay');
    expect(sized?.unknown).toEqual([
      'raw storage: 101 is beyond the last row of its table, 100',
      'provisioned storage: raw is not known',
    ]);
  });
});

describe('the words for a stage', () => {
  it('say how many of which parts have it', () => {
    const said = (more: string, visits: number) => {
      const database = at(visits, more);
      return database && stageWords(database);
    };
    expect(said(stages + shards, 500)).toBe('primary + replicas');
    expect(said(stages + shards, 1601)).toBe('5 shards, each primary + replicas');
    const regions = shards.replace('into: shards', 'into: regions');
    expect(said(stages + regions, 1601)).toBe('5 regions, each primary + replicas');
  });
});

describe('a database in shards', () => {
  it('has the stage of one shard and the storage of all', () => {
    const database = at(1601, stages + storage + shards);
    // ⌈1601 ÷ 400⌉ are 5 shards of 321 visits; 321 ÷ 400 is one read replica.
    expect(database).toMatchObject({
      shards: 5,
      stage: 'primary + replicas',
      replicas: 1,
      storageGib: { raw: 3202, provisioned: 8005 },
      growthGibPerDay: 32.02,
    });
    expect(at(500, stages + storage + shards)?.shards).toBe(1);
  });

  it('is none where their number has no value', () => {
    const beyond = shards.replace('visits > 500 ? visits / 400 : 1', 'step(visits, {100: 1})');
    expect(at(101, stages + beyond)).toBeUndefined();
  });
});

describe('a database that regions share', () => {
  const sizings = `
sizings:
  - id: regions
    source: Regions
    component: web
    split:
      into: regions
      count: visits / 500
      share: { visits: ceil(visits / shards) }
      source: Regions
    replicas: ceil(visits / 100)
`;
  const profile = shop(`${stages}  connections: { max: 200, source: Pools }\n${storage}`, {
    sizings,
  });

  it('has the stage and the storage of the whole, not of one region', () => {
    const { recommended } = ask(profile, { visits: 1000 });
    expect(recommended).toMatchObject({
      parts: 2,
      values: { visits: 500 },
      components: [{ replicas: 5 }],
      database: { shards: 1, stage: 'primary + replicas', replicas: 3, storageGib: { raw: 2000 } },
    });
  });

  it('must take the connections of all of them', () => {
    // (5 + 2) × 10 for web and (3 + 1) × 5 for workers are 90 a region.
    expect(ask(profile, { visits: 1000 }).recommended?.values['connections']).toBe(90);
    expect(ask(profile, { visits: 1500 }).sizings[0]?.reasons).toEqual([
      'pods may open 270 database connections, 197 are free (max_connections 200 less 3 in reserve)',
    ]);
  });
});
