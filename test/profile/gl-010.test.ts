// Checks the profile of EMISSIONWATCH against the figures of its guide.
import { describe, expect, it } from 'vitest';
import { whatIf } from '../../src/plan/what-if.ts';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { sizeForTrigger } from '../../src/profile/size-for-trigger.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { componentOf, makeReading, triggerOf } from '../make.ts';
import { readProfileFile } from './read-fixture.ts';

function read(): Profile {
  const parsed = parseProfile(readProfileFile('gl-010.yaml'), 'profiles/gl-010.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return parsed.value;
}

const profile = read();

function size(facilities: number) {
  const result = whatIf(profile, new Map([['facilities', String(facilities)]]));
  if (result.kind !== 'sized') throw new Error(result.mistakes.join('\n'));
  return result;
}

function answer(id: string, { now, measured }: { now: number; measured: number }) {
  const trigger = triggerOf(profile, id);
  const component = componentOf(profile, trigger.component);
  return sizeForTrigger({
    component,
    trigger,
    currentReplicas: now,
    measured: makeReading(measured),
    bounds: component.replicas,
  });
}

function oneLine(promql: string): string {
  return promql.replaceAll(/\s+/g, ' ');
}

describe('the profile gl-010', () => {
  // biome-ignore format: a table
  it.each([
    // workload, container, min, max, baseline, CPU, memory
    ['gl-010-emissionwatch',    'emissionwatch',    2, 20, 4, 1000, 2048],
    ['gl-010-cems-collector',   'cems-collector',   1, 10, 1, 500,  512],
    ['gl-010-calculator',       'calculator',       2, 16, 2, 2000, 2048],
    ['gl-010-report-generator', 'report-generator', 1, 4,  4, 2000, 4096],
    ['gl-010-edge-collector',   'edge-collector',   1, 1,  1, 250,  512],
  ])('has the limits and the pod of %s', (name, container, min, max, baseline, cpuMillicores, memoryMi) => {
    expect(componentOf(profile, name)).toMatchObject({
      workload: { kind: 'Deployment', namespace: 'gl-agents', name, container },
      replicas: { min, max, baseline },
      pod: { cpuMillicores, memoryMi },
    });
  });

  it('has five components', () => {
    expect(profile.components.size).toBe(5);
  });

  it.each([
    ['gl-010-emissionwatch', { value: 1000, unit: 'data points/s' }],
    ['gl-010-cems-collector', { value: 50, unit: 'connections' }],
    ['gl-010-calculator', { value: 100, unit: 'calculations/min' }],
    ['gl-010-report-generator', undefined],
    ['gl-010-edge-collector', undefined],
  ])('has what one pod of %s gets done, where the guide lets it be known', (id, throughput) => {
    const component = componentOf(profile, id);
    if (throughput === undefined) expect(component.throughput).toBeUndefined();
    else expect(component.throughput).toMatchObject(throughput);
  });

  it('has the three autoscalers of the guide, and a policy where it states one', () => {
    const autoscalers = [...profile.components.values()].flatMap(({ autoscaling }) =>
      autoscaling === undefined ? [] : [autoscaling],
    );
    expect(autoscalers).toEqual([
      {
        hpa: { name: 'gl-010-emissionwatch-hpa', min: 2, max: 20 },
        up: { percent: 100, pods: 4, periodSeconds: 15, select: 'Max', windowSeconds: 60 },
        down: { percent: 10, periodSeconds: 60, select: 'Max', windowSeconds: 300 },
        source: '4.1 Auto-Scaling Configuration',
      },
      {
        hpa: { name: 'gl-010-cems-collector-hpa', min: 1, max: 10 },
        source: '4.2 Component-Specific Scaling',
      },
      {
        hpa: { name: 'gl-010-calculator-hpa', min: 2, max: 16 },
        source: '4.2 Component-Specific Scaling',
      },
    ]);
  });

  it('takes what is not given from the examples of the guide', () => {
    expect(size(50).inputs).toEqual({
      facilities: 50,
      sources_per_facility: 20,
      pollutants: 5,
      samples_per_day: 1440,
      retention_years: 7,
      growth_per_year: 0.2,
    });
  });

  // biome-ignore format: a table
  it.each([
    // facilities, by the table, by the size of the deployment
    [1,   2,  2],
    [2,   3,  2],
    [10,  3,  2],
    [11,  4,  4],
    [25,  5,  4],
    [26,  6,  4],
    [50,  8,  4],
    [60,  9,  8],
    [75,  10, 8],
    [100, 12, 8],
    [150, 16, 8],
    [200, 20, 8],
  ])('sizes %i facilities with %i pods by its table', (facilities, table, deployment) => {
    expect(size(facilities)).toMatchObject({
      recommended: 'sizing-table',
      sizings: [
        { id: 'sizing-table', replicas: table, feasible: true },
        { id: 'deployment-size', replicas: deployment, feasible: true },
      ],
    });
  });

  it('recommends nothing above 200 facilities, and says which limits they meet', () => {
    const { recommended, sizings } = size(201);
    expect(recommended).toBeUndefined();
    expect(sizings.map(({ feasible, reasons }) => ({ feasible, reasons }))).toEqual([
      { feasible: false, reasons: ['21 replicas are more than the 20 it may have in one place'] },
      { feasible: false, reasons: ['201 is beyond the last row of its table, 200'] },
    ]);
  });

  it('has all three kinds of trigger and the thresholds of the guide', () => {
    const rows = [...profile.triggers.values()].map(
      ({ alert, component, kind, fireAt, target, forMs }) =>
        `${alert} ${component} ${kind} ${fireAt} ${target} ${forMs / 60_000}m`,
    );
    expect(rows).toEqual([
      'GL010HighCPU gl-010-emissionwatch ratio 0.85 0.7 5m',
      'GL010HighMemory gl-010-emissionwatch ratio 0.9 0.75 5m',
      'GL010DataPointsPerPod gl-010-emissionwatch ratio 1100 1000 5m',
      'GL010ConnectionsPerPod gl-010-cems-collector ratio 55 50 5m',
      'GL010HighQueueDepth gl-010-calculator backlog 1000 500 2m',
      'GL010ProcessingLag gl-010-emissionwatch investigate 300 60 5m',
      'GL010HighLatency gl-010-emissionwatch investigate 2 1 5m',
      'GL010HighErrorRate gl-010-emissionwatch investigate 0.01 0.001 5m',
      'GL010DatabaseConnections gl-010-emissionwatch investigate 0.9 0.7 5m',
      'GL010DatabaseQueries gl-010-emissionwatch investigate 2000 1000 5m',
      'GL010DatabaseCacheHits gl-010-emissionwatch investigate 0.8 undefined 5m',
      'GL010ReplicationLag gl-010-emissionwatch investigate 60 10 5m',
    ]);
  });

  it('fires every alert on exactly what it measures afterwards', () => {
    for (const { id, expr, measure, fireAt } of profile.triggers.values()) {
      const compared = id === 'database-cache-hits' ? '<' : '>';
      expect(oneLine(expr)).toBe(`${oneLine(measure.promql)} ${compared} ${fireAt}`);
    }
  });

  // biome-ignore format: a table
  it.each([
    ['high-cpu',            4,  0.9,  6],  // 5.1
    ['high-cpu',            19, 0.9,  20], // 24.4, the maximum is 20
    ['high-memory',         4,  0.92, 5],  // 4.9
    ['data-points-per-pod', 4,  1250, 5],
    ['data-points-per-pod', 2,  9000, 6],  // 18, one step of the policy is 4
    ['connections-per-pod', 1,  80,   2],
    ['connections-per-pod', 3,  180,  6],  // 10.8, without a policy one plan doubles
    ['queue-depth',         2,  1200, 4],  // (200 + 120) / 100 = 3.2
    ['queue-depth',         2,  5000, 4],  // 7, without a policy one plan doubles
    ['queue-depth',         12, 9000, 16], // 21, the maximum is 16
  ])('answers %s on %i pods at %d with %i', (id, now, measured, target) => {
    expect(answer(id, { now, measured })).toMatchObject({ kind: 'scale', target });
  });

  it('sizes the calculators by what arrives, when that is known', () => {
    const component = componentOf(profile, 'gl-010-calculator');
    const sizing = sizeForTrigger({
      component,
      trigger: triggerOf(profile, 'queue-depth'),
      currentReplicas: 4,
      measured: makeReading(1500),
      arrival: makeReading(450),
      bounds: component.replicas,
    });
    // (450 + 1500 / 10) / 100
    expect(sizing).toMatchObject({ kind: 'scale', target: 6 });
  });

  // biome-ignore format: a table
  it.each([
    ['processing-lag',           360,    '360 s measured, the alert fires at 300 s'],
    ['latency',                  2.5,    '2.5 s measured, the alert fires at 2 s'],
    ['errors',                   0.02,   '2 % measured, the alert fires at 1 %'],
    ['database-connections',     0.95,   '95 % measured, the alert fires at 90 %'],
    ['database-queries',         2500,   '2500 queries/s measured, the alert fires at 2000 queries/s'],
    ['database-cache-hits',      0.75,   '75 % measured, the alert fires below 80 %'],
    ['database-replication-lag', 90,     '90 s measured, the alert fires at 60 s'],
  ])('says of %s what to look at and proposes no size', (id, measured, because) => {
    const sizing = answer(id, { now: 4, measured });
    expect(sizing).toMatchObject({ kind: 'investigate', because });
    expect(sizing.kind === 'investigate' && sizing.lookAt.length).toBeGreaterThanOrEqual(3);
  });

  it('costs pods at the rates of another guide, and says so', () => {
    expect(profile.cost).toEqual({
      cpuCoreHourUsd: 0.05,
      memoryGbHourUsd: 0.01,
      hoursPerMonth: 730,
      source:
        'GL-003 guide, Cost Optimization, Resource Cost Analysis (the GL-010 guide states no rates)',
    });
    // (1 core × $0.05 + 2 GB × $0.01) × 730 h = $51.10 a pod.
    expect(size(50).sizings[0]?.costUsdPerMonth).toBe(408.8);
  });
});
