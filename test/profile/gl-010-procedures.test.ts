// The procedures of GL-010 as plans: scaling without gaps, emergencies, edge collectors, shards, partitions and reports.
import { describe, expect, it } from 'vitest';
import { changesOf, type Given, planOf, resultOf, stepOf } from './plan-of.ts';
import { readProfile } from './read-profile.ts';

describe('GL-010', () => {
  it('scales up in six steps: now, required with a fifth more, maximum 25, 10 pods, health, half an hour', () => {
    const { steps } = planOf('gl-010', 'scale-up', { facilities: 75 });
    expect(steps.map(({ kind }) => kind)).toEqual([
      'check',
      'human',
      'autoscaler',
      'scale',
      'wait',
    ]);
    expect(steps[1]?.what).toContain('90 facilities');
    expect(steps[2]?.change).toMatchObject({ maxReplicas: 25 });
    expect(steps[3]).toMatchObject({
      change: { replicas: 10, floor: true },
      gate: { http: 'health' },
    });
    expect(steps[4]).toMatchObject({ waitSeconds: 1800, check: { below: 60 } });
  });

  it('scales down after load, work and quiet were looked at, and proves half an hour of data after it', () => {
    const { steps } = planOf('gl-010', 'scale-down');
    expect(steps.map(({ kind }) => kind)).toEqual([
      'check',
      'human',
      'check',
      'autoscaler',
      'scale',
      'wait',
      'check',
    ]);
    expect(steps[2]?.check).toMatchObject({ withinSeconds: 1800 });
    expect(steps[3]?.change).toMatchObject({ maxReplicas: 15 });
    expect(steps[4]?.change).toMatchObject({ replicas: 6, floor: false });
    expect(steps[6]?.check?.promql).toContain('[30m:1m]');
    expect(steps[6]?.check).toMatchObject({ above: 0 });
  });

  it('scales to 20 at once in an emergency, and leaves connections as they are', () => {
    const { steps, procedure } = planOf('gl-010', 'emergency');
    expect(procedure.emergency).toBe(true);
    expect(steps[0]?.change).toMatchObject({ replicas: 20, floor: true });
    expect(steps[1]).toMatchObject({
      check: { fact: 'max-connections', atLeast: 200 },
      otherwise: 'warn',
    });
    expect(steps.flatMap(({ change }) => change?.kind ?? [])).toEqual(['scale']);
  });

  it('deploys an edge collector with its own buffer, for the facilities that are named', () => {
    expect(changesOf('gl-010', 'edge-collector', { facility_ids: 'facility-7' })).toMatchObject([
      {
        object: {
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'gl-010-edge-collector-buffer' },
        },
      },
      {
        object: {
          spec: {
            replicas: 1,
            template: {
              spec: {
                containers: [
                  {
                    env: [
                      { name: 'FACILITY_IDS', value: 'facility-7' },
                      { name: 'LOCAL_BUFFER_SIZE', value: '1GB' },
                      { name: 'UPLOAD_INTERVAL', value: '60s' },
                      { name: 'OFFLINE_MODE_DURATION', value: '24h' },
                    ],
                  },
                ],
              },
            },
          },
        },
      },
    ]);
  });

  it('shards above 200 facilities, about 20 in each, rebalanced above 20 %', () => {
    expect(changesOf('gl-010', 'shards', { facilities: 201 })[0]).toMatchObject({
      count: 11,
      load: 20,
      rebalanceAbovePercent: 20,
      map: { configMap: 'gl-010-facility-shards', key: 'shard-config.yaml' },
    });
    expect(resultOf('gl-010', 'shards', { facilities: 200 })).toMatchObject({ kind: 'misuse' });
  });

  it('partitions by month, three ahead and 84 kept, and detaches what is older', () => {
    expect(stepOf(2, 'gl-010', 'partitions')).toMatchObject({
      change: { table: 'emissions_data', ahead: 3, keep: 84 },
      say: expect.stringContaining('detached and not dropped'),
    });
  });

  it('lets the window of the reports win over the schedule of the night', () => {
    const procedures = readProfile('gl-010').procedures;
    const daily = ['night', 'reports', 'day'].map((name) => procedures.get(name)?.daily);
    expect(daily).toEqual(['22:00', '02:00', '06:00']);
    const reports = (name: string, given: Given = {}) =>
      changesOf('gl-010', name, given).find(({ kind }) => kind === 'scale');
    expect(reports('night')).toMatchObject({ replicas: 1, floor: false });
    expect(reports('reports', { facilities: 50 })).toMatchObject({ replicas: 4, floor: true });
    expect(reports('day')).toMatchObject({ replicas: 4, floor: true });
  });

  it('makes a report for each facility, four at a time', () => {
    expect(changesOf('gl-010', 'reports', { facilities: 50 })[1]).toMatchObject({
      object: { kind: 'Job', spec: { parallelism: 4, completions: 50, backoffLimit: 3 } },
    });
  });

  it('puts only reports, archive and analytics on spot nodes', () => {
    expect(changesOf('gl-010', 'spot')).toMatchObject([
      {
        configMap: 'gl-010-spot-config',
        set: {
          'spot-workloads': '- report-generator\n- data-archiver\n- analytics\n',
          'non-spot-workloads': '- cems-collector\n- calculator\n- compliance-engine\n',
        },
      },
    ]);
  });

  it('scales the calculator by Kafka lag from 2 to 16, in the place of its autoscaler', () => {
    expect(planOf('gl-010', 'calculator-by-lag').procedure.note?.text).toContain(
      'gl-010-calculator-hpa',
    );
    expect(changesOf('gl-010', 'calculator-by-lag')).toMatchObject([
      {
        object: {
          kind: 'ScaledObject',
          spec: {
            minReplicaCount: 2,
            maxReplicaCount: 16,
            triggers: [{ metadata: { lagThreshold: '1000' } }],
          },
        },
      },
    ]);
  });

  it('pools with as many poolers as the pools of the pods need, within what the database has free', () => {
    expect(changesOf('gl-010', 'pgbouncer', { facilities: 50 })).toMatchObject([
      {
        replicas: 2,
        settings: { max_client_conn: '500', max_db_connections: '98', default_pool_size: '50' },
      },
    ]);
  });

  it('sends reports, history and analytics to two replicas within ten seconds', () => {
    expect(changesOf('gl-010', 'read-routing')).toMatchObject([{ replicas: 2 }]);
    expect(stepOf(3, 'gl-010', 'read-routing').check).toMatchObject({ below: 10 });
  });
});
