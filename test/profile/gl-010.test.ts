// Checks the components, triggers and rates of EMISSIONWATCH against its guide.
import { describe, expect, it } from 'vitest';
import { sizeForTrigger } from '../../src/profile/size-for-trigger.ts';
import { componentOf, makeReading, triggerOf } from '../make.ts';
import { oneLine, readProfile } from './read-profile.ts';

const profile = readProfile('gl-010');

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

describe('the profile gl-010', () => {
  // biome-ignore format: a table
  it.each([
    // workload, container, min, max, baseline, CPU and its limit, memory and its limit
    ['gl-010-emissionwatch',    'emissionwatch',    2, 20, 4, 1000, 4000,      2048, 8192],
    ['gl-010-cems-collector',   'cems-collector',   1, 10, 1, 500,  undefined, 512,  undefined],
    ['gl-010-calculator',       'calculator',       2, 16, 2, 2000, 4000,      2048, undefined],
    ['gl-010-report-generator', 'report-generator', 1, 4,  4, 2000, 4000,      4096, 8192],
    ['gl-010-edge-collector',   'edge-collector',   1, 1,  1, 250,  1000,      512,  2048],
  ])('has the limits and the pod of %s', (name, container, min, max, baseline, cpu, cpuLimit, memory, memoryLimit) => {
    const { workload, replicas, pod } = componentOf(profile, name);
    expect(workload).toEqual({ kind: 'Deployment', namespace: 'gl-agents', name, container });
    expect(replicas).toMatchObject({ min, max, baseline });
    expect(pod).toMatchObject({ cpuMillicores: cpu, memoryMi: memory });
    expect([pod.cpuLimitMillicores, pod.memoryLimitMi]).toEqual([cpuLimit, memoryLimit]);
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

  it.each([
    [
      'gl-010-emissionwatch',
      'gl-010-emissionwatch-hpa',
      2,
      20,
      'cems_data_points_per_second',
      1000,
    ],
    ['gl-010-cems-collector', 'gl-010-cems-collector-hpa', 1, 10, 'cems_connections_active', 50],
    ['gl-010-calculator', 'gl-010-calculator-hpa', 2, 16, 'calculation_queue_depth', 100],
  ])('has the autoscaler of %s', (id, name, min, max, pods, average) => {
    const hpa = componentOf(profile, id).autoscaling?.hpa;
    expect(hpa).toMatchObject({ name, min, max });
    expect(hpa?.metrics?.at(-1)).toMatchObject({ pods, average });
    const shares = hpa?.metrics?.filter((metric) => 'resource' in metric);
    expect(shares).toEqual(
      id === 'gl-010-emissionwatch'
        ? [
            { resource: 'cpu', percent: 70 },
            { resource: 'memory', percent: 80 },
          ]
        : [],
    );
  });

  it('has the policies, the sizes and the queue that the guide scales by', () => {
    expect(componentOf(profile, 'gl-010-emissionwatch').autoscaling).toMatchObject({
      up: { percent: 100, pods: 4, periodSeconds: 15, select: 'Max', windowSeconds: 60 },
      down: { percent: 10, periodSeconds: 60, select: 'Max', windowSeconds: 300 },
      vpa: { min: { cpu: 500, memory: 1024 }, max: { cpu: 8000, memory: 16_384 } },
    });
    expect(componentOf(profile, 'gl-010-calculator').autoscaling?.keda).toMatchObject({
      min: 2,
      max: 16,
      kafka: { topic: 'emissions-calculation-requests', group: 'gl-010-calculators', lag: 1000 },
    });
  });

  it('has all three kinds of trigger and the thresholds of the guide', () => {
    const rows = [...profile.triggers.values()].map(
      ({ alert, component, kind, warnAt, fireAt, target, forMs }) =>
        `${alert} ${component} ${kind} ${warnAt ?? '-'} ${fireAt} ${target} ${forMs / 60_000}m`,
    );
    expect(rows).toEqual([
      'GL010HighCPU gl-010-emissionwatch ratio 0.7 0.85 0.7 5m',
      'GL010HighMemory gl-010-emissionwatch ratio 0.75 0.9 0.75 5m',
      'GL010DataPointsPerPod gl-010-emissionwatch ratio - 1100 1000 5m',
      'GL010ConnectionsPerPod gl-010-cems-collector ratio - 55 50 5m',
      'GL010HighQueueDepth gl-010-calculator backlog 500 1000 500 2m',
      'GL010ProcessingLag gl-010-emissionwatch investigate 60 300 60 5m',
      'GL010HighLatency gl-010-emissionwatch investigate 1 2 1 5m',
      'GL010HighErrorRate gl-010-emissionwatch investigate 0.001 0.01 0.001 5m',
      'GL010DatabaseConnections gl-010-emissionwatch investigate 0.7 0.9 0.7 5m',
      'GL010DatabaseQueries gl-010-emissionwatch investigate 1000 2000 1000 5m',
      'GL010DatabaseCacheHits gl-010-emissionwatch investigate 0.9 0.8 0.9 5m',
      'GL010ReplicationLag gl-010-emissionwatch investigate 10 60 10 5m',
    ]);
  });

  it('fires every alert on exactly what it measures afterwards', () => {
    for (const { expr, measure, fires, fireAt } of profile.triggers.values()) {
      const sign = fires === 'above' ? '>' : '<';
      expect(oneLine(expr)).toBe(`(${oneLine(measure.promql)}) ${sign} ${fireAt}`);
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

  it('costs at the rates of another guide, says so, and has the budget of its own', () => {
    expect(profile.cost).toMatchObject({
      cpuCoreHourUsd: 0.05,
      memoryGbHourUsd: 0.01,
      databaseGbMonthUsd: 0.1,
      hoursPerMonth: 730,
      assumed:
        'The GL-010 guide states no rates: these are those of the GL-003 guide, and real prices may differ.',
      perUnit: 'facilities',
      budget: { usdPerMonth: 5000, warnAtPercent: 80 },
    });
  });
});
