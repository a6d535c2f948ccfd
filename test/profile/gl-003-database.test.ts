// Checks what grows beside the pods of the steam system analyzer: database, connections, network, money and the look ahead.
import { describe, expect, it } from 'vitest';
import { forecast } from '../../src/sizing/forecast.ts';
import { planJson } from '../../src/sizing/plan-json.ts';
import type { CapacityPlan } from '../../src/sizing/what-if.ts';
import { ask as askProfile } from './ask-profile.ts';
import { readProfile } from './read-profile.ts';

const profile = readProfile('gl-003');
const ask = (inputs: Readonly<Record<string, number>>) => askProfile(profile, inputs);

const two = (figures: Readonly<Record<string, number>> | undefined, digits: number) =>
  Object.fromEntries(
    Object.entries(figures ?? {}).map(([name, value]) => [name, Number(value.toFixed(digits))]),
  );

function warned(plan: CapacityPlan, words: string): boolean {
  return plan.warnings.some((warning) => warning.includes(words));
}

describe('the database of gl-003', () => {
  it('stores 500 meters at 1 Hz for 90 days as the guide’s code has it, aggregates a tenth of what is compressed', () => {
    const database = ask({ meters: 500 }).database;
    expect(two(database?.storageGib, 1)).toEqual({
      raw: 362.1,
      compressed: 72.4,
      index: 21.7,
      aggregates: 7.2,
      total: 101.4,
      provisioned: 152.1,
    });
    expect(database?.growthGibPerDay?.toFixed(2)).toBe('0.80');
  });

  // The diagram of the guide: the most protective of its four statements.
  // biome-ignore format: a table
  it.each([
    [100,  1, 'single primary',                    0, false],
    [101,  1, 'primary + 1 replica',               1, false],
    [500,  1, 'primary + 1 replica',               1, false],
    [501,  1, 'primary + 2 replicas + PgBouncer',  2, true],
    [2000, 1, 'primary + 2 replicas + PgBouncer',  2, true],
    [2001, 2, 'primary + 2 replicas + PgBouncer',  2, true],
    [3000, 2, 'primary + 2 replicas + PgBouncer',  2, true],
    [3001, 3, 'primary + 2 replicas + PgBouncer',  2, true],
    [5000, 4, 'primary + 2 replicas + PgBouncer',  2, true],
  ])('has for %i meters %i database(s), each %s', (meters, shards, stage, replicas, pooler) => {
    const database = ask({ meters }).database;
    expect(database).toMatchObject({ shards, stage, replicas });
    expect(database?.pooler !== undefined).toBe(pooler);
  });

  it('gives each shard a database of its own and names no access node, which TimescaleDB no longer has', () => {
    const plan = ask({ meters: 5000 });
    expect(plan.database?.shards).toBe(plan.recommended?.parts);
    expect(JSON.stringify(plan.database)).not.toMatch(/access node|data node/i);
  });

  it('plans storage for all shards together', () => {
    const whole = ask({ meters: 5000 }).database?.storageGib['provisioned'] ?? 0;
    const tenth = ask({ meters: 500 }).database?.storageGib['provisioned'] ?? 0;
    expect(whole).toBeCloseTo(10 * tenth, 6);
  });

  it('says when a database outgrows the volume of 500Gi, which the formula does with 2000 meters', () => {
    expect(warned(ask({ meters: 2000 }), 'needs 609 GiB')).toBe(true);
    expect(warned(ask({ meters: 1600 }), '500Gi')).toBe(false);
    expect(warned(ask({ meters: 2001 }), '500Gi')).toBe(false);
  });

  it('says when so little is old enough to be compressed that the formula provisions too little', () => {
    expect(warned(ask({ meters: 500, retention_days: 55 }), 'not compressed yet')).toBe(true);
    expect(warned(ask({ meters: 500, retention_days: 57 }), 'not compressed yet')).toBe(false);
  });

  it('says from 10 Hz on how many chunks of an hour there are', () => {
    expect(warned(ask({ meters: 500, hz: 10 }), '2160 of them')).toBe(true);
    expect(warned(ask({ meters: 500, hz: 9.9 }), 'chunks')).toBe(false);
  });

  it('counts a pool of 20 for each pod and each of a rollout, and of 100 above 10 Hz', () => {
    // 5 pods, 2 more in a rollout
    expect(ask({ meters: 500 }).recommended?.values['connections']).toBe(140);
    expect(ask({ meters: 500, hz: 100 }).recommended?.values['connections']).toBe(700);
    expect(ask({ meters: 500 }).database?.connections).toEqual({ max: 500, reserve: 3 });
  });

  it('brings the pooler forward where pools of high frequency would take more than the database has', () => {
    expect(ask({ meters: 500, hz: 10 }).database?.pooler).toBeUndefined();
    const plan = ask({ meters: 500, hz: 100 });
    expect(plan.recommended?.feasible).toBe(true);
    expect(plan.database?.pooler).toEqual({
      replicas: 2,
      maxClients: 1000,
      serverConnections: 100,
    });
    expect(ask({ meters: 100, hz: 100 }).database?.pooler).toBeUndefined();
  });

  it('says when pods need both poolers', () => {
    expect(warned(ask({ meters: 1000, hz: 100 }), 'may open 1200 connections')).toBe(true);
    expect(warned(ask({ meters: 500, hz: 100 }), 'both PgBouncers')).toBe(false);
  });

  it('has the settings of the guide, with workers that add up and without the one TimescaleDB does not know', () => {
    expect(ask({ meters: 2000 }).database?.settings).toEqual({
      max_connections: 500,
      shared_buffers: '8GB',
      effective_cache_size: '24GB',
      maintenance_work_mem: '2GB',
      checkpoint_completion_target: 0.9,
      wal_buffers: '16MB',
      default_statistics_target: 100,
      random_page_cost: 1.1,
      effective_io_concurrency: 200,
      work_mem: '20MB',
      min_wal_size: '1GB',
      max_wal_size: '4GB',
      // 16 background and 8 parallel ones
      max_worker_processes: 24,
      max_parallel_workers_per_gather: 4,
      max_parallel_workers: 8,
      max_parallel_maintenance_workers: 4,
      'timescaledb.max_background_workers': 16,
    });
  });
});

