// Asserts which statement is followed wherever the guide of the steam trap inspector contradicts itself.
import { describe, expect, it } from 'vitest';
import { forecast } from '../../src/sizing/forecast.ts';
import { componentOf, triggerOf } from '../make.ts';
import { oneLine, readProfile } from './read-profile.ts';
import { planOf, recommendedOf, replicasOf, sizingOf } from './sized-by.ts';

const profile = readProfile('gl-008');
const components = [...profile.components.values()];

function forecastOf(sites: number) {
  const answer = forecast(profile, new Map([['sites', String(sites)]]));
  if (answer.kind !== 'forecast') throw new Error(answer.mistakes.join('\n'));
  return answer;
}

describe('where the guide of gl-008 contradicts itself, the profile', () => {
  it('sums its baselines to 17 pods, 25 cores and 50 GB, as the rows do', () => {
    const sum = (amount: (component: (typeof components)[number]) => number) =>
      components.reduce((total, component) => total + amount(component), 0);
    expect(sum(({ replicas }) => replicas.baseline)).toBe(17);
    expect(sum(({ replicas, pod }) => replicas.baseline * pod.cpuMillicores)).toBe(25_000);
    expect(sum(({ replicas, pod }) => replicas.baseline * pod.memoryMi)).toBe(50 * 1024);
  });

  it('counts 250 requests/s and 50 predictions/s a pod, as they were measured', () => {
    expect(componentOf(profile, 'api-gateway').throughput?.value).toBe(250);
    expect(componentOf(profile, 'ml-service').throughput?.value).toBe(50);
  });

  it('plans the pods of the baseline, costs the totals of the matrix, and says how far they are apart', () => {
    const { recommended, warnings } = planOf(profile, { sites: 10 });
    expect(recommended?.values).toMatchObject({ cpu_cores: 25, memory_gib: 50 });
    expect(recommended?.costUsdPerMonth).toBe(365);
    expect(warnings).toEqual([
      "The cost is that of the guide's matrix, 10 cores and 20 GB; the pods planned here request 25 cores and 50 GB.",
    ]);
  });

  it('follows the matrix where the forecast’s formula has another number of pods', () => {
    const at = (id: string, sites: number) => sizingOf(profile, id, { sites }).components[0];
    expect(at('forecast-formula', 100)?.replicas).toBe(16);
    expect(at('matrix', 100)?.replicas).toBe(12);
    expect(recommendedOf(profile, { sites: 100 }).sizing.id).toBe('matrix');
  });

  it('follows the matrix where throughput would need a seventh of the pods', () => {
    const perMinute = 1_000_000 / (24 * 60);
    const throughput = componentOf(profile, 'steam-trap-inspector').throughput?.perMinute ?? 0;
    expect(Math.ceil(perMinute / throughput)).toBe(7);
    expect(recommendedOf(profile, { sites: 1000 }).values['matrix_replicas']).toBe(50);
  });

  it('goes to more regions where the matrix has more than the 20 pods of the limits', () => {
    const { parts, components: sized } = recommendedOf(profile, { sites: 500 });
    expect([parts, sized[0]?.replicas]).toEqual([2, 16]);
  });

  it('keeps the ratio of the baseline where the set for high load keeps it for workers alone', () => {
    expect(replicasOf(recommendedOf(profile, { sites: 100 }))).toEqual({
      'steam-trap-inspector': 12,
      'api-gateway': 9,
      worker: 15,
      'sensor-gateway': 9,
      'ml-service': 6,
    });
  });

  it('plans 30 GB of database for 1000 traps, not 3 and not 3000', () => {
    const gib = (traps: number) => planOf(profile, { traps }).database?.storageGib['provisioned'];
    expect([10_000, 100_000].map(gib)).toEqual([300, 3000]);
  });

  it('costs a month of 730 hours, not of 30', () => {
    expect(profile.cost).toMatchObject({
      cpuCoreHourUsd: 0.04,
      memoryGbHourUsd: 0.005,
      databaseGbMonthUsd: 0.1,
      hoursPerMonth: 730,
    });
    // 30 cores and 60 GB; with 30 hours it would be $45.
    expect(recommendedOf(profile, { sites: 100 }).costUsdPerMonth).toBe(1095);
  });

  it('rounds projected sites to nearest where the script cuts them off', () => {
    const { rows } = forecastOf(100);
    expect([6, 7, 9, 12].map((month) => rows[month]?.amount)).toEqual([177, 195, 236, 314]);
  });

  it('begins at what there is now where the script compares its first month with its last', () => {
    // 314 sites need 32 inspectors from the first month on: nothing is passed later.
    const milestones = forecastOf(314).milestones.filter(({ level }) => level !== undefined);
    expect(milestones.map(({ period }) => period)).toEqual([0, 0, 0]);
  });

  it('measures each workload by its requests where the guide averages cores over the namespace', () => {
    for (const [id, resource] of [
      ['high-cpu-worker', 'cpu'],
      ['low-use-worker', 'cpu'],
      ['high-memory-worker', 'memory'],
    ] as const) {
      const promql = oneLine(triggerOf(profile, id).measure.promql);
      expect(promql).toContain('pod=~"$workload-');
      expect(promql).toMatch(
        new RegExp(`/ sum\\(kube_pod_container_resource_requests\\{.*resource="${resource}"`),
      );
      expect(promql).not.toContain('limit');
    }
  });

  it('warns at the levels of the scaling triggers and fires at those of the alerts', () => {
    const levels = ['high-cpu-worker', 'high-memory-worker', 'low-use-worker'].map((id) => {
      const { warnAt, fireAt } = triggerOf(profile, id);
      return [warnAt, fireAt];
    });
    expect(levels).toEqual([
      [0.7, 0.8],
      [0.8, 0.85],
      [0.3, 0.2],
    ]);
  });

  it('lets no autoscaler for pod sizes work beside one that counts the same CPU and memory', () => {
    expect(componentOf(profile, 'steam-trap-inspector').autoscaling?.vpa?.mode).toBe('Off');
  });

  it('asks the adapter for the sensors’ counter, and not for the series it is found by', () => {
    const variants = componentOf(profile, 'sensor-gateway').autoscaling?.variants ?? [];
    const [metric] = variants.flatMap(({ metrics }) => metrics ?? []);
    expect(metric).toMatchObject({
      pods: 'sensor_ingestion_rate',
      promql: expect.stringContaining('rate(sensor_data_ingestion_total{'),
    });
  });

  it('keeps requests of which the measured pod uses more than the autoscaler aims at', () => {
    const { pod, autoscaling } = componentOf(profile, 'steam-trap-inspector');
    const [cpu, memory] = (autoscaling?.hpa?.metrics ?? []).map((metric) =>
      'percent' in metric ? metric.percent / 100 : 0,
    );
    expect(800 / pod.cpuMillicores).toBeGreaterThan(cpu ?? 1);
    expect((1.8 * 1024) / pod.memoryMi).toBeGreaterThan(memory ?? 1);
    const { fireAt } = triggerOf(profile, 'high-memory-inspector');
    expect((1.8 * 1024) / pod.memoryMi).toBeGreaterThan(fireAt);
  });

  it('lets the inspector go to 2, which is below the least its autoscaler keeps', () => {
    const { replicas, autoscaling } = componentOf(profile, 'steam-trap-inspector');
    expect([replicas.min, autoscaling?.hpa?.min]).toEqual([2, 4]);
  });

  it('keeps a baseline that the five nodes of the checklist do not hold', () => {
    const node = { millicores: 4000, count: 5 };
    const baseline = components.reduce(
      (sum, { replicas, pod }) => sum + replicas.baseline * pod.cpuMillicores,
      0,
    );
    expect(baseline).toBeGreaterThan(node.count * node.millicores);
    // A node keeps some of its CPU for itself.
    expect(componentOf(profile, 'ml-service').pod.cpuMillicores).toBe(node.millicores);
  });

  it('takes the one pool the guide sizes for the pods too, and only for those it connects', () => {
    const pooled = components.filter(({ connections }) => connections !== undefined);
    expect(pooled.map(({ id }) => id)).toEqual(['steam-trap-inspector']);
    expect(pooled[0]?.connections?.perPod.evaluate({})).toEqual({ ok: true, value: 25 });
    expect(pooled[0]?.connections?.source).toMatch(/^Assumed/);
  });
});
