// The procedures of GL-008 as plans: checks, high load, gradual steps, night and day, failover, pooler and partitions.
import { describe, expect, it } from 'vitest';
import { changesOf, orderOf, planOf, stepOf } from './plan-of.ts';
import { readProfile } from './read-profile.ts';

describe('GL-008', () => {
  it('checks before scaling with eight checks, of which people tick what the script passes unseen', () => {
    const { steps } = planOf('gl-008', 'pre-scaling-checks');
    expect(steps.map(({ kind, check }) => check?.fact ?? kind)).toEqual([
      'ready-nodes',
      'max-connections',
      'human',
      'disk-free-percent',
      'human',
      'human',
      'budget-used-percent',
      'alert-rules',
    ]);
    expect(steps[0]?.check).toMatchObject({ atLeast: 5 });
    expect(steps[1]?.check).toMatchObject({ atLeast: 200 });
    expect(steps[3]?.check).toMatchObject({ above: 30 });
  });

  it('scales all components to 12, 6, 15, 5 and 4, and then waits for them', () => {
    expect(orderOf('gl-008', 'high-load')).toEqual([
      'scale steam-trap-inspector 12',
      'scale api-gateway 6',
      'scale worker 15',
      'scale sensor-gateway 5',
      'scale ml-service 4',
      ...Array.from({ length: 5 }, () => 'check'),
    ]);
  });

  it('goes from 5 to 16 by two: 7, 9, 11, 13, 15 and 16, with health and two minutes between', () => {
    const { steps } = planOf('gl-008', 'gradual', { from: 5 });
    const counts = steps.map(({ change }) => change?.kind === 'scale' && change.replicas);
    expect(counts).toEqual([7, 9, 11, 13, 15, 16]);
    expect(steps.map(({ waitSeconds }) => waitSeconds)).toEqual([
      120,
      120,
      120,
      120,
      120,
      undefined,
    ]);
    for (const { gate } of steps) {
      expect(gate).toMatchObject({ http: 'health', status: 200, rollout: true });
    }
  });

  it('moves the minimum of the autoscaler for the night and the day, not the pods below it', () => {
    expect(changesOf('gl-008', 'off-peak')).toMatchObject([
      { kind: 'autoscaler', minReplicas: 2 },
      { kind: 'scale', target: { component: 'worker' }, replicas: 3, floor: false },
    ]);
    expect(changesOf('gl-008', 'peak')).toMatchObject([
      { kind: 'autoscaler', minReplicas: 8 },
      { kind: 'scale', target: { component: 'worker' }, replicas: 12, floor: true },
    ]);
    expect(stepOf(1, 'gl-008', 'off-peak').check).toMatchObject({ atMost: 500 });
    expect(readProfile('gl-008').procedures.get('off-peak')?.daily).toBe('22:00');
    expect(readProfile('gl-008').procedures.get('peak')?.daily).toBe('06:00');
  });

  it('fails over to a ready secondary, and drains the primary last, after traffic and role were seen', () => {
    const { steps } = planOf('gl-008', 'failover');
    expect(steps[0]?.change).toMatchObject({
      target: { name: 'steam-trap-inspector-us-west-2' },
      replicas: 12,
      floor: true,
    });
    expect(steps[0]?.gate).toMatchObject({ rollout: true });
    expect(steps.map(({ kind }) => kind)).toEqual(['scale', 'human', 'check', 'check', 'scale']);
    expect(steps[2]?.check).toMatchObject({ fact: 'database-is-primary' });
    expect(steps[3]?.check).toMatchObject({ below: 0.1 });
    expect(steps[4]?.change).toMatchObject({
      target: { name: 'steam-trap-inspector-us-east-1' },
      replicas: 0,
      floor: false,
    });
  });

  it('reads 80 % from a replica that streams, and pools 1000 clients over three poolers of 25', () => {
    expect(changesOf('gl-008', 'read-replica')).toMatchObject([
      { set: { ENABLE_READ_REPLICA: 'true', READ_REPLICA_SPLIT_RATIO: '0.8' } },
    ]);
    expect(changesOf('gl-008', 'pgbouncer')[0]).toMatchObject({
      replicas: 3,
      settings: { max_client_conn: '1000', default_pool_size: '25' },
    });
  });

  it('partitions through a new table whose key has the partition column', () => {
    expect(changesOf('gl-008', 'partitions')).toMatchObject([
      {
        table: 'trap_inspections',
        column: 'detected_at',
        ahead: 11,
        through: { table: 'trap_inspections_partitioned', key: ['id', 'detected_at'] },
      },
    ]);
  });

  it('makes pods bigger, with a GPU only where one is asked for', () => {
    expect(changesOf('gl-008', 'vertical')).toMatchObject([
      {
        cpuRequestMillicores: 2000,
        memoryRequestMi: 4096,
        cpuLimitMillicores: 4000,
        memoryLimitMi: 8192,
      },
    ]);
    const [without] = changesOf('gl-008', 'vertical-ml');
    expect(without).toMatchObject({ cpuRequestMillicores: 8000, memoryLimitMi: 32_768 });
    expect(without).not.toHaveProperty('extended');
    expect(changesOf('gl-008', 'vertical-ml', { gpus: 1 })).toMatchObject([
      { extended: { 'nvidia.com/gpu': 1 } },
    ]);
  });

  it('runs ten workers on spot nodes', () => {
    expect(changesOf('gl-008', 'spot')).toMatchObject([
      { object: { metadata: { name: 'worker-spot' }, spec: { replicas: 10 } } },
    ]);
  });
});
