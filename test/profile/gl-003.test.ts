// Checks the profile of the steam system analyzer against the figures of its guide.
import { describe, expect, it } from 'vitest';
import { whatIf } from '../../src/plan/what-if.ts';
import { oneLine, readProfile, sizeFor, triggerRow } from './read-profile.ts';

const profile = readProfile('gl-003');

const ask = (inputs: Readonly<Record<string, number>>) => {
  const given = Object.entries(inputs).map(([name, value]) => [name, String(value)] as const);
  const result = whatIf(profile, new Map(given));
  if (result.kind !== 'sized') throw new Error(result.mistakes.join('\n'));
  return result;
};

describe('the profile gl-003', () => {
  // biome-ignore format: a table
  it.each([
    // component, kind, namespace, workload, container, min, max, baseline, CPU, memory
    ['steam-analyzer', 'Deployment',  'greenlang-agents', 'gl-003-steam-analyzer', 'steam-analyzer', 3, 10, 3, 500,  1024],
    ['pgbouncer',      'Deployment',  'greenlang-agents', 'pgbouncer',             'pgbouncer',      2, 2,  2, 100,  128],
    ['postgresql',     'StatefulSet', 'greenlang-db',     'postgresql',            'postgresql',     1, 1,  1, 4000, 16_384],
  ])(
    'has the baseline and limits of %s',
    (id, kind, namespace, name, container, min, max, baseline, cpuMillicores, memoryMi) => {
      expect(profile.components.get(id)).toMatchObject({
        workload: { kind, namespace, name, container },
        replicas: { min, max, baseline },
        pod: { cpuMillicores, memoryMi },
      });
    },
  );

  it('counts 150 meters a pod, which is no rate', () => {
    const throughput = profile.components.get('steam-analyzer')?.throughput;
    expect(throughput).toMatchObject({ value: 150, unit: 'meters' });
    expect(throughput?.perMinute).toBeUndefined();
  });

  it('has the autoscaler of the analyzer', () => {
    expect(profile.components.get('steam-analyzer')?.autoscaling).toMatchObject({
      hpa: { name: 'gl-003-steam-analyzer-hpa', min: 3, max: 10 },
      up: { percent: 50, pods: 2, periodSeconds: 60, select: 'Max', windowSeconds: 60 },
      down: { percent: 25, pods: 1, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
    });
  });

  it('samples once a second and keeps 90 days unless told otherwise', () => {
    expect(ask({ meters: 100 }).inputs).toEqual({ meters: 100, hz: 1, retention_days: 90 });
  });

  // 0: the table has no row.
  // biome-ignore format: a table
  it.each([
    // meters, Hz, planner, formula, table, matrix, procedure, recommended
    [100,  1,  3,  3,  3,  3, 3, 'planner'],
    [150,  1,  3,  3,  3,  4, 3, 'planner'],
    [300,  1,  3,  3,  3,  4, 3, 'planner'],
    [500,  1,  5,  5,  4,  4, 3, 'planner'],
    [500,  10, 5,  5,  4,  5, 3, 'planner'],
    [600,  1,  6,  5,  4,  5, 5, 'planner'],
    [900,  1,  8,  7,  5,  5, 5, 'planner'],
    [1000, 1,  9,  8,  7,  5, 5, 'planner'],
    [1153, 1,  10, 9,  7,  7, 7, 'planner'],
    [1154, 1,  10, 9,  7,  7, 7, 'planner'],
    [1500, 1,  10, 11, 7,  7, 7, 'planner'],
    [2000, 1,  10, 15, 10, 7, 7, 'planner'],
    [3000, 1,  10, 21, 10, 0, 0, 'planner'],
    [5000, 1,  44, 35, 0,  0, 0, undefined],
  ])('%i meters at %i Hz', (meters, hz, planner, formula, table, matrix, procedure, recommended) => {
    const result = ask({ meters, hz });
    expect(result.sizings.map(({ id, replicas }) => [id, replicas])).toEqual([
      ['planner', planner],
      ['replica-formula', formula],
      ['sizing-table', table],
      ['decision-matrix', matrix],
      ['meter-procedure', procedure],
    ]);
    expect(result.recommended).toBe(recommended);
  });

  it('says what does not fit: more than 10 pods, and what needs shards', () => {
    expect(
      ask({ meters: 5000 }).sizings.map(({ feasible, reasons }) => [feasible, reasons]),
    ).toEqual([
      [false, ['44 replicas are more than the 10 it may have in one place']],
      [false, ['35 replicas are more than the 10 it may have in one place']],
      [false, ['5000 is beyond the last row of its table, 3000']],
      [false, ['5000 is beyond the last row of its table, 2000']],
      [false, ['5000 is beyond the last row of its table, 2000']],
    ]);
  });

  it('has no row of the decision matrix above 500 meters at 10 Hz, and none above 10 Hz', () => {
    const matrix = (meters: number, hz: number) =>
      ask({ meters, hz }).sizings.find(({ id }) => id === 'decision-matrix')?.reasons;
    expect(matrix(501, 10)).toEqual(['501 is beyond the last row of its table, 500']);
    expect(matrix(500, 11)).toEqual(['11 is beyond the last row of its table, 10']);
  });

  it('has a trigger for every threshold of the guide', () => {
    expect([...profile.triggers.values()].map(triggerRow)).toEqual([
      'GL003HighCPU steam-analyzer ratio 0.8 0.7',
      'GL003HighMemory steam-analyzer ratio 0.8 0.75',
      'GL003MetersPerPod steam-analyzer ratio 165 150',
      'GL003RequestsPerPod steam-analyzer ratio 110 100',
      'GL003HotPodCPU steam-analyzer investigate 0.8 -',
      'GL003HotPodMemory steam-analyzer investigate 0.8 -',
      'GL003HighResponseTime steam-analyzer investigate 0.5 0.2',
      'GL003DatabaseConnections postgresql investigate 0.85 -',
      'GL003MetersPerFacility steam-analyzer investigate 500 -',
      'GL003SamplingFrequency steam-analyzer investigate 10 -',
      'GL003ZonesPerFacility steam-analyzer investigate 50 -',
    ]);
  });

  it('fires every alert on exactly what it measures afterwards', () => {
    for (const { expr, measure, fireAt } of profile.triggers.values()) {
      expect(oneLine(expr)).toBe(`${oneLine(measure.promql)} > ${fireAt}`);
    }
  });

  it('answers 200 meters a pod on 3 pods with 4', () => {
    expect(sizeFor(profile, 'meters-per-pod', { current: 3, value: 200 })).toMatchObject({
      kind: 'scale',
      target: 4,
      limitsMet: [],
    });
  });

  it('goes no further than the 10 pods of the guide', () => {
    expect(sizeFor(profile, 'meters-per-pod', { current: 8, value: 300 })).toMatchObject({
      kind: 'scale',
      target: 10,
      wanted: 16,
    });
    expect(sizeFor(profile, 'meters-per-pod', { current: 10, value: 300 }).kind).toBe('frozen');
  });

  it('proposes nothing for memory between 80 % and 82.5 %', () => {
    expect(sizeFor(profile, 'analyzer-memory', { current: 4, value: 0.82 }).kind).toBe('enough');
    expect(sizeFor(profile, 'analyzer-memory', { current: 4, value: 0.84 })).toMatchObject({
      kind: 'scale',
      target: 5,
    });
  });

  it('answers a slow response with what to look at and no size', () => {
    expect(sizeFor(profile, 'response-time', { current: 4, value: 0.9 })).toMatchObject({
      kind: 'investigate',
      because: '0.9 s measured, the alert fires at 0.5 s',
    });
  });

  // Vectors of the guide's planner: 150 meters a pod, and bigger pods where ten are not enough.
  it.each([
    [100, 1, 3, 480, 1560],
    [500, 1, 5, 480, 1560],
    [1000, 1, 9, 480, 1560],
    [500, 10, 5, 525, 1650],
    [2000, 1, 10, 755, 2110],
    [3000, 1, 10, 1080, 2760],
  ])('plans %i meters at %i Hz as %i pods of %im and %iMi', (meters, hz, replicas, cpu, memory) => {
    expect(ask({ meters, hz }).sizings[0]).toMatchObject({
      replicas,
      feasible: true,
      pod: { cpuRequestMillicores: cpu, memoryRequestMi: memory, stated: true },
    });
  });

  it('prices a row with its own pods, and one that names none with those recommended', () => {
    const [planner, formula, table] = ask({ meters: 2000 }).sizings;
    // 10 × (2 cores × $0.05 + 4 GB × $0.01) × 730 h
    expect(table).toMatchObject({ replicas: 10, costUsdPerMonth: 1022 });
    expect(formula?.pod).toEqual({ ...planner?.pod, stated: false });
  });

  it('has the rates of the guide: 3 planned pods cost $85.92 a month', () => {
    expect(profile.cost).toMatchObject({
      cpuCoreHourUsd: 0.05,
      memoryGbHourUsd: 0.01,
      databaseGbMonthUsd: 0.1,
      hoursPerMonth: 730,
    });
    // 3 × (0.48 cores × $0.05 + 1560/1024 GB × $0.01) × 730 h
    expect(ask({ meters: 100 }).sizings[0]).toMatchObject({ costUsdPerMonth: 85.92 });
  });
});
