// Checks what EMISSIONWATCH needs for its facilities against the tables and formulas of its guide.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecast } from '../../src/sizing/forecast.ts';
import { planJson } from '../../src/sizing/plan-json.ts';
import { componentOf } from '../make.ts';
import { readProfile } from './read-profile.ts';
import { planOf, recommendedOf, sizeOf, sizingOf } from './sized-by.ts';

const profile = readProfile('gl-010');

const pods = {
  small: { cpuMillicores: 500, memoryMi: 1024, cpuLimitMillicores: 2000, memoryLimitMi: 4096 },
  medium: { cpuMillicores: 1000, memoryMi: 2048, cpuLimitMillicores: 4000, memoryLimitMi: 8192 },
  large: { cpuMillicores: 2000, memoryMi: 4096, cpuLimitMillicores: 8000, memoryLimitMi: 16_384 },
} as const;

describe('sizing gl-010', () => {
  it('takes what is not given from the examples of the guide', () => {
    expect(planOf(profile, { facilities: 50 }).inputs).toEqual({
      facilities: 50,
      sources_per_facility: 20,
      pollutants: 5,
      samples_per_day: 1440,
      retention_years: 7,
    });
  });

  // biome-ignore format: a table
  it.each([
    // facilities, replicas, cores, GB and TB of the table, size of the pods, replicas by the size of the deployment
    [1,   2,  2,  4,   0.5, 'small',  2],
    [2,   3,  3,  5,   2/3, 'small',  2],
    [10,  3,  4,  8,   2,   'small',  2],
    [11,  4,  5,  9,   2.2, 'medium', 4],
    [25,  5,  8,  16,  5,   'medium', 4],
    [26,  6,  9,  17,  5.2, 'medium', 4],
    [50,  8,  16, 32,  10,  'medium', 4],
    [51,  9,  17, 33,  10.2, 'large', 8],
    [60,  9,  20, 39,  12,  'large',  8],
    [75,  10, 24, 48,  15,  'large',  8],
    [100, 12, 32, 64,  20,  'large',  8],
    [150, 16, 48, 96,  30,  'large',  8],
    [200, 20, 64, 128, 40,  'large',  8],
  ] as const)('sizes %i facilities with %i pods by the table', (facilities, replicas, cores, gb, tb, size, others) => {
    const table = recommendedOf(profile, { facilities });
    expect(table).toMatchObject({ sizing: { id: 'sizing-table' }, parts: 1, feasible: true });
    expect(table.components).toMatchObject([{ replicas, pod: pods[size] }]);
    expect(table.values).toMatchObject({ table_cores: cores, table_memory_gb: gb });
    expect(table.values['table_storage_tb']).toBeCloseTo(tb, 9);
    const deployment = sizingOf(profile, 'deployment-size', { facilities });
    expect(deployment).toMatchObject({ feasible: true });
    expect(deployment.components).toMatchObject([{ replicas: others, pod: pods[size] }]);
  });

  // biome-ignore format: a table
  it.each([
    // facilities, shards, facilities in each, replicas in each
    [201,   11,  19, 5],
    [220,   11,  20, 5],
    [221,   12,  19, 5],
    [1000,  50,  20, 5],
    [10000, 500, 20, 5],
  ])('shards %i facilities: %i times %i', (facilities, shards, each, replicas) => {
    const { recommended, warnings } = planOf(profile, { facilities });
    expect(recommended).toMatchObject({ parts: shards, feasible: true });
    expect(recommended?.components).toMatchObject([{ replicas, pod: pods.medium }]);
    expect(warnings[0]).toContain(`${shards} shards of up to ${each} facilities. Rebalance`);
    expect(sizingOf(profile, 'deployment-size', { facilities }).feasible).toBe(false);
  });

  it('has pods whose limits meet the cores and the memory of the table together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (facilities) => {
        const { components, values } = recommendedOf(profile, { facilities });
        const [main] = components;
        const { cpuLimitMillicores = 0, memoryLimitMi = 0 } = main?.pod ?? {};
        const replicas = main?.replicas ?? 0;
        expect(replicas * cpuLimitMillicores).toBeGreaterThanOrEqual(
          (values['table_cores'] ?? Number.NaN) * 1000,
        );
        expect(replicas * memoryLimitMi).toBeGreaterThanOrEqual(
          (values['table_memory_gb'] ?? Number.NaN) * 1024,
        );
      }),
    );
  });

  it('plans the largest of three statements about storage', () => {
    const gib = (facilities: number, more = {}) =>
      planOf(profile, { facilities, ...more }).database?.storageGib;
    // 3.6 GB of 10^9 bytes a day are 3.353 GiB.
    expect(recommendedOf(profile, { facilities: 50 }).values['daily_gb']).toBeCloseTo(3.6, 9);
    const fifty = gib(50);
    expect(fifty?.['raw']).toBeCloseTo((3.6e9 / 2 ** 30) * 365 * 7, 6);
    expect(fifty).toMatchObject({ other: 3150, storage_table: 10_150, sizing_table: 10_240 });
    expect(fifty?.['provisioned']).toBeCloseTo(11_716.3, 1);
    // Few sources: the table of what a facility keeps; a single facility: the table of sizes.
    expect(gib(50, { sources_per_facility: 5 })).toMatchObject({ provisioned: 10_240 });
    expect(gib(50, { sources_per_facility: 5, retention_years: 1 })?.['storage_table']).toBe(1450);
    expect(gib(1)).toMatchObject({ storage_table: 203, provisioned: 512 });
  });

  it('grows by what is kept each day', () => {
    expect(planOf(profile, { facilities: 50 }).database?.growthGibPerDay).toBeCloseTo(4.586, 3);
  });

  it('needs for each facility what the guide says, all bursts at once', () => {
    expect(planJson('gl-010', planOf(profile, { facilities: 50 }))).toMatchObject({
      network: {
        inboundMbps: 5,
        apiMbps: 0.5,
        replicationMbps: 2.5,
        reportBurstMbps: 50,
        recommendedMbps: 58,
      },
    });
  });

  // biome-ignore format: a table
  it.each([
    // facilities, databases, connections of one part, poolers, connections of each
    [10,   1,  600,  2,  98],
    [50,   1,  900,  2,  98],
    [200,  1,  1650, 4,  49],
    [201,  2,  750,  9,  21],
    [1000, 5,  750,  15, 13],
  ])('gives %i facilities %i databases and poolers for their connections', (facilities, shards, connections, replicas, each) => {
    const { values, database } = recommendedOf(profile, { facilities });
    expect(values['connections']).toBe(connections);
    expect(database).toMatchObject({
      stage: 'primary + 2 replicas + PgBouncer',
      replicas: 2,
      shards,
      connections: { max: 200, reserve: 3 },
      pooler: { replicas, maxClients: 500, serverConnections: each },
    });
  });

  it('costs pods and storage, and holds them against the budget', () => {
    const fifty = planOf(profile, { facilities: 50 });
    // (1 core × $0.05 + 2 GB × $0.01) × 730 h = $51.10 a pod.
    expect(fifty.recommended?.costUsdPerMonth).toBe(408.8);
    expect(fifty).toMatchObject({ storageUsdPerMonth: 1171.63, budget: { state: 'ok' } });
    expect(fifty.perUnit).toEqual({ input: 'facilities', usdPerMonth: 31.61 });
    expect(fifty.warnings).toEqual([profile.cost?.assumed]);
    const states = [124, 149].map((facilities) => planOf(profile, { facilities }).budget?.state);
    expect(states).toEqual(['warning', 'critical']);
  });

  it('forecasts 50 facilities at 20 % a year as the guide does', () => {
    const answer = forecast(profile, new Map([['facilities', '50']]));
    if (answer.kind !== 'forecast') throw new Error(answer.mistakes.join('\n'));
    expect(answer).toMatchObject({ per: 'year', growth: 0.2 });
    expect(answer.rows.map(({ amount }) => amount)).toEqual([50, 60, 72, 86]);
    expect(answer.milestones.map(({ id, period }) => [id, period])).toEqual([
      ['large-deployment', 1],
    ]);
    const longer = forecast(
      profile,
      new Map([
        ['facilities', '50'],
        ['periods', '8'],
      ]),
    );
    expect(longer.kind === 'forecast' && longer.milestones).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'budget-warning', period: 5 }),
        expect.objectContaining({ id: 'end-of-table', period: 8, level: 200 }),
      ]),
    );
  });
});

