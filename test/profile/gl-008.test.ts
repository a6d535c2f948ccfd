// Checks the profile of the steam trap inspector against the figures of its guide.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeForTrigger } from '../../src/profile/size-for-trigger.ts';
import { forecast } from '../../src/sizing/forecast.ts';
import { whatIf } from '../../src/sizing/what-if.ts';
import { componentOf, makeReading, triggerOf } from '../make.ts';
import { oneLine, readProfile } from './read-profile.ts';
import { planOf, recommendedOf, replicasOf, sizeOf, sizingOf } from './sized-by.ts';

const profile = readProfile('gl-008');

describe('the profile gl-008', () => {
  it.each([
    ['steam-trap-inspector', 2, 20, 4, 1000, 2048, 100],
    ['api-gateway', 2, 12, 3, 500, 1024, 250],
    ['worker', 3, 30, 5, 2000, 4096, 50],
    ['sensor-gateway', 2, 10, 3, 500, 1024, 1667],
    ['ml-service', 1, 8, 2, 4000, 8192, 50],
  ])(
    'has the baseline and limits of %s',
    (id, min, max, baseline, cpuMillicores, memoryMi, throughput) => {
      expect(componentOf(profile, id)).toMatchObject({
        workload: { kind: 'Deployment', namespace: 'greenlang-gl008', name: id, container: id },
        replicas: { min, max, baseline },
        pod: { cpuMillicores, memoryMi },
        limitFactor: { value: 2 },
        throughput: { value: throughput },
      });
    },
  );

  it('has the autoscalers of the inspector, that for the size of its pods without a hand', () => {
    expect(componentOf(profile, 'steam-trap-inspector').autoscaling).toMatchObject({
      hpa: {
        name: 'steam-trap-inspector-hpa',
        min: 4,
        max: 20,
        metrics: [
          { resource: 'cpu', percent: 70 },
          { resource: 'memory', percent: 75 },
          { pods: 'inspection_queue_depth', average: 50 },
        ],
      },
      up: { percent: 100, pods: 4, periodSeconds: 30, select: 'Max', windowSeconds: 60 },
      down: { percent: 50, pods: 2, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
      vpa: {
        mode: 'Off',
        min: { cpu: 500, memory: 1024 },
        max: { cpu: 8000, memory: 16_384 },
      },
    });
  });

  // biome-ignore format: a table
  it.each([
    // sites, regions, inspectors in each, in all, cores and GB that are paid for, database
    [1,    1, 4,  4,  10,  20,  50],
    [10,   1, 4,  4,  10,  20,  50],
    [11,   1, 8,  8,  20,  40,  150],
    [50,   1, 8,  8,  20,  40,  150],
    [51,   1, 12, 12, 30,  60,  300],
    [100,  1, 12, 12, 30,  60,  300],
    [250,  1, 20, 20, 50,  100, 750],
    [251,  2, 16, 32, 80,  160, 1500],
    [500,  2, 16, 32, 80,  160, 1500],
    [1000, 3, 17, 51, 125, 250, 3000],
    [1500, 4, 17, 68, 170, 340, 4500],
  ])('sizes %i sites by the matrix: %i regions of %i', (sites, regions, each, all, cores, gb, database) => {
    const { recommended, database: planned } = planOf(profile, { sites });
    expect(recommended).toMatchObject({ sizing: { id: 'matrix' }, feasible: true, parts: regions });
    expect(recommended?.components[0]).toMatchObject({ replicas: each });
    expect(regions * each).toBe(all);
    // $0.04 a core-hour and $0.005 a GB-hour, 730 hours.
    expect(recommended?.costUsdPerMonth).toBeCloseTo((cores * 0.04 + gb * 0.005) * 730, 2);
    expect(planned?.storageGib).toEqual({ provisioned: database });
  });

  it.each([
    [10, [4, 3, 5, 3, 2]],
    [50, [8, 6, 10, 6, 4]],
    [100, [12, 9, 15, 9, 6]],
    // 15, 25, 15 and 10 by the ratio.
    [250, [20, 12, 25, 10, 8]],
    [500, [16, 12, 20, 10, 8]],
  ])('keeps the others in the ratio of the baseline at %i sites, within limits', (sites, pods) => {
    expect(Object.values(replicasOf(recommendedOf(profile, { sites })))).toEqual(pods);
  });

  it('says where the ratio of the baseline meets a limit, and nowhere else', () => {
    const limits = (sites: number) =>
      planOf(profile, { sites }).warnings.filter((each) => each.includes('is its limit')).length;
    expect([10, 50, 100, 250, 500].map(limits)).toEqual([0, 0, 0, 3, 1]);
  });

  it('takes traps in place of sites, and needs one of them', () => {
    expect(planOf(profile, { traps: 10_000 }).inputs).toEqual({
      traps: 10_000,
      inspections_per_day: 100_000,
    });
    expect(replicasOf(recommendedOf(profile, { traps: 25_001 }))).toEqual(
      replicasOf(recommendedOf(profile, { sites: 500 })),
    );
    expect(whatIf(profile, new Map([['inspections_per_day', '5000']]))).toEqual({
      kind: 'misuse',
      mistakes: ['sites is missing (sites, 1 to 5000)'],
    });
  });

  it('takes the row that covers the inspections as well as the traps', () => {
    const more = recommendedOf(profile, { sites: 100, inspections_per_day: 200_000 });
    expect(more.components[0]?.replicas).toBe(20);
  });

  it.each([
    [10, 'primary', false, 0],
    [50, 'primary + PgBouncer', true, 0],
    [100, 'primary + PgBouncer', true, 0],
    [250, 'primary + 1 replica + PgBouncer', true, 1],
    [1000, 'primary + 1 replica + PgBouncer', true, 1],
  ])('plans the database of %i sites: %s', (sites, stage, pooled, replicas) => {
    const { database } = planOf(profile, { sites });
    expect(database).toMatchObject({ stage, replicas, settings: { max_connections: 200 } });
    expect(database?.pooler).toEqual(
      pooled ? { replicas: 3, maxClients: 1000, serverConnections: 25 } : undefined,
    );
  });

  it('adds up the connections of a rollout', () => {
    // 8 inspectors and 2 more during a rollout, 25 each: more than the 197 that are free.
    expect(recommendedOf(profile, { sites: 50 }).values['connections']).toBe(250);
  });

  it('forecasts 100 sites at 10 % a month as the guide does, rounded to nearest', () => {
    const answer = forecast(profile, new Map([['sites', '100']]));
    if (answer.kind !== 'forecast') throw new Error(answer.mistakes.join('\n'));
    expect(answer).toMatchObject({ per: 'month', growth: 0.1 });
    expect(answer.rows.map(({ amount }) => amount)).toEqual([
      100, 110, 121, 133, 146, 161, 177, 195, 214, 236, 259, 285, 314,
    ]);
    const own = answer.milestones.filter(({ level }) => level !== undefined);
    expect(own.map(({ id, period, level }) => [id, period, level])).toEqual([
      ['medium-cluster', 1, 100],
      ['database-scaling', 1, 100],
      ['large-cluster', 10, 250],
    ]);
  });

  it('has all three kinds of trigger and the levels of the guide', () => {
    const rows = [...profile.triggers.values()].map(
      ({ alert, component, kind, fires, warnAt, fireAt, forMs }) =>
        `${alert} ${component} ${kind} ${fires} ${warnAt ?? '-'} ${fireAt} ${forMs / 60_000}m`,
    );
    const everywhere = [...profile.components.keys()].flatMap((id) => [
      `HighCPUUtilization ${id} ratio above 0.7 0.8 5m`,
      `HighMemoryUtilization ${id} ratio above 0.8 0.85 5m`,
      `LowResourceUtilization ${id} investigate below 0.3 0.2 30m`,
    ]);
    expect(rows.toSorted()).toEqual(
      [
        ...everywhere,
        'InspectionQueueBacklog worker backlog above - 500 10m',
        'HighRequestQueue api-gateway backlog above - 100 5m',
        'HighAPILatency api-gateway investigate above - 2 5m',
        'HighErrorRate steam-trap-inspector investigate above - 0.05 5m',
      ].toSorted(),
    );
  });

  it('fires every alert on exactly what it measures afterwards', () => {
    for (const { expr, measure, fires, fireAt } of profile.triggers.values()) {
      const sign = fires === 'above' ? '>' : '<';
      expect(oneLine(expr)).toBe(`(${oneLine(measure.promql)}) ${sign} ${fireAt}`);
    }
  });

  // biome-ignore format: a table
  it.each([
    ['inspection-backlog', 5, 812,  300,       8],
    ['inspection-backlog', 5, 812,  undefined, 7],
    ['request-queue',      3, 140,  undefined, 4],
    ['request-queue',      12, 900, undefined, 12],
    ['high-memory-worker', 5, 0.9,  undefined, 6],
  ])('answers %s on %i pods at %d, %s arriving, with %i', (id, now, measured, arriving, target) => {
    const trigger = triggerOf(profile, id);
    const component = componentOf(profile, trigger.component);
    const sizing = sizeForTrigger({
      component,
      trigger,
      currentReplicas: now,
      measured: makeReading(measured),
      ...(arriving !== undefined && { arrival: makeReading(arriving) }),
      bounds: component.replicas,
    });
    if (target > now) expect(sizing).toMatchObject({ kind: 'scale', target });
    else expect(sizing.kind).not.toBe('scale');
  });

  it('takes nothing away when little is used, and says what to look at', () => {
    const trigger = triggerOf(profile, 'low-use-worker');
    const component = componentOf(profile, 'worker');
    const facts = { component, trigger, currentReplicas: 12, bounds: component.replicas };
    const sizing = sizeForTrigger({ ...facts, measured: makeReading(0.1) });
    expect(sizing.kind).toBe('investigate');
    expect(sizing.kind === 'investigate' && sizing.lookAt[0]).toContain('below 40 %');
  });
});

describe('more demand on gl-008', () => {
  const demands = fc.record(
    {
      sites: fc.integer({ min: 1, max: 5000 }),
      traps: fc.integer({ min: 1, max: 500_000 }),
      inspections_per_day: fc.integer({ min: 1, max: 5_000_000 }),
    },
    { requiredKeys: ['sites'] },
  );

  it('never asks for fewer pods, cores or memory over all regions', () => {
    fc.assert(
      fc.property(
        demands,
        fc.constantFrom('sites', 'traps', 'inspections_per_day'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, name, share) => {
          const { inputs } = planOf(profile, given);
          const max = profile.inputs.get(name)?.max ?? 0;
          const now = inputs[name] ?? 0;
          const more = Math.min(max, Math.ceil(now + (max - now) * share));
          const before = sizeOf(profile, given);
          for (const [index, after] of sizeOf(profile, { ...given, [name]: more }).entries()) {
            expect(after).toBeGreaterThanOrEqual(before[index] ?? 0);
          }
        },
      ),
    );
  });

  it('is covered by its regions, each within the limits of its components', () => {
    fc.assert(
      fc.property(demands, (given) => {
        const { parts, components, values, database } = recommendedOf(profile, given);
        const wanted = values['matrix_replicas'] ?? Number.NaN;
        expect(parts * (components[0]?.replicas ?? 0)).toBeGreaterThanOrEqual(wanted);
        expect(database?.shards).toBe(parts);
        expect(components).toHaveLength(5);
        for (const { id, replicas } of components) {
          const { min, max } = componentOf(profile, id).replicas;
          expect(replicas).toBeGreaterThanOrEqual(min);
          expect(replicas).toBeLessThanOrEqual(max);
        }
      }),
    );
  });

  it('leaves the formula of the forecast beside the matrix', () => {
    const replicas = [10, 50, 100, 250, 500, 1000].map(
      (sites) => sizingOf(profile, 'forecast-formula', { sites }).components[0]?.replicas,
    );
    expect(replicas).toEqual([4, 8, 16, 40, 80, 160]);
  });
});
