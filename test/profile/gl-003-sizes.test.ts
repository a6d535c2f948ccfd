// Checks every size, cost and figure of the steam system analyzer against its guide, and where the guide disagrees with itself what counts.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CapacityPlan, totals } from '../../src/sizing/what-if.ts';
import { ask as askProfile, sizeWords } from './ask-profile.ts';
import { readProfile } from './read-profile.ts';

const profile = readProfile('gl-003');
const ask = (inputs: Readonly<Record<string, number>>) => askProfile(profile, inputs);

/** What a plan needs in all, over its shards; more demand may never lower one of these. */
function need(plan: CapacityPlan): Readonly<Record<string, number>> {
  const { recommended, database } = plan;
  if (recommended === undefined || database === undefined) throw new Error('nothing is feasible');
  const { cpuCores, memoryGib, replicas } = totals(recommended);
  return {
    replicas,
    cores: cpuCores,
    memory: memoryGib,
    storage: database.storageGib['provisioned'] ?? Number.NaN,
    databases: database.shards * (1 + database.replicas),
  };
}

/** Each meter has its place in a shard and in a pod, and no limit is passed. */
function expectToFit(meters: number, { recommended }: CapacityPlan): void {
  const main = recommended?.components[0];
  if (recommended === undefined || main === undefined) throw new Error('nothing is feasible');
  const { parts, values } = recommended;
  const { replicas, pod } = main;
  const share = values['meters'] ?? 0;
  const perPod = values['meters_per_pod'] ?? 0;
  expect(parts * share).toBeGreaterThanOrEqual(meters);
  expect(replicas * perPod).toBeGreaterThanOrEqual(share);
  expect(replicas).toBeGreaterThanOrEqual(3);
  expect(replicas).toBeLessThanOrEqual(10);
  expect(pod.cpuMillicores).toBeLessThanOrEqual(4000);
  expect(pod.memoryMi).toBeLessThanOrEqual(8192);
  expect(pod.cpuLimitMillicores).toBe(2 * pod.cpuMillicores);
  expect(pod.memoryLimitMi).toBe(2 * pod.memoryMi);
}

function expectNotLess(small: CapacityPlan, large: CapacityPlan): void {
  const more = need(large);
  for (const [what, amount] of Object.entries(need(small))) {
    // Sums of fractions differ in their last digits.
    expect(more[what], `${what} for ${JSON.stringify(large.inputs)}`).toBeGreaterThanOrEqual(
      amount * (1 - 1e-12),
    );
  }
}

