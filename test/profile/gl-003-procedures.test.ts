// The procedures of GL-003 as plans: the complete workflow and each of its parts, shards, regions, zones, spot and trouble.
import { describe, expect, it } from 'vitest';
import { planChecklist } from '../../src/sizing/checklist.ts';
import { changesOf, orderOf, planOf, resultOf, stepOf } from './plan-of.ts';
import { readProfileFile } from './read-fixture.ts';
import { readProfile } from './read-profile.ts';

describe('GL-003', () => {
  it('has the eight steps of its workflow in their order: plan, assess, storage, replicas, Timescale, out, up, validate', () => {
    expect(orderOf('gl-003', 'complete-workflow', { meters: 1000 })).toEqual([
      'human', // 1
      'check', // 2
      'check',
      'storage', // 3
      'database', // 4
      'check',
      'check',
      'config',
      'database',
      'config',
      'database', // 5
      'database',
      'scale steam-analyzer 9', // 6
      'pods', // 7
      'restart',
      'check', // 8
      'wait',
      'human',
    ]);
  });

  it('fills the workflow from the planner: limits are twice the requests, and no "480m000m"', () => {
    const { steps } = planOf('gl-003', 'complete-workflow', { meters: 1000 });
    expect(steps[3]?.change).toMatchObject({ claim: 'postgres-pvc', gib: 305 });
    expect(steps[13]?.change).toMatchObject({
      cpuRequestMillicores: 480,
      memoryRequestMi: 1560,
      cpuLimitMillicores: 960,
      memoryLimitMi: 3120,
    });
    expect(steps[13]?.rollsOutWith).toBe(15);
  });

  it.each([
    // The stages of the database, also inside the workflow.
    [100, 0, 0],
    [500, 1, 0],
    [501, 2, 2],
    [2000, 2, 2],
  ])('at %i meters has %i read replicas and %i poolers', (meters, replicas, poolers) => {
    const deeds = changesOf('gl-003', 'complete-workflow', { meters });
    const found = deeds.flatMap((each) =>
      each.kind === 'database' && each.deed === 'replicas' ? [each.replicas] : [],
    );
    const pools = deeds.flatMap((each) =>
      each.kind === 'database' && each.deed === 'pooler' ? [each.replicas] : [],
    );
    expect([found[0] ?? 0, pools[0] ?? 0]).toEqual([replicas, poolers]);
  });

  it('shards 5000 meters into four, rounded up, never into a multi-node database', () => {
    const { steps, leftOut } = planOf('gl-003', 'complete-workflow', { meters: 5000 });
    expect(leftOut).toEqual([]);
    expect(steps.map(({ change }) => change)).toContainEqual(
      expect.objectContaining({ deed: 'shards', count: 4, by: 'facility_id', gib: 381 }),
    );
    expect(readProfileFile('gl-003.yaml')).not.toMatch(/add_data_node|distributed_hypertable/);
    expect(resultOf('gl-003', 'sharding', { meters: 500 })).toMatchObject({
      mistakes: [expect.stringContaining('500 meters need no shards')],
    });
  });

  it.each([
    [150, 1, 480, 1560],
    [150, 10, 525, 1650],
    [500, 10, 1400, 3400],
  ])('sizes a pod of %i meters at %i Hz with %im and %iMi', (meters, hz, cpu, memory) => {
    expect(changesOf('gl-003', 'vertical', { pod_meters: meters, pod_hz: hz })).toMatchObject([
      {
        cpuRequestMillicores: cpu,
        memoryRequestMi: memory,
        cpuLimitMillicores: cpu * 2,
        memoryLimitMi: memory * 2,
      },
    ]);
  });

  it('scales out to what the planner says, or to what somebody asks for', () => {
    expect(orderOf('gl-003', 'horizontal', { meters: 1000 })).toContain('scale steam-analyzer 9');
    expect(orderOf('gl-003', 'horizontal', { to: 7 })).toContain('scale steam-analyzer 7');
  });

  it('pools connections by transaction: 1000 clients, 50 and 10 in reserve, 100 to the database', () => {
    const [pooler, config, restart] = changesOf('gl-003', 'pgbouncer');
    expect(pooler).toMatchObject({
      replicas: 2,
      settings: {
        pool_mode: 'transaction',
        max_client_conn: '1000',
        default_pool_size: '50',
        min_pool_size: '10',
        reserve_pool_size: '10',
        reserve_pool_timeout: '5',
        max_db_connections: '100',
      },
    });
    expect(config).toMatchObject({
      configMap: 'gl-003-config',
      set: {
        DATABASE_HOST: 'pgbouncer.greenlang-agents.svc.cluster.local',
        DATABASE_PORT: '6432',
      },
    });
    expect(restart?.kind).toBe('restart');
  });

  it.each([
    [1, 24],
    [9.99, 24],
    [10, 1],
    [100, 1],
  ])('chunks %d Hz by %i hours, and drops no aggregate', (hz, chunkHours) => {
    expect(changesOf('gl-003', 'timescale', { hz })[0]).toMatchObject({
      deed: 'hypertable',
      chunkHours,
      compress: { afterDays: 7, segmentBy: ['meter_id'], orderBy: ['timestamp DESC'] },
      aggregates: [
        { name: 'steam_readings_5min', bucketMinutes: 5, keepDays: 730 },
        { name: 'steam_readings_optimized_hourly', bucketMinutes: 60, keepDays: 730 },
      ],
    });
  });

  it('vacuums by 5000 rows and keeps raw readings 90 days', () => {
    expect(changesOf('gl-003', 'timescale').slice(1)).toMatchObject([
      {
        tables: {
          steam_readings: {
            autovacuum_vacuum_scale_factor: '0',
            autovacuum_vacuum_threshold: '5000',
            autovacuum_analyze_scale_factor: '0',
            autovacuum_analyze_threshold: '5000',
          },
        },
      },
      { keepDays: 90 },
    ]);
  });

  it('gives the database 24 worker processes, the sum of what it starts', () => {
    expect(changesOf('gl-003', 'database-resources')).toMatchObject([
      { gib: 500 },
      {
        settings: {
          max_connections: '500',
          shared_buffers: '8GB',
          max_worker_processes: '24',
          'timescaledb.max_background_workers': '16',
        },
      },
      { cpuRequestMillicores: 4000, memoryLimitMi: 32_768 },
    ]);
  });

  it('builds the indexes of a hypertable chunk by chunk, not CONCURRENTLY', () => {
    const [indexes] = changesOf('gl-003', 'indexes');
    expect(indexes).toMatchObject({
      indexes: [{ how: 'per-chunk' }, { how: 'per-chunk' }, { how: 'per-chunk' }],
    });
  });

  it('configures high frequency with buffers of 10000 and batches of 1000', () => {
    expect(changesOf('gl-003', 'high-frequency')[0]).toMatchObject({
      configMap: 'gl-003-config-highfreq',
      set: {
        SAMPLING_FREQUENCY_HZ: '100',
        BUFFER_SIZE: '10000',
        FLUSH_INTERVAL_SECONDS: '10',
        RAW_DATA_RETENTION_HOURS: '24',
        DATABASE_POOL_MIN: '20',
        DATABASE_POOL_MAX: '100',
        BATCH_INSERT_SIZE: '1000',
      },
    });
  });

  it('deploys regions with 5 and 3 pods and spot nodes with 5, under labels of their own', () => {
    const objects = [
      ...changesOf('gl-003', 'multi-region'),
      ...changesOf('gl-003', 'spot'),
      ...changesOf('gl-003', 'zones', { zone_names: 'zone-1,zone-2' }),
    ].flatMap((each) => (each.kind === 'apply' ? [each.object] : []));
    expect(objects.map(({ metadata, spec }) => [metadata.name, spec])).toMatchObject([
      ['gl-003-us-east', { replicas: 5, selector: { matchLabels: { app: 'gl-003-us-east' } } }],
      ['gl-003-us-west', { replicas: 3, selector: { matchLabels: { app: 'gl-003-us-west' } } }],
      [
        'gl-003-steam-analyzer-spot',
        { replicas: 5, template: { spec: { terminationGracePeriodSeconds: 120 } } },
      ],
      ['gl-003-facility-alpha', { replicas: 10 }],
      ['gl-003-facility-alpha', { type: 'ClusterIP' }],
    ]);
  });

  it('has an answer to each of its three troubles', () => {
    expect(stepOf(1, 'gl-003', 'autoscaler-stuck').check).toMatchObject({
      fact: 'autoscaler-active',
    });
    expect(changesOf('gl-003', 'connections-exhausted')).toMatchObject([
      { settings: { max_connections: '500' }, restart: true },
    ]);
    expect(changesOf('gl-003', 'out-of-memory')).toMatchObject([
      { memoryRequestMi: 4096, memoryLimitMi: 8192 },
    ]);
  });

  it('has its three checklists, five, six and six lines, with checks where Headroom can look', () => {
    const profile = readProfile('gl-003');
    const lists = [...profile.checklists].map(([name, items]) => ({
      name,
      items: planChecklist(profile, items),
    }));
    expect(lists.map(({ name, items }) => [name, items.length])).toEqual([
      ['pre-scaling', 5],
      ['during-scaling', 6],
      ['post-scaling', 6],
    ]);
    expect(lists[2]?.items[2]?.check).toMatchObject({ above: 0 });
  });
});
