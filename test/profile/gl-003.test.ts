// Checks the components, autoscalers and triggers of the steam system analyzer against its guide.
import { describe, expect, it } from 'vitest';
import { oneLine, readProfile, sizeFor, triggerRow } from './read-profile.ts';

const profile = readProfile('gl-003');
const analyzer = profile.components.get('steam-analyzer');

describe('the profile gl-003', () => {
  // biome-ignore format: a table
  it.each([
    // component, kind, namespace, workload, container, min, max, baseline, CPU, memory, limits
    ['steam-analyzer', 'Deployment',  'greenlang-agents', 'gl-003-steam-analyzer', 'steam-analyzer', 3, 10, 3, 500,  1024,   1000, 2048],
    ['pgbouncer',      'Deployment',  'greenlang-agents', 'pgbouncer',             'pgbouncer',      2, 2,  2, 100,  128,    500,  512],
    ['postgresql',     'StatefulSet', 'greenlang-db',     'postgresql',            'postgresql',     1, 1,  1, 4000, 16_384, 8000, 32_768],
  ])(
    'has the baseline and limits of %s',
    (id, kind, namespace, name, container, min, max, baseline, cpu, memory, cpuLimit, memoryLimit) => {
      expect(profile.components.get(id)).toMatchObject({
        workload: { kind, namespace, name, container },
        replicas: { min, max, baseline },
        pod: {
          cpuMillicores: cpu,
          memoryMi: memory,
          cpuLimitMillicores: cpuLimit,
          memoryLimitMi: memoryLimit,
        },
      });
    },
  );

  it('counts 150 meters a pod, which is no rate', () => {
    expect(analyzer?.throughput).toMatchObject({ value: 150, unit: 'meters' });
    expect(analyzer?.throughput?.perMinute).toBeUndefined();
  });

  it('has the autoscaler of the analyzer with its four metrics', () => {
    expect(analyzer?.autoscaling).toMatchObject({
      hpa: {
        name: 'gl-003-steam-analyzer-hpa',
        min: 3,
        max: 10,
        metrics: [
          { resource: 'cpu', percent: 70 },
          { resource: 'memory', percent: 75 },
          { pods: 'gl003_meters_per_pod', average: 150 },
          { pods: 'gl003_http_requests_per_second', average: 100 },
        ],
      },
      up: { percent: 50, pods: 2, periodSeconds: 60, select: 'Max', windowSeconds: 60 },
      down: { percent: 25, pods: 1, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
    });
  });

  it('answers each custom metric of the autoscaler by pod', () => {
    for (const metric of analyzer?.autoscaling?.hpa?.metrics ?? []) {
      if ('pods' in metric) expect(metric.promql).toMatch(/^sum by \(pod\) \(.*\$namespace/);
    }
  });

  it.each([
    // planned pods of 150 and of 260 meters, and a row of the guide's table with 225 meters a pod
    [{ meters: 1000, meters_per_pod: 150, replicas: 9 }, 150],
    [{ meters: 2000, meters_per_pod: 260, replicas: 10 }, 260],
    [{ meters: 900, meters_per_pod: 150, replicas: 4 }, 225],
  ])('moves the autoscaler’s meters a pod with the plan: %o', (values, target) => {
    const [, , meters] = analyzer?.autoscaling?.hpa?.metrics ?? [];
    if (meters === undefined || !('pods' in meters)) throw new Error('no metric of pods');
    expect(meters.follows?.evaluate(values)).toEqual({ ok: true, value: target });
  });

  it('leaves pod sizes to people where the autoscaler looks at CPU and memory: the VPA is off', () => {
    expect(analyzer?.autoscaling?.vpa).toMatchObject({
      mode: 'Off',
      min: { cpu: 500, memory: 1024 },
      max: { cpu: 4000, memory: 8192 },
    });
    expect(analyzer?.podMax).toMatchObject({ cpuMillicores: 4000, memoryMi: 8192 });
  });

  it('can find out every input by itself, meters by the query of the guide', () => {
    for (const { observe } of profile.inputs.values()) expect(observe).toBeDefined();
    expect(profile.inputs.get('meters')?.observe).toEqual({
      sql: "select count(*) from steam_meters where status = 'active'",
      database: 'main',
    });
  });

  // The last column is the warning level.
  it('has a trigger for every threshold of the guide', () => {
    const rows = [...profile.triggers.values()].map(
      (trigger) => `${triggerRow(trigger)} ${trigger.fires} ${trigger.warnAt ?? '-'}`,
    );
    expect(rows).toEqual([
      'GL003HighCPU steam-analyzer ratio 0.8 0.7 above 0.7',
      'GL003HighMemory steam-analyzer ratio 0.8 0.75 above 0.75',
      'GL003MetersPerPod steam-analyzer ratio 165 150 above 150',
      'GL003RequestsPerPod steam-analyzer ratio 110 100 above 100',
      'GL003HotPodCPU steam-analyzer investigate 0.8 - above -',
      'GL003HotPodMemory steam-analyzer investigate 0.8 - above -',
      'GL003ColdPod steam-analyzer investigate 0.2 - below -',
      'GL003RequestsUnused steam-analyzer investigate 0.5 - below -',
      'GL003HighResponseTime steam-analyzer investigate 0.5 0.2 above -',
      'GL003DatabaseConnections postgresql investigate 0.85 - above 0.7',
      'GL003MetersPerFacility steam-analyzer investigate 500 - above -',
      'GL003SamplingFrequency steam-analyzer investigate 10 - above -',
      'GL003ZonesPerFacility steam-analyzer investigate 50 - above -',
    ]);
  });

  it('fires every alert on exactly what it measures afterwards', () => {
    for (const { expr, measure, fireAt, fires } of profile.triggers.values()) {
      const sign = fires === 'above' ? '>' : '<';
      expect(oneLine(expr)).toBe(`(${oneLine(measure.promql)}) ${sign} ${fireAt}`);
    }
  });

  it('measures shares of what pods request, not cores and not limits', () => {
    for (const { measure } of profile.triggers.values()) {
      expect(measure.promql).not.toContain('spec_memory_limit');
      if (measure.promql.includes('container_cpu_usage_seconds_total')) {
        expect(measure.promql).toContain('kube_pod_container_resource_requests');
      }
    }
  });

  it('counts pods that are up, and a percentile over all pods', () => {
    expect(profile.triggers.get('request-rate')?.measure.promql).toContain('== 1');
    expect(profile.triggers.get('response-time')?.measure.promql).toContain('sum by (le)');
  });

  it('counts the pods of one workload, though regions and spot nodes have pods of the same label', () => {
    const promql = profile.triggers.get('hot-pod-cpu')?.measure.promql ?? '';
    const pattern = /pod=~"([^"]+)"/
      .exec(promql)?.[1]
      ?.replace('$workload', 'gl-003-steam-analyzer');
    const own = new RegExp(`^(?:${pattern})$`);
    expect(own.test('gl-003-steam-analyzer-7d9f8b6c5d-x2x7k')).toBe(true);
    expect(own.test('gl-003-steam-analyzer-spot-7d9f8b6c5d-x2x7k')).toBe(false);
    expect(own.test('gl-003-us-east-7d9f8b6c5d-x2x7k')).toBe(false);
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

  it('measures pods planned for more meters by what the autoscaler takes for one', () => {
    const promql = oneLine(profile.triggers.get('meters-per-pod')?.measure.promql ?? '');
    expect(promql).toContain('* 150 / (max(kube_horizontalpodautoscaler_spec_target_metric{');
    expect(promql).toContain('or vector(150))');
  });

  it('proposes nothing for memory between 80 % and 82.5 %', () => {
    expect(sizeFor(profile, 'analyzer-memory', { current: 4, value: 0.82 }).kind).toBe('enough');
    expect(sizeFor(profile, 'analyzer-memory', { current: 4, value: 0.84 })).toMatchObject({
      kind: 'scale',
      target: 5,
    });
  });

  it('looks for a leak first where pods were killed for memory', () => {
    const memory = profile.triggers.get('analyzer-memory');
    expect(memory?.kind === 'ratio' && memory.doubts).toMatchObject([
      { promql: expect.stringContaining('OOMKilled'), say: expect.stringContaining('leak') },
    ]);
  });

  it('answers a slow response with what to look at and no size', () => {
    expect(sizeFor(profile, 'response-time', { current: 4, value: 0.9 })).toMatchObject({
      kind: 'investigate',
      because: '0.9 s measured, the alert fires at 0.5 s',
    });
  });

  it('answers a cold pod and unused requests with what to look at, never with fewer pods', () => {
    for (const id of ['cold-pod', 'requests-unused']) {
      expect(sizeFor(profile, id, { current: 10, value: 0.05 }).kind).toBe('investigate');
    }
  });
});
