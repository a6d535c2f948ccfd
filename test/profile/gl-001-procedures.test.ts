// The procedures of GL-001 as plans: plants, sub-agents, the database pool, Kafka and off hours.
import { describe, expect, it } from 'vitest';
import { changesOf, orderOf, resultOf, stepOf } from './plan-of.ts';

describe('GL-001', () => {
  const plants = { plants: 15, subagents: 70 };

  it('pre-scales in the order of the guide, for 15 plants and 70 sub-agents with 10 replicas and not 11', () => {
    expect(orderOf('gl-001', 'pre-scale', plants)).toEqual([
      'scale orchestrator 10',
      'pods',
      'database',
      'config',
      'restart',
      'check',
    ]);
    expect(stepOf(2, 'gl-001', 'pre-scale', plants).change).toMatchObject({
      cpuRequestMillicores: 3600,
      cpuLimitMillicores: 6000,
      memoryRequestMi: 8434,
      memoryLimitMi: 12_048,
    });
    expect(stepOf(3, 'gl-001', 'pre-scale', plants).change).toMatchObject({
      settings: { max_connections: '300' },
      restart: true,
    });
    expect(stepOf(6, 'gl-001', 'pre-scale', plants).check).toMatchObject({
      http: '/api/v1/capacity',
    });
  });

  it('changes the pods once: limits and the new ConfigMap come with one rollout', () => {
    expect(stepOf(2, 'gl-001', 'pre-scale', plants).rollsOutWith).toBe(5);
  });

  it('gives each replica its share of the pool, where the guide writes the total', () => {
    // 5 × 15 + 10 × 10 + 20 = 195 connections for 10 replicas.
    expect(stepOf(4, 'gl-001', 'pre-scale', plants).change).toMatchObject({
      configMap: 'gl-001-config',
      set: { DB_POOL_SIZE: '20', MAX_PLANTS: '15' },
    });
    // 200 and 50 for 7 replicas: 7 × 37 and not 7 × 250.
    expect(stepOf(2, 'gl-001', 'database-pool', { orchestrators_now: 7 }).change).toMatchObject({
      set: { DB_POOL_SIZE: '29', DB_POOL_TIMEOUT: '60', DB_POOL_OVERFLOW: '8' },
    });
  });

  it('refuses a pool that the pods of a rollout would not leave room for', () => {
    const asked = { orchestrators_now: 7, pool_total: 450, overflow_total: 50 };
    expect(resultOf('gl-001', 'database-pool', asked)).toEqual({
      kind: 'misuse',
      mistakes: [
        'with the pods of a rollout 7 orchestrators would open more than the 500 connections there are',
      ],
    });
  });

  it('plans pool trouble with 500 connections and 8GB, and a restart of its own', () => {
    expect(stepOf(3, 'gl-001', 'database-pool', {})).toMatchObject({
      change: { settings: { max_connections: '500', shared_buffers: '8GB' }, restart: true },
      notes: [expect.stringContaining('a plan of its own')],
    });
  });

  it('scales sub-agents by boilers and plants, and the rest to the figures of the guide', () => {
    expect(orderOf('gl-001', 'sub-agents', { plants: 10 }).slice(0, 5)).toEqual([
      'scale boiler-efficiency 12',
      'scale steam-system 10',
      'scale combustion-optimizer 10',
      'scale emissions-control 10',
      'scale waste-heat 8',
    ]);
    expect(changesOf('gl-001', 'sub-agent-autoscaler')).toMatchObject([
      {
        name: 'gl-002-boiler-efficiency-hpa',
        minReplicas: 5,
        maxReplicas: 20,
        metrics: [
          { resource: 'cpu', percent: 70 },
          { pods: 'boiler_calculation_queue_depth', average: 10 },
        ],
      },
    ]);
  });

  it('raises the threads of Kafka where the lag is above 1000', () => {
    expect(orderOf('gl-001', 'kafka')).toEqual([
      'check',
      'human',
      'human',
      'config',
      'restart',
      'check',
    ]);
    expect(stepOf(2, 'gl-001', 'kafka').check).toMatchObject({ atLeast: 5 });
    expect(stepOf(3, 'gl-001', 'kafka').check).toMatchObject({ atLeast: 12 });
    expect(stepOf(4, 'gl-001', 'kafka').change).toMatchObject({
      set: {
        KAFKA_CONSUMER_THREADS: '8',
        KAFKA_BATCH_SIZE: '1000',
        KAFKA_MAX_POLL_RECORDS: '500',
      },
    });
  });

  it('compresses heat_measurements after 7 days and keeps them 90', () => {
    expect(changesOf('gl-001', 'hypertable')).toMatchObject([
      { table: 'heat_measurements', compress: { afterDays: 7 } },
      { table: 'heat_measurements', keepDays: 90 },
    ]);
  });

  it('says of the minimum off hours that it is 3 already', () => {
    expect(stepOf(2, 'gl-001', 'off-hours')).toMatchObject({
      change: { minReplicas: 3 },
      say: expect.stringContaining('3 already'),
    });
  });
});
