// The procedures of GL-009 as plans: scaling down without drops, autoscalers, CloudNativePG, shards, indexes and Redis.
import { describe, expect, it } from 'vitest';
import { changesOf, orderOf, planOf, stepOf } from './plan-of.ts';
import { readProfile } from './read-profile.ts';

describe('GL-009', () => {
  it('scales down only after the grace period rolled out with the time that Kubernetes gives, and looks at errors after', () => {
    expect(orderOf('gl-009', 'scale-down')).toEqual(['check', 'env', 'scale thermaliq 4', 'check']);
    expect(stepOf(2, 'gl-009', 'scale-down')).toMatchObject({
      change: { set: { SHUTDOWN_GRACE_PERIOD: '300' }, terminationGracePeriodSeconds: 300 },
      gate: { rollout: true },
    });
    expect(stepOf(4, 'gl-009', 'scale-down').check).toMatchObject({ atMost: 0.02 });
  });

  it('puts one autoscaler in the place of the other, and never lowers the maximum to 8', () => {
    expect(changesOf('gl-009', 'autoscaler-by-queue')).toMatchObject([
      { name: 'thermaliq-hpa-custom', minReplicas: 4, maxReplicas: 16 },
    ]);
    expect(changesOf('gl-009', 'raise-maximum')).toMatchObject([{ maxReplicas: 20 }]);
  });

  it('sets CloudNativePG up with three instances and without a field it does not have', () => {
    const [cluster] = changesOf('gl-009', 'read-replicas');
    if (cluster?.kind !== 'apply') throw new Error('no cluster');
    expect(cluster.object).toMatchObject({
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Cluster',
      spec: {
        instances: 3,
        postgresql: { parameters: { shared_buffers: '2GB', work_mem: '5242kB' } },
        storage: { size: '100Gi' },
      },
    });
    expect(JSON.stringify(cluster.object)).not.toContain('monitoring');
  });

  it('pools 2000 clients, and shards four times by a hash that stays the same', () => {
    expect(changesOf('gl-009', 'pgbouncer')[0]).toMatchObject({
      replicas: 2,
      settings: {
        pool_mode: 'transaction',
        max_client_conn: '2000',
        default_pool_size: '50',
        min_pool_size: '10',
        reserve_pool_size: '10',
        reserve_pool_timeout: '3',
      },
    });
    const { steps, notes } = planOf('gl-009', 'sharding');
    expect(steps[1]?.change).toMatchObject({ count: 4, by: 'facility_id', instances: 2, gib: 50 });
    expect(notes.join()).toContain('a hash that is the same in every process');
  });

  it('builds partial and covering indexes, partition by partition where the table is partitioned', () => {
    const [indexes] = changesOf('gl-009', 'indexes');
    expect(indexes).toMatchObject({
      indexes: [
        { table: 'energy_readings', how: 'per-partition' },
        { table: 'calculations', how: 'concurrently' },
        { where: "status IN ('pending', 'processing')", how: 'concurrently' },
        { include: ['value', 'unit', 'quality'], how: 'per-partition' },
      ],
    });
  });

  it('has three leaders and three followers of Redis, since clusterSize counts leaders', () => {
    const [redis] = changesOf('gl-009', 'redis-cluster');
    expect(redis).toMatchObject({
      object: {
        apiVersion: 'redis.redis.opstreelabs.in/v1beta2',
        spec: { clusterSize: 3, redisLeader: { replicas: 3 }, redisFollower: { replicas: 3 } },
      },
    });
    expect(changesOf('gl-009', 'redis-sentinel')).toMatchObject([
      { set: { 'sentinel.conf': expect.stringContaining('redis-master 6379 2') } },
      { object: { kind: 'StatefulSet', spec: { replicas: 3 } } },
    ]);
  });

  it('keeps two pods through disruptions', () => {
    expect(changesOf('gl-009', 'spread')[0]).toMatchObject({
      object: { kind: 'PodDisruptionBudget', spec: { minAvailable: 2 } },
    });
  });

  it('has its three checklists of seven lines', () => {
    const lists = readProfile('gl-009').checklists;
    expect([...lists].map(([name, items]) => [name, items.length])).toEqual([
      ['before-scaling-up', 7],
      ['during-scaling', 7],
      ['after-scaling', 7],
    ]);
  });
});