describe('the sizes of gl-003', () => {
  // biome-ignore format: a table
  it.each([
    [100,  1,  '3 × 480m/1560Mi'],
    [500,  1,  '5 × 480m/1560Mi'],
    [1000, 1,  '9 × 480m/1560Mi'],
    [1153, 1,  '10 × 480m/1560Mi'],
    [1154, 1,  '10 × 483m/1565Mi'],
    [500,  10, '5 × 525m/1650Mi'],
    [2000, 1,  '10 × 755m/2110Mi'],
    [3000, 1,  '10 × 1080m/2760Mi'],
    [3001, 1,  '3 × 9 × 480m/1560Mi'],
    [5000, 1,  '4 × 10 × 513m/1625Mi'],
  ])('the planner has %i meters at %i Hz on %s', (meters, hz, expected) => {
    expect(sizeWords(ask({ meters, hz }), 'planner')).toBe(expected);
  });

  it('gives limits of twice the requests', () => {
    expect(ask({ meters: 5000 }).recommended?.components[0]?.pod).toEqual({
      cpuMillicores: 513,
      cpuLimitMillicores: 1026,
      memoryMi: 1625,
      memoryLimitMi: 3250,
    });
  });

  it('rounds pods up, where the guide’s script would cut the buffer off and ask for 4', () => {
    expect(Math.trunc((500 / 150) * 1.3)).toBe(4);
    expect(sizeWords(ask({ meters: 500 }))).toMatch(/^5 × /);
  });

  it('rounds shards up, where the guide’s script would ask for 3 of 1667 meters', () => {
    expect(Math.trunc(5000 / 1500)).toBe(3);
    expect(ask({ meters: 5000 }).recommended).toMatchObject({ parts: 4, values: { meters: 1250 } });
  });

  it('adds one pod to those of 150 meters, where the assess script would divide whole numbers: 8, not 7', () => {
    expect(sizeWords(ask({ meters: 1000 }), 'replica-formula')).toBe('8 × 480m/1560Mi');
    expect(sizeWords(ask({ meters: 2000 }), 'replica-formula')).toContain('more than the 10');
  });

  // biome-ignore format: a table
  it.each([
    [150,  '3 × 500m/1024Mi'],
    [300,  '3 × 1000m/2048Mi'],
    [600,  '4 × 1000m/2048Mi'],
    [900,  '5 × 1500m/3072Mi'],
    [1500, '7 × 2000m/4096Mi'],
    [3000, '10 × 2000m/4096Mi'],
    [5000, '4 × 10 × 2000m/4096Mi'],
    [5001, 'nothing: 5001 is beyond the last row of its table, 5000'],
  ])('the table of the guide has %i meters on %s', (meters, expected) => {
    expect(sizeWords(ask({ meters }), 'sizing-table')).toBe(expected);
  });

  // biome-ignore format: a table
  it.each([
    [100,  1,  '3 × 500m/1024Mi',   250,  76.65],
    [500,  1,  '4 × 1000m/2048Mi',  750,  204.4],
    [1000, 1,  '5 × 2000m/4096Mi',  1500, 511],
    [2000, 1,  '7 × 2000m/4096Mi',  2500, 715.4],
    [5000, 1,  '10 × 2000m/4096Mi', 4500, 1022],
    [500,  10, '5 × 3000m/6144Mi',  2000, 766.5],
  ])('the decision matrix has %i meters at %i Hz on %s for $%i, which its rates make $%d', (meters, hz, expected, guide, rates) => {
    const plan = ask({ meters, hz });
    expect(sizeWords(plan, 'decision-matrix')).toBe(expected);
    const row = plan.sizings.find(({ sizing }) => sizing.id === 'decision-matrix');
    expect(row).toMatchObject({ guideCostUsdPerMonth: guide, costUsdPerMonth: rates });
  });

  it('has no row of the matrix above 500 meters at 10 Hz and none above 10 Hz', () => {
    expect(sizeWords(ask({ meters: 501, hz: 10 }), 'decision-matrix')).toContain(
      'beyond the last row',
    );
    expect(sizeWords(ask({ meters: 500, hz: 11 }), 'decision-matrix')).toContain(
      'matrix ends at 10 Hz',
    );
  });

  // biome-ignore format: a table
  it.each([
    [500,  '3 × 1000m/2048Mi'],
    [1000, '5 × 2000m/4096Mi'],
    [2000, '7 × 2000m/4096Mi'],
    [5000, '4 × 3 × 2000m/4096Mi'],
  ])('the meter procedure has %i meters on %s', (meters, expected) => {
    expect(sizeWords(ask({ meters }), 'meter-procedure')).toBe(expected);
  });

  it('shows how far the statements of the guide are apart, and recommends its planner', () => {
    const plan = ask({ meters: 500 });
    expect(plan.sizings.map(({ sizing }) => `${sizing.id}: ${sizeWords(plan, sizing.id)}`)).toEqual(
      [
        'planner: 5 × 480m/1560Mi',
        'replica-formula: 5 × 480m/1560Mi',
        'frequency-table: 5 × 500m/1536Mi',
        'sizing-table: 4 × 1000m/2048Mi',
        'decision-matrix: 4 × 1000m/2048Mi',
        'meter-procedure: 3 × 1000m/2048Mi',
      ],
    );
    expect(plan.recommended?.sizing.id).toBe('planner');
  });

  // biome-ignore format: a table
  it.each([
    [500,  1,   'planner',         '5 × 480m/1560Mi'],
    [500,  1.1, 'frequency-table', '5 × 1000m/3072Mi'],
    [500,  10,  'frequency-table', '5 × 1000m/3072Mi'],
    [500,  11,  'planner',         '5 × 1005m/4096Mi'],
    [500,  100, 'planner',         '5 × 1450m/4096Mi'],
    // 390 meters a pod: on the line from 150 (1000m, 3Gi) to 500 (3000m, 7Gi)
    [3000, 10,  'frequency-table', '10 × 2372m/5881Mi'],
    [3000, 100, 'planner',         '10 × 2822m/6781Mi'],
    [5000, 10,  'frequency-table', '4 × 10 × 1075m/3225Mi'],
  ])('recommends for %i meters at %d Hz the %s: %s', (meters, hz, id, expected) => {
    const plan = ask({ meters, hz });
    expect(plan.recommended?.sizing.id).toBe(id);
    expect(sizeWords(plan)).toBe(expected);
  });

  it('gives pods of high frequency a limit above the heap of 6 GiB that their settings allow', () => {
    for (const hz of [10.1, 50, 100]) {
      const pod = ask({ meters: 100, hz }).recommended?.components[0]?.pod;
      expect(pod?.memoryLimitMi).toBeGreaterThanOrEqual(8192);
    }
  });

  it('says each limit it meets, and nothing where there is none', () => {
    expect(ask({ meters: 1000 }).warnings).toEqual([]);
    expect(ask({ meters: 1154 }).warnings).toEqual([
      expect.stringContaining('for 151 meters each'),
    ]);
    expect(ask({ meters: 3400 }).warnings).toEqual([
      expect.stringContaining('3 shards of at most 1134'),
    ]);
    expect(ask({ meters: 5001 }).warnings.join('\n')).toContain('several clusters by region');
    expect(ask({ meters: 5000 }).warnings.join('\n')).not.toContain('several clusters');
    expect(ask({ meters: 900, hz: 11 }).warnings.join('\n')).toContain('gl-003-config-highfreq');
    expect(ask({ meters: 1000, hz: 100 }).warnings.join('\n')).toContain('buffer of 10000');
    expect(ask({ meters: 100, zones: 51 }).warnings).toEqual([expect.stringContaining('50 zones')]);
    expect(ask({ meters: 501, facilities: 1 }).warnings).toEqual([
      expect.stringContaining('500 meters a facility'),
    ]);
    expect(ask({ meters: 500, facilities: 1 }).warnings).toEqual([]);
  });

  it('never asks for less when there is more of anything, has room for every meter, and stays within its limits', () => {
    const inputs = fc.record({
      meters: fc.integer({ min: 1, max: 12_000 }),
      hz: fc.constantFrom(0.1, 0.5, 1, 1.1, 2, 9.9, 10, 10.1, 50, 99, 100),
      retention_days: fc.integer({ min: 1, max: 730 }),
    });
    const more = fc.record({
      meters: fc.integer({ min: 0, max: 3000 }),
      hz: fc.constantFrom(0, 0.1, 1, 9, 90),
      retention_days: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(inputs, more, (small, step) => {
        const plan = ask(small);
        const larger = ask({
          meters: small.meters + step.meters,
          hz: Math.min(100, Math.round((small.hz + step.hz) * 10) / 10),
          retention_days: Math.min(730, small.retention_days + step.retention_days),
        });
        expectToFit(small.meters, plan);
        expectNotLess(plan, larger);
      }),
      { numRuns: 120 },
    );
  });

  it('never asks for less at the next meter, at any bound of its tables, pods and shards', () => {
    const bounds = [100, 150, 346, 461, 500, 1038, 1153, 1500, 2000, 3000, 4500, 5000, 6000, 7500];
    for (const hz of [1, 10, 100]) {
      for (const meters of bounds) {
        expectNotLess(ask({ meters, hz }), ask({ meters: meters + 1, hz }));
      }
    }
  });

  it('never asks for less at the next frequency, where one statement of the guide ends and the next begins', () => {
    for (const meters of [100, 500, 1153, 2000, 3000, 5000]) {
      expectNotLess(ask({ meters, hz: 1 }), ask({ meters, hz: 1.01 }));
      expectNotLess(ask({ meters, hz: 10 }), ask({ meters, hz: 10.01 }));
    }
  });
});
