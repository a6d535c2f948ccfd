// Checks the sizes of THERMALIQ against the figures of its guide.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CapacityPlan, totals, whatIf } from '../../src/sizing/what-if.ts';
import { componentOf } from '../make.ts';
import { readProfile } from './read-profile.ts';

const profile = readProfile('gl-009');

function plan(
  calculations_per_hour: number,
  over: Readonly<Record<string, number>> = {},
): CapacityPlan {
  const given = Object.entries({ calculations_per_hour, ...over });
  const result = whatIf(profile, new Map(given.map(([name, value]) => [name, String(value)])));
  if (result.kind !== 'sized') throw new Error(result.mistakes.join('\n'));
  return result;
}

function sizingOf({ sizings }: CapacityPlan, id: string) {
  return sizings.find(({ sizing }) => sizing.id === id);
}

/** Everything a plan is made of that must never get smaller. */
function amounts({ recommended }: CapacityPlan) {
  if (recommended === undefined) throw new Error('nothing fits');
  return totals(recommended);
}

describe('the component of gl-009', () => {
  it('has the pod, the limits and the throughput of thermaliq, and nothing else to scale', () => {
    expect([...profile.components.keys()]).toEqual(['thermaliq']);
    expect(componentOf(profile, 'thermaliq')).toMatchObject({
      workload: {
        kind: 'Deployment',
        namespace: 'gl-009-production',
        name: 'thermaliq',
        container: 'thermaliq',
      },
      replicas: { min: 4, max: 20, baseline: 4 },
      pod: {
        cpuMillicores: 2000,
        memoryMi: 4096,
        cpuLimitMillicores: 4000,
        memoryLimitMi: 8192,
      },
      podMax: { cpuMillicores: 8000, memoryMi: 16_384 },
      throughput: { value: 0.1, unit: 'calculations/s', perMinute: 6 },
      pdb: { minAvailable: 2 },
    });
  });

  it('has one autoscaler by CPU and memory, and the one by queue depth in its place', () => {
    expect(componentOf(profile, 'thermaliq').autoscaling).toMatchObject({
      hpa: {
        name: 'thermaliq-hpa',
        min: 4,
        max: 12,
        metrics: [
          { resource: 'cpu', percent: 70 },
          { resource: 'memory', percent: 80 },
        ],
      },
      variants: [
        {
          name: 'thermaliq-hpa-custom',
          min: 4,
          max: 16,
          metrics: [
            { pods: 'thermaliq_calculation_queue_depth', average: 10 },
            { resource: 'cpu', percent: 70 },
          ],
        },
      ],
      up: { percent: 50, pods: 2, periodSeconds: 60, select: 'Max', windowSeconds: 60 },
      down: { percent: 25, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
    });
  });

  it('asks the adapter for the queue of each pod of its own, where the guide asks for all of them', () => {
    const metrics = componentOf(profile, 'thermaliq').autoscaling?.variants?.[0]?.metrics ?? [];
    const queries = metrics.map((each) => ('promql' in each ? each.promql : undefined));
    expect(queries[0]).toMatch(
      /^sum by \(pod\).*namespace="\$namespace",pod=~"\$workload-.*\[2m\]/,
    );
  });

  it('leaves the vertical autoscaler off, because the others scale by CPU and memory', () => {
    expect(componentOf(profile, 'thermaliq').autoscaling?.vpa).toMatchObject({
      mode: 'Off',
      min: { cpu: 1000, memory: 2048 },
      max: { cpu: 8000, memory: 16_384 },
    });
  });
});

describe('a size by gl-009', () => {
  it('takes what is not given from the examples of the guide', () => {
    expect(plan(50).inputs).toEqual({
      calculations_per_hour: 50,
      avg_duration_s: 10,
      concurrent: 5,
      data_points: 50_000,
    });
  });

  // biome-ignore format: a table
  it.each([
    [1000, 10,  4], // the guide's script cuts twice and comes to 2
    [2100, 10,  7],
    [2400, 12,  10],
    [3600, 10,  12],
    [4200, 10,  14],
    [267,  600, 54],
  ])('by the formula: %i calculations an hour of %i s', (perHour, avg_duration_s, pods) => {
    const formula = sizingOf(plan(perHour, { avg_duration_s }), 'formula');
    expect(formula?.components[0]?.replicas).toBe(pods);
  });

  // biome-ignore format: a table
  it.each([
    [50,   4],
    [58,   4],
    [59,   5],
    [66,   5],
    [76,   6],
    [87,   8], // months 4 and 5 are not in the table: the next row up
    [116,  8],
    [267,  12],
    [268,  12],
    [1000, 12],
  ])('by the table: %i calculations an hour', (perHour, pods) => {
    const sized = plan(perHour);
    expect(sizingOf(sized, 'projection-table')?.components[0]?.replicas).toBe(pods);
    expect(sized.recommended?.sizing.id).toBe('projection-table');
  });

  // biome-ignore format: a table
  it.each([
    // calculations an hour, seconds, sizing, shards, pods of each
    [58,     10,  'projection-table', 1, 4], // the formula says 4 up to 1200 an hour
    [1000,   10,  'projection-table', 1, 12],
    [3600,   10,  'projection-table', 1, 12],
    [4200,   10,  'formula',          1, 14],
    [6000,   10,  'formula',          1, 20],
    [6001,   10,  'sharded',          4, 6], // 21 pods
    [267,    600, 'sharded',          4, 14], // 54 pods
    [25_000, 10,  'sharded',          8, 11], // 84 pods
  ])('is the larger of the two: %i an hour of %i s', (perHour, avg_duration_s, id, parts, pods) => {
    expect(plan(perHour, { avg_duration_s }).recommended).toMatchObject({
      sizing: { id },
      parts,
      components: [{ replicas: pods }],
    });
  });

  it('does not take the 12 pods of the table where the formula needs more', () => {
    expect(sizingOf(plan(4200), 'projection-table')).toMatchObject({
      feasible: false,
      reasons: ['its last row has 12 pods, and 14 are needed for calculations of 10 s'],
    });
  });

  it('says that the table ends at 267 an hour', () => {
    const ends = 'The table ends at 267 calculations/h with 12 pods';
    expect(plan(267).warnings.join()).not.toContain(ends);
    expect(plan(268).warnings.join()).toContain(ends);
  });

  // biome-ignore format: a table
  it.each([
    [3600, undefined],
    [4200, '14 pods are more than the 12 of the autoscaler in force: put the one by queue depth (4 to 16) in its place'],
    [4800, '16 pods are more than the 12 of the autoscaler in force: put the one by queue depth (4 to 16) in its place'],
    [5000, '17 pods are more than the 16 of the autoscaler by queue depth: raise its maximum to 20, and shard the database'],
  ])('says at %i an hour which autoscaler is met', (perHour, words) => {
    expect(plan(perHour).warnings.find((each) => each.includes(' pods are more than '))).toBe(words);
  });

  it('says which limit one deployment meets, and goes on with shards', () => {
    const sized = plan(267, { avg_duration_s: 600 });
    expect(sizingOf(sized, 'formula')?.reasons).toEqual([
      '54 replicas of thermaliq are more than the 20 it may have in one place',
    ]);
    expect(sized.warnings).toContain(
      'More than the 20 pods of one deployment: 4 shards of 14 pods each',
    );
    expect(sized.recommended?.note).toMatch(/hash .* same answer in every process/);
  });

  it('recommends nothing beyond 64 shards of 20 pods, and says why', () => {
    const sized = plan(100_000, { avg_duration_s: 600 });
    expect(sized.recommended).toBeUndefined();
    expect(sizingOf(sized, 'sharded')?.reasons).toEqual([
      '313 replicas of thermaliq are more than the 20 it may have in one place',
      'pods may open 11760 connections to the poolers, which take 4000',
    ]);
  });
});

describe('the pod of gl-009', () => {
  it('is throttled with the defaults: 5 calculations of 10 s want 5.5 of its 4 cores', () => {
    const { recommended, warnings } = plan(50);
    expect(recommended?.values['peak_cpu_cores']).toBe(5.5);
    expect(recommended?.components[0]?.pod.cpuLimitMillicores).toBe(4000);
    expect(warnings).toContain(
      "5 calculations of 10 s at a time want 5.5 cores at the peak, the limit is 4: CPU is throttled. The guide's next step is a limit of 6 cores and a request of 3",
    );
    expect(plan(50, { concurrent: 3 }).warnings.join()).not.toContain('throttled');
  });

  it('needs 536 MB by the formula where the guide says about 750', () => {
    expect(plan(50).recommended?.values['peak_memory_mi']).toBeCloseTo(535.8, 1);
  });

  // biome-ignore format: a table
  it.each([
    // data points, request, limit
    [50_000,     4096,   8192],
    [16_000_000, 4096,   8192],  // 8141 MB
    [17_000_000, 6144,   12288], // 8618 MB: the guide's step of 6Gi and 12Gi
    [30_000_000, 7409,   14818], // 14817 MB
    [67_000_000, 16_231, 32_461],
  ])('has memory for %i data points', (data_points, memoryMi, memoryLimitMi) => {
    const { recommended, warnings } = plan(50, { data_points });
    expect(recommended?.components[0]?.pod).toMatchObject({ memoryMi, memoryLimitMi });
    expect(warnings.some((each) => each.endsWith('the pods grow'))).toBe(memoryLimitMi > 8192);
  });

  it('is never larger than the vertical autoscaler allows', () => {
    const { recommended, sizings } = plan(50, { data_points: 70_000_000 });
    expect(recommended).toBeUndefined();
    expect(sizings[0]?.reasons).toEqual([
      'a pod of thermaliq would request 16946Mi, at most 16Gi is allowed',
    ]);
  });
});

type Load = Readonly<
  Record<'calculations_per_hour' | 'avg_duration_s' | 'concurrent' | 'data_points', number>
>;

describe('more load on gl-009', () => {
  // No pod of these needs more memory than it may have, and no load more than 64 shards.
  const inputs = fc.record({
    calculations_per_hour: fc.oneof(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 30_000 }),
    ),
    avg_duration_s: fc.integer({ min: 1, max: 100 }),
    concurrent: fc.integer({ min: 1, max: 20 }),
    data_points: fc.integer({ min: 1, max: 6_000_000 }),
  });
  const more = fc.record({
    calculations_per_hour: fc.nat(2000),
    avg_duration_s: fc.nat(20),
    concurrent: fc.nat(10),
    data_points: fc.nat(4_000_000),
  });
  const planOf = ({ calculations_per_hour, ...over }: Load) => plan(calculations_per_hour, over);

  it('never gets fewer pods, less CPU or less memory', () => {
    fc.assert(
      fc.property(inputs, more, (now, extra) => {
        const before = amounts(planOf(now));
        const after = amounts(
          planOf({
            calculations_per_hour: now.calculations_per_hour + extra.calculations_per_hour,
            avg_duration_s: now.avg_duration_s + extra.avg_duration_s,
            concurrent: now.concurrent + extra.concurrent,
            data_points: now.data_points + extra.data_points,
          }),
        );
        expect(after.replicas).toBeGreaterThanOrEqual(before.replicas);
        expect(after.cpuCores).toBeGreaterThanOrEqual(before.cpuCores);
        expect(after.memoryGib).toBeGreaterThanOrEqual(before.memoryGib);
      }),
    );
  });

  it('gets shards that serve all of it within 20 pods each', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { recommended } = planOf(given);
        const { parts = 0, components, values } = recommended ?? {};
        const share = values?.['calculations_per_hour'] ?? 0;
        expect(parts * share).toBeCloseTo(given.calculations_per_hour, 6);
        const replicas = components?.[0]?.replicas ?? 0;
        expect(replicas).toBeGreaterThanOrEqual(4);
        expect(replicas).toBeLessThanOrEqual(20);
        // Each pod does one calculation at a time; a fifth more is the buffer.
        expect((parts * replicas * 3600) / given.avg_duration_s).toBeGreaterThanOrEqual(
          given.calculations_per_hour * 1.2 - 1e-6,
        );
      }),
    );
  });
});
