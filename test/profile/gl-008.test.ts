// Checks the first profile against the figures of its guide.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { sizeForTrigger } from '../../src/profile/size-for-trigger.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { readProfileFile } from './read-fixture.ts';

function read(): Profile {
  const parsed = parseProfile(readProfileFile('gl-008.yaml'), 'profiles/gl-008.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return parsed.value;
}

const profile = read();

function oneLine(promql: string): string {
  return promql.replaceAll(/\s+/g, ' ');
}

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
      expect(profile.components.get(id)).toMatchObject({
        workload: { kind: 'Deployment', namespace: 'greenlang-gl008', name: id, container: id },
        replicas: { min, max, baseline },
        pod: { cpuMillicores, memoryMi },
        throughput: { value: throughput },
      });
    },
  );

  it('sums its baselines to 17 pods, 25 cores and 50 GB, as the rows of the guide do', () => {
    const all = [...profile.components.values()];
    const sum = (amount: (component: (typeof all)[number]) => number) =>
      all.reduce((total, component) => total + amount(component), 0);
    expect(sum(({ replicas }) => replicas.baseline)).toBe(17);
    expect(sum(({ replicas, pod }) => replicas.baseline * pod.cpuMillicores)).toBe(25_000);
    expect(sum(({ replicas, pod }) => replicas.baseline * pod.memoryMi)).toBe(50 * 1024);
  });

  it('has the autoscaler of the inspector', () => {
    expect(profile.components.get('steam-trap-inspector')?.autoscaling).toMatchObject({
      hpa: { name: 'steam-trap-inspector-hpa', min: 4, max: 20 },
      up: { percent: 100, pods: 4, periodSeconds: 30, select: 'Max', windowSeconds: 60 },
      down: { percent: 50, pods: 2, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
    });
  });

  it.each([
    [10, 4],
    [50, 8],
    [51, 12],
    [100, 12],
    [250, 20],
    [500, 32],
    [1000, 50],
    [1500, 68],
  ])('sizes %i sites with %i inspectors by the matrix', (sites, replicas) => {
    const matrix = profile.sizings.find(({ id }) => id === 'matrix');
    expect(matrix?.replicas.evaluate({ sites })).toEqual({ ok: true, value: replicas });
  });

  it.each([
    [10, 4],
    [100, 16],
    [250, 40],
    [500, 80],
    [1000, 160],
  ])('keeps the formula of the forecast beside it: %i sites, %i inspectors', (sites, replicas) => {
    const traps = profile.inputs.get('traps')?.default?.evaluate({ sites });
    if (traps?.ok !== true) throw new Error('the traps follow from the sites');
    const inspections = profile.inputs
      .get('inspections_per_day')
      ?.default?.evaluate({ traps: traps.value });
    if (inspections?.ok !== true) throw new Error('the inspections follow from the traps');
    const forecast = profile.sizings.find(({ id }) => id === 'forecast-formula');
    expect(forecast?.replicas.evaluate({ inspections_per_day: inspections.value })).toEqual({
      ok: true,
      value: replicas,
    });
  });

  it('has all three kinds of trigger and the thresholds of the guide', () => {
    const rows = [...profile.triggers.values()].map(
      ({ alert, component, kind, fireAt, forMs }) =>
        `${alert} ${component} ${kind} ${fireAt} ${forMs / 60_000}m`,
    );
    expect(rows).toEqual(
      expect.arrayContaining([
        'InspectionQueueBacklog worker backlog 500 10m',
        'HighCPUUtilization worker ratio 0.8 5m',
        'HighCPUUtilization steam-trap-inspector ratio 0.8 5m',
        'HighMemoryUtilization worker ratio 0.85 5m',
        'HighMemoryUtilization steam-trap-inspector ratio 0.85 5m',
        'HighAPILatency api-gateway investigate 2 5m',
        'HighErrorRate steam-trap-inspector investigate 0.05 5m',
      ]),
    );
  });

  it('fires every alert on exactly what it measures afterwards', () => {
    for (const { expr, measure, fireAt } of profile.triggers.values()) {
      expect(oneLine(expr)).toBe(`${oneLine(measure.promql)} > ${fireAt}`);
    }
  });

  it.each([
    [300, 8],
    [undefined, 7],
  ])('answers a backlog of 812 with %s arriving per minute with %i workers', (arriving, target) => {
    const component = profile.components.get('worker');
    const trigger = profile.triggers.get('inspection-backlog');
    if (component === undefined || trigger === undefined) throw new Error('the profile has both');
    const reading = { kind: 'value', at: new Date(0), ageSeconds: 0, source: 'test' } as const;
    const sizing = sizeForTrigger({
      component,
      trigger,
      currentReplicas: 5,
      measured: { ...reading, value: 812 },
      ...(arriving !== undefined && { arrival: { ...reading, value: arriving } }),
      bounds: component.replicas,
    });
    expect(sizing).toMatchObject({ kind: 'scale', target });
  });

  it('has the rates of the guide and a month of 730 hours', () => {
    expect(profile.cost).toMatchObject({
      cpuCoreHourUsd: 0.04,
      memoryGbHourUsd: 0.005,
      databaseGbMonthUsd: 0.1,
      hoursPerMonth: 730,
    });
  });
});