describe('network, money and forecast of gl-003', () => {
  it('has the bandwidth of the guide for 500 meters', () => {
    expect(two(ask({ meters: 500 }).networkMbps, 2)).toEqual({
      inbound: 0.38,
      outbound: 0.08,
      average: 0.46,
      peak: 1.37,
      recommended: 2.06,
    });
  });

  it('counts with the rates of the guide', () => {
    expect(profile.cost).toMatchObject({
      cpuCoreHourUsd: 0.05,
      memoryGbHourUsd: 0.01,
      databaseGbMonthUsd: 0.1,
      hoursPerMonth: 730,
    });
    // 3 × (0.48 cores × $0.05 + 1560/1024 GB × $0.01) × 730 h, and $0.10 for each of 30.42 GB
    const plan = ask({ meters: 100 });
    expect(plan.recommended?.costUsdPerMonth).toBe(85.92);
    expect(plan.storageUsdPerMonth).toBe(3.04);
    expect(plan.perUnit).toEqual({ input: 'meters', usdPerMonth: 0.89 });
  });

  it('prints the plan for 1000 meters that the documentation shows', () => {
    const json = planJson('gl-003', ask({ meters: 1000 }));
    expect(json).toMatchObject({
      inputs: { meters: 1000, hz: 1, retention_days: 90 },
      recommended: 'planner',
      storageUsdPerMonth: 30.42,
      database: {
        stage: 'primary + 2 replicas + PgBouncer',
        replicas: 2,
        pooler: true,
        storageGiB: { raw: 724.2, compressed: 144.8, provisioned: 304.2 },
        growthGiBPerDay: 1.61,
      },
      network: { inboundMbps: 0.763, recommendedMbps: 4.12 },
      warnings: [],
    });
    expect(json['sizings']).toMatchObject([
      {
        id: 'planner',
        feasible: true,
        shards: 1,
        components: [
          {
            name: 'steam-analyzer',
            replicas: 9,
            cpuRequestMillicores: 480,
            cpuLimitMillicores: 960,
            memoryRequestMi: 1560,
            memoryLimitMi: 3120,
          },
        ],
        costUsdPerMonth: 257.77,
        reasons: [],
      },
      ...Array.from({ length: 5 }, () => ({ feasible: true })),
    ]);
  });

  it('looks ahead by the buffer of 50 %, as a year’s growth, and passes the limits of the guide', () => {
    const ahead = forecast(
      profile,
      new Map([
        ['meters', '400'],
        ['periods', '7'],
      ]),
    );
    if (ahead.kind !== 'forecast') throw new Error(ahead.mistakes.join('\n'));
    expect(ahead.rows.map(({ amount }) => amount)).toEqual([
      400, 600, 900, 1350, 2025, 3038, 4556, 6834,
    ]);
    const passed = ahead.milestones.map(({ id, period }) => `${period} ${id}`);
    expect(passed).toEqual(
      expect.arrayContaining([
        '1 database-stage',
        '3 ten-pods',
        '4 database-shards',
        '5 meter-shards',
        '7 clusters',
      ]),
    );
  });

  it('passes the volume where storage grows faster than databases are added', () => {
    const given = new Map([
      ['meters', '1000'],
      ['retention_days', '120'],
      ['growth', '40%'],
    ]);
    const ahead = forecast(profile, given);
    if (ahead.kind !== 'forecast') throw new Error(ahead.mistakes.join('\n'));
    expect(ahead.milestones.find(({ id }) => id === 'volume')).toMatchObject({ period: 1 });
  });
});
