// Asserts which statement is followed wherever the guide of EMISSIONWATCH contradicts itself.
import { describe, expect, it } from 'vitest';
import { planJson } from '../../src/sizing/plan-json.ts';
import { componentOf, triggerOf } from '../make.ts';
import { oneLine, readProfile } from './read-profile.ts';
import { planOf, recommendedOf, sizingOf } from './sized-by.ts';

const profile = readProfile('gl-010');
const emissionwatch = componentOf(profile, 'gl-010-emissionwatch');

describe('where the guide of gl-010 contradicts itself, the profile', () => {
  it('needs 20 cores and 39 GB for 60 facilities, where the forecast’s example has 6 and 12', () => {
    expect(recommendedOf(profile, { facilities: 60 }).values).toMatchObject({
      table_cores: 20,
      table_memory_gb: 39,
    });
  });

  it('counts pods by its table, where the examples of deployments have fewer', () => {
    const at = (id: string, facilities: number) =>
      sizingOf(profile, id, { facilities }).components[0]?.replicas;
    expect([10, 50, 200].map((facilities) => at('deployment-size', facilities))).toEqual([2, 4, 8]);
    expect([10, 50, 200].map((facilities) => at('sizing-table', facilities))).toEqual([3, 8, 20]);
    expect(recommendedOf(profile, { facilities: 50 }).sizing.id).toBe('sizing-table');
  });

  it('gives a bound that two rows share to the lower one', () => {
    const pods = [10, 11, 50, 51].map(
      (facilities) => recommendedOf(profile, { facilities }).components[0]?.pod.cpuMillicores,
    );
    expect(pods).toEqual([500, 1000, 1000, 2000]);
  });

  it('reads the table’s cores and memory as limits: 8 pods of a core each have its 16', () => {
    const { components, values } = recommendedOf(profile, { facilities: 50 });
    expect(components).toMatchObject([{ replicas: 8, pod: { cpuMillicores: 1000 } }]);
    expect(values).toMatchObject({ cpu_cores: 8, table_cores: 16 });
    // What makes it the reading: the deployments' limits are the table's totals exactly.
    for (const facilities of [10, 50, 200]) {
      const deployment = sizingOf(profile, 'deployment-size', { facilities });
      const [main] = deployment.components;
      expect((main?.replicas ?? 0) * (main?.pod.cpuLimitMillicores ?? 0)).toBe(
        (deployment.values['table_cores'] ?? 0) * 1000,
      );
      expect((main?.replicas ?? 0) * (main?.pod.memoryLimitMi ?? 0)).toBe(
        (deployment.values['table_memory_gb'] ?? 0) * 1024,
      );
    }
  });

  it('keeps 290 GB a year for 10 facilities with 15 sources, where the calculator says 500', () => {
    const { recommended, database } = planOf(profile, {
      facilities: 10,
      sources_per_facility: 15,
      retention_years: 1,
    });
    expect((recommended?.values['daily_gb'] ?? 0) * 365).toBeCloseTo(197.1, 6);
    expect(database?.storageGib).toMatchObject({ storage_table: 290 });
    expect(database?.storageGib['provisioned']).toBeLessThan(500);
  });

  it('plans the largest of three storages for 50 facilities, and the formula’s is it', () => {
    const storageGib = planOf(profile, { facilities: 50 }).database?.storageGib ?? {};
    expect(storageGib).toMatchObject({ storage_table: 10_150, sizing_table: 10_240 });
    expect(Math.round(Math.max(...Object.values(storageGib)))).toBe(11_716);
  });

  it('reads the table’s TB as 7 years, because the storage table comes to the same in 7 years', () => {
    const { database } = planOf(profile, { facilities: 200 });
    expect(database?.storageGib['sizing_table']).toBe(40_960);
    expect(database?.storageGib['storage_table']).toBe(40_600);
  });

  it('sizes pods by facilities, because data points never fill one', () => {
    const perSecond = (50 * 20 * 5) / 60;
    expect(perSecond).toBeCloseTo(83.3, 1);
    expect(emissionwatch.throughput?.value).toBeGreaterThan(perSecond);
    expect(recommendedOf(profile, { facilities: 50 }).components[0]?.replicas).toBe(8);
  });

  it('has at most 20 pods, where the scale-up procedure allows 25', () => {
    expect([emissionwatch.replicas.max, emissionwatch.autoscaling?.hpa?.max]).toEqual([20, 20]);
  });

  it('has 10 pods for 75 facilities and 12 for a fifth more, where the procedure has 10 for both', () => {
    const pods = [75, 90].map(
      (facilities) => recommendedOf(profile, { facilities }).components[0]?.replicas,
    );
    expect(pods).toEqual([10, 12]);
  });

  it('aims an alert for memory lower than the autoscaler aims', () => {
    expect(emissionwatch.autoscaling?.hpa?.metrics?.[1]).toEqual({
      resource: 'memory',
      percent: 80,
    });
    expect(triggerOf(profile, 'high-memory')).toMatchObject({ warnAt: 0.75, target: 0.75 });
  });

  it('fires at the critical thresholds, where two alerts call them a warning', () => {
    const levels = ['high-cpu', 'queue-depth'].map((id) => {
      const { warnAt, fireAt } = triggerOf(profile, id);
      return [warnAt, fireAt];
    });
    expect(levels).toEqual([
      [0.7, 0.85],
      [500, 1000],
    ]);
  });

  it('measures each workload by its requests, where the guide counts cores and divides by limits', () => {
    for (const id of ['high-cpu', 'high-memory']) {
      const promql = oneLine(triggerOf(profile, id).measure.promql);
      expect(promql).toContain('/ sum(kube_pod_container_resource_requests{');
      expect(promql).not.toContain('limit');
    }
  });

  it('lets no autoscaler for pod sizes work beside one that counts the same CPU and memory', () => {
    expect(emissionwatch.autoscaling?.vpa?.mode).toBe('Off');
  });

  it('has the queue by the name each part of the guide gives it', () => {
    const { hpa, keda } = componentOf(profile, 'gl-010-calculator').autoscaling ?? {};
    expect(hpa?.metrics?.[0]).toMatchObject({ pods: 'calculation_queue_depth' });
    expect(triggerOf(profile, 'queue-depth').measure.promql).toContain('gl010_queue_depth');
    // The other autoscaler of the same Deployment, to be chosen in its place.
    expect([keda?.min, keda?.max]).toEqual([hpa?.min, hpa?.max]);
  });

  it('names the collector as its autoscaler does', () => {
    expect(componentOf(profile, 'gl-010-cems-collector').workload.name).toBe(
      'gl-010-cems-collector',
    );
  });

  it('plans 200 connections beforehand: the pooler’s 100 are all that PostgreSQL has by default', () => {
    const { database } = planOf(profile, { facilities: 10 });
    expect(database).toMatchObject({
      connections: { max: 200, reserve: 3 },
      settings: { max_connections: 200 },
    });
    const { replicas = 0, serverConnections = 0 } = database?.pooler ?? {};
    expect(replicas * serverConnections).toBeLessThanOrEqual(197);
  });

  it('counts a pool of 50 for each pod, where the calculator has 50 connections in all', () => {
    // 3 and 1 more during a rollout, 2 and 1 calculators, 4 and 1 report generators.
    expect(recommendedOf(profile, { facilities: 10 }).values['connections']).toBe(12 * 50);
  });

  it('has as many poolers as the pools need, where one takes the clients of 10 pods', () => {
    const { database, values } = recommendedOf(profile, { facilities: 200 });
    expect(database?.pooler?.replicas).toBe(Math.ceil((values['connections'] ?? 0) / 500));
  });

  it('shards by 20 facilities, where the shards of the example hold 3', () => {
    const { parts, values } = recommendedOf(profile, { facilities: 240 });
    expect([parts, values['facilities']]).toEqual([12, 20]);
  });

  it('adds up the bandwidth of each facility, which covers the calculator’s 10 Mbps', () => {
    const plan = planJson('gl-010', planOf(profile, { facilities: 10 }));
    expect(plan).toMatchObject({ network: { inboundMbps: 1, recommendedMbps: 11.6 } });
  });
});