describe('more demand on gl-010', () => {
  const demands = fc.record(
    {
      facilities: fc.integer({ min: 1, max: 10_000 }),
      sources_per_facility: fc.integer({ min: 1, max: 10_000 }),
      samples_per_day: fc.integer({ min: 1, max: 86_400 }),
      retention_years: fc.integer({ min: 1, max: 100 }),
    },
    { requiredKeys: ['facilities'] },
  );

  it('never asks for fewer pods, cores or memory over all shards', () => {
    fc.assert(
      fc.property(
        demands,
        fc.constantFrom(...profile.inputs.values()),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, { name, max }, share) => {
          const now = planOf(profile, given).inputs[name] ?? 0;
          const more = Math.min(max, Math.ceil(now + (max - now) * share));
          const before = sizeOf(profile, given);
          for (const [index, after] of sizeOf(profile, { ...given, [name]: more }).entries()) {
            expect(after).toBeGreaterThanOrEqual(before[index] ?? 0);
          }
        },
      ),
    );
  });

  it('never asks for fewer with each single facility up to where the shards are', () => {
    let before: readonly number[] = [0, 0, 0];
    for (let facilities = 1; facilities <= 260; facilities += 1) {
      const size = sizeOf(profile, { facilities });
      for (const [index, amount] of size.entries()) {
        expect(amount).toBeGreaterThanOrEqual(before[index] ?? 0);
      }
      before = size;
    }
  });

  it('is covered by its shards and databases, each within the limits of the pods', () => {
    fc.assert(
      fc.property(demands, (given) => {
        const { parts, components, values, database, feasible } = recommendedOf(profile, given);
        expect(feasible).toBe(true);
        expect(parts * (values['facilities'] ?? 0)).toBeGreaterThanOrEqual(given.facilities);
        expect((database?.shards ?? 0) * 200).toBeGreaterThanOrEqual(given.facilities);
        const { min, max } = componentOf(profile, 'gl-010-emissionwatch').replicas;
        expect(components[0]?.replicas).toBeGreaterThanOrEqual(min);
        expect(components[0]?.replicas).toBeLessThanOrEqual(max);
      }),
    );
  });
});
