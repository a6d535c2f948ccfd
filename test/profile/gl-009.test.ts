// Checks the profile of THERMALIQ against the figures of its guide.
import { describe, expect, it } from 'vitest';
import { whatIf } from '../../src/plan/what-if.ts';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { sizeForTrigger } from '../../src/profile/size-for-trigger.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { componentOf, makeReading, triggerOf } from '../make.ts';
import { readProfileFile } from './read-fixture.ts';

function read(): Profile {
  const parsed = parseProfile(readProfileFile('gl-009.yaml'), 'profiles/gl-009.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return parsed.value;
}

const profile = read();

function size(inputs: Readonly<Record<string, string>>) {
  const result = whatIf(profile, new Map(Object.entries(inputs)));
  if (result.kind !== 'sized') throw new Error(result.mistakes.join('\n'));
  return result;
}

function replicasBy(id: string, inputs: Readonly<Record<string, string>>): number | undefined {
  return size(inputs).sizings.find((sizing) => sizing.id === id)?.replicas;
}

function oneLine(promql: string): string {
  return promql.replaceAll(/\s+/g, ' ');
}

describe('the profile gl-009', () => {
  it('has the pod, the limits and the throughput of thermaliq, and nothing else to scale', () => {
    expect([...profile.components.keys()]).toEqual(['thermaliq']);
    expect(componentOf(profile, 'thermaliq')).toMatchObject({
      workload: {
        kind: 'Deployment',
        namespace: 'gl-009-production',
        name: 'thermaliq',
        container: 'thermaliq',
      },
      replicas: { min: 4, max: 12, baseline: 4 },
      pod: { cpuMillicores: 2000, memoryMi: 4096 },
      throughput: { value: 0.1, unit: 'calculations/s', perMinute: 6 },
    });
  });

  it('has the first autoscaler of the guide', () => {
    expect(componentOf(profile, 'thermaliq').autoscaling).toEqual({
      hpa: { name: 'thermaliq-hpa', min: 4, max: 12 },
      up: { percent: 50, pods: 2, periodSeconds: 60, select: 'Max', windowSeconds: 60 },
      down: { percent: 25, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
      source: 'Auto-Scaling, Horizontal Pod Autoscaler (CPU-Based HPA)',
    });
  });

  it('takes what is not given from the examples of the guide', () => {
    expect(size({ calculations_per_hour: '50' }).inputs).toEqual({
      calculations_per_hour: 50,
      avg_duration_s: 10,
      concurrent: 5,
      data_points: 50_000,
      growth_per_month: 0.15,
    });
  });

  // biome-ignore format: a table
  it.each([
    ['1000', '10',  4],
    ['2100', '10',  7],
    ['2400', '12',  10],
    ['3600', '10',  12],
    ['4200', '10',  14],
    ['267',  '600', 54],
  ])('asks for pods by the formula: %s calculations an hour of %s s', (perHour, seconds, pods) => {
    const inputs = { calculations_per_hour: perHour, avg_duration_s: seconds };
    expect(replicasBy('formula', inputs)).toBe(pods);
  });

  // biome-ignore format: a table
  it.each([
    ['50',  4],
    ['58',  4],
    ['59',  5],
    ['66',  5],
    ['76',  6],
    ['116', 8],
    ['267', 12],
    ['268', 12],
    ['1000', 12],
  ])('asks for pods by the table: %s calculations an hour', (perHour, pods) => {
    const inputs = { calculations_per_hour: perHour };
    expect(replicasBy('projection-table', inputs)).toBe(pods);
    expect(size(inputs).recommended).toBe('projection-table');
  });

  it.each([
    [{ calculations_per_hour: '4200' }, 14],
    [{ calculations_per_hour: '267', avg_duration_s: '600' }, 54],
  ])('recommends nothing above its limits, and says which it meets: %j', (inputs, pods) => {
    const { recommended, sizings } = size(inputs);
    const reasons = [`${pods} replicas are more than the 12 it may have in one place`];
    expect(recommended).toBeUndefined();
    expect(sizings).toMatchObject([
      { id: 'projection-table', replicas: pods, feasible: false, reasons },
      { id: 'formula', replicas: pods, feasible: false, reasons },
    ]);
  });

  it('never answers more load with fewer pods', () => {
    const loads = [1, 50, 58, 59, 116, 200, 267, 268, 500, 1000, 2100, 3600, 3601, 4200, 100_000];
    const pods = loads.map((load) =>
      replicasBy('projection-table', { calculations_per_hour: String(load) }),
    );
    expect(pods).toEqual(pods.toSorted((a, b) => Number(a) - Number(b)));
  });

  it('has all three kinds of trigger and the thresholds of the guide', () => {
    const rows = [...profile.triggers.values()].map(
      ({ alert, kind, fireAt, target, forMs }) =>
        `${alert} ${kind} ${fireAt} ${target} ${forMs / 60_000}m`,
    );
    expect(rows).toEqual([
      'ThermaliqHighCPU ratio 0.7 0.6 5m',
      'ThermaliqHighMemory ratio 0.8 0.55 5m',
      'ThermaliqQueueDepth backlog 50 40 5m',
      'ThermaliqHighLatency investigate 20 5 5m',
      'ThermaliqHighErrorRate investigate 0.02 undefined 5m',
    ]);
  });

  it('fires every alert on exactly what it measures afterwards', () => {
    for (const { expr, measure, fireAt } of profile.triggers.values()) {
      expect(oneLine(expr)).toBe(`${oneLine(measure.promql)} > ${fireAt}`);
    }
  });

  // biome-ignore format: a table
  it.each([
    // trigger, pods now, measured, arriving per minute, pods afterwards
    ['high-cpu',    4,  0.84, undefined, 6],  // 5.6
    ['high-cpu',    4,  0.71, undefined, 5],  // 4.7
    ['high-memory', 4,  0.81, undefined, 6],  // 5.9
    ['queue-depth', 4,  51,   24,        5],  // (24 + 5.1) / 6 = 4.85
    ['queue-depth', 4,  120,  undefined, 6],  // (24 + 12) / 6
    ['queue-depth', 4,  400,  30,        6],  // (30 + 40) / 6 = 11.7, one step of the policy is 2
    ['queue-depth', 10, 600,  60,        12], // 20, the maximum is 12
  ])('answers %s on %i pods: %d, with %s arriving', (id, now, measured, arriving, target) => {
    const component = componentOf(profile, 'thermaliq');
    const sizing = sizeForTrigger({
      component,
      trigger: triggerOf(profile, id),
      currentReplicas: now,
      measured: makeReading(measured),
      ...(arriving !== undefined && { arrival: makeReading(arriving) }),
      bounds: component.replicas,
    });
    expect(sizing).toMatchObject({ kind: 'scale', target });
  });

  it.each([
    ['latency', 25, '25 s measured, the alert fires at 20 s'],
    ['errors', 0.05, '5 % measured, the alert fires at 2 %'],
  ])('says of %s what to look at and proposes no size', (id, measured, because) => {
    const component = componentOf(profile, 'thermaliq');
    const trigger = triggerOf(profile, id);
    const sizing = sizeForTrigger({
      component,
      trigger,
      currentReplicas: 4,
      measured: makeReading(measured),
      bounds: component.replicas,
    });
    expect(sizing).toMatchObject({ kind: 'investigate', because });
    expect(sizing.kind === 'investigate' && sizing.lookAt.length).toBeGreaterThanOrEqual(5);
  });

  it('costs pods at the rates of another guide, and says so', () => {
    expect(profile.cost).toEqual({
      cpuCoreHourUsd: 0.05,
      memoryGbHourUsd: 0.01,
      hoursPerMonth: 730,
      source:
        'GL-003 guide, Cost Optimization, Resource Cost Analysis (the GL-009 guide states no rates)',
    });
    // (2 cores × $0.05 + 4 GB × $0.01) × 730 h = $102.20 a pod.
    expect(size({ calculations_per_hour: '58' }).sizings[0]?.costUsdPerMonth).toBe(408.8);
  });
});
