// Checks the sizes of the process heat orchestrator against the figures of its guide.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecast } from '../../src/sizing/forecast.ts';
import { type CapacityPlan, totals, whatIf } from '../../src/sizing/what-if.ts';
import { readProfile } from './read-profile.ts';

const profile = readProfile('gl-001');

function plan(plants: number, subagents: number, over: Record<string, number> = {}): CapacityPlan {
  const given = Object.entries({ plants, subagents, ...over });
  const result = whatIf(profile, new Map(given.map(([name, value]) => [name, String(value)])));
  if (result.kind !== 'sized') throw new Error(result.mistakes.join('\n'));
  return result;
}

const total = (each: CapacityPlan) => {
  if (each.recommended === undefined) throw new Error('nothing fits');
  return totals(each.recommended);
};

describe('the components of gl-001', () => {
  // biome-ignore format: a table
  it.each([
    // component, workload, min, max, baseline
    ['orchestrator',         'gl-001-process-heat-orchestrator', 3, 20, 4],
    ['boiler-efficiency',    'gl-002-boiler-efficiency',         5, 20, 12],
    ['steam-system',         'gl-012-steam-system',              5, 20, 10],
    ['combustion-optimizer', 'gl-003-combustion-optimizer',      5, 20, 10],
    ['emissions-control',    'gl-004-emissions-control',         5, 20, 10],
    ['waste-heat',           'gl-006-waste-heat',                5, 20, 8],
  ])('have the workload and the limits of %s', (id, name, min, max, baseline) => {
    expect(profile.components.get(id)).toMatchObject({
      workload: { kind: 'Deployment', namespace: 'greenlang', name, container: name },
      replicas: { min, max, baseline },
    });
  });

  it('are called by what they do, because their numbers are those of other systems', () => {
    expect([...profile.components.keys()].filter((id) => /\d/.test(id))).toEqual([]);
    expect(profile.components.size).toBe(6);
  });

  it('are together the 50 sub-agents that the guide has for 10 plants', () => {
    const [, ...subagents] = [...profile.components.values()];
    expect(subagents.reduce((sum, { replicas }) => sum + replicas.baseline, 0)).toBe(50);
  });

  it('request for the orchestrator 60 % and 70 % of the limits for 5 plants and 25 sub-agents', () => {
    expect(profile.components.get('orchestrator')?.pod).toMatchObject({
      cpuMillicores: 1650,
      memoryMi: 3884, // the calculator cuts to 3883
      cpuLimitMillicores: 2750, // 1000 + 5 × 100 + 25 × 50
      memoryLimitMi: 5548, // 2048 + 5 × 200 + 25 × 100
    });
  });

  it('say of the pods of sub-agents that the guide does not state them', () => {
    for (const [id, { pod }] of profile.components) {
      if (id !== 'orchestrator') expect(pod.source).toMatch(/^Not in the guide/);
    }
  });

  it('have the autoscalers of the orchestrator and of the boiler agents, with their metrics', () => {
    expect(profile.components.get('orchestrator')?.autoscaling).toMatchObject({
      hpa: {
        name: 'gl-001-process-heat-orchestrator-hpa',
        min: 3,
        max: 20,
        metrics: [
          { resource: 'cpu', percent: 70 },
          { resource: 'memory', percent: 75 },
          { pods: 'orchestration_latency_p95_seconds', average: 2 },
          { pods: 'agent_coordination_per_second', average: 50 },
        ],
      },
      up: { percent: 50, pods: 2, periodSeconds: 60, select: 'Max', windowSeconds: 60 },
      down: { percent: 25, pods: 1, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
    });
    expect(profile.components.get('boiler-efficiency')?.autoscaling?.hpa).toMatchObject({
      name: 'gl-002-boiler-efficiency-hpa',
      min: 5,
      max: 20,
      metrics: [
        { resource: 'cpu', percent: 70 },
        { pods: 'boiler_calculation_queue_depth', average: 10 },
      ],
    });
  });
});

describe('a size by gl-001', () => {
  // biome-ignore format: a table
  it.each([
    // plants, sub-agents, replicas, CPU limit, memory limit, CPU, memory, pool, per replica, workers
    [5,  25, 4,  2750, 5548,  1650, 3884,  85,  22, 3],
    [10, 50, 7,  4500, 9048,  2700, 6334,  140, 20, 3],
    [20, 99, 14, 7950, 15948, 4770, 11164, 260, 19, 5],
    [15, 70, 10, 6000, 12048, 3600, 8434,  195, 20, 4], // its example says 11, 4000m and 8Gi
    [1,  0,  3,  1100, 2248,  660,  1574,  55,  19, 3], // the minimum
    [30, 140, 20, 11000, 22048, 6600, 15434, 370, 19, 7], // the maximum
  ])('of %i plants and %i sub-agents: %i replicas', (plants, subagents, replicas, ...pod) => {
    const [cpuLimitMillicores, memoryLimitMi, cpuMillicores, memoryMi] = pod;
    const [, , , , pool, pool_per_replica, message_workers] = pod;
    const { recommended } = plan(plants, subagents);
    expect(recommended).toMatchObject({
      sizing: { id: 'formula' },
      parts: 1,
      components: [
        {
          id: 'orchestrator',
          replicas,
          pod: { cpuMillicores, memoryMi, cpuLimitMillicores, memoryLimitMi },
        },
      ],
      values: { pool, pool_per_replica, message_workers },
    });
  });

  it('keeps to the formula where the example of 15 plants says 11 replicas', () => {
    expect(plan(15, 70).recommended?.components[0]?.replicas).toBe(10);
  });

  it('says what the calculator prints beside the replicas, and how many sub-agents go with it', () => {
    expect(plan(10, 50).recommended?.note).toBe(
      'Message workers: 3. DB_POOL_SIZE: 20 in each replica, 140 in all. One agent a boiler and a plant: 12 of boiler-efficiency, 10 of steam-system.',
    );
  });

  it('has at most 20 message workers', () => {
    expect(plan(1, 500).sizings[0]?.values['message_workers']).toBe(20);
  });

  it('says when more boiler or steam agents are needed than their autoscaler may have', () => {
    const { warnings } = plan(21, 50, { boilers: 30 });
    expect(warnings.filter((each) => each.includes('autoscaler for sub-agents'))).toEqual([
      "30 boiler agents are more than the 20 of the guide's autoscaler for sub-agents",
      "21 steam agents are more than the 20 of the guide's autoscaler for sub-agents",
    ]);
  });

  it('asks for large nodes from 10 plants on, and says how many pods fit one: 2, later 1', () => {
    const nodes = (plants: number, subagents: number) =>
      plan(plants, subagents).warnings.find((each) => each.startsWith('Nodes'));
    expect(nodes(9, 45)).toBeUndefined();
    expect(nodes(10, 50)).toMatch(/requests: 2$/);
    expect(nodes(20, 99)).toMatch(/requests: 1$/);
  });

  it('says when one pod may use more than a large node has', () => {
    const told = (plants: number, subagents: number) =>
      plan(plants, subagents).warnings.some((each) => each.startsWith('The CPU limit of a pod'));
    expect(told(20, 99)).toBe(false);
    expect(told(20, 101)).toBe(true);
  });

  it('needs both inputs', () => {
    expect(whatIf(profile, new Map())).toEqual({
      kind: 'misuse',
      mistakes: [
        'plants is missing (plants, 1 to 500)',
        'subagents is missing (sub-agents, 0 to 5000)',
      ],
    });
  });

  it('can find out both inputs from what is measured', () => {
    expect(profile.inputs.get('plants')?.observe).toMatchObject({ promql: /plant_count/ });
    expect(profile.inputs.get('subagents')?.observe).toMatchObject({ promql: /subagent_count/ });
  });
});

describe('the connections of gl-001', () => {
  // biome-ignore format: a table
  it.each([
    // plants, sub-agents, connections, max_connections, stage
    [5,  25,  110, 300, 'single TimescaleDB'],         // (4 + 1) × 22
    [10, 50,  180, 300, 'single TimescaleDB'],         // (7 + 2) × 20
    [15, 70,  260, 300, 'single TimescaleDB'],         // (10 + 3) × 20
    [20, 99,  342, 500, 'single TimescaleDB'],         // (14 + 4) × 19
    [30, 140, 475, 500, 'primary + 1 read replica'],   // (20 + 5) × 19
  ])('of %i plants and %i sub-agents are %i', (plants, subagents, count, max, stage) => {
    const { recommended, database } = plan(plants, subagents);
    expect(recommended?.values['connections']).toBe(count);
    expect(database).toMatchObject({ stage, connections: { max, reserve: 3 } });
    expect(database?.settings).toEqual({ shared_buffers: '8GB' });
  });

  it('are the pool of all replicas divided among them, not 250 in each as in the ConfigMap', () => {
    const { values } = plan(10, 50).sizings[0] ?? {};
    expect(values?.['pool']).toBe(140);
    expect(values?.['pool_per_replica']).toBe(20);
    expect(values?.['connections']).toBeLessThan(7 * 250);
  });

  it('make one region too small before its replicas do', () => {
    const [formula] = plan(50, 100).sizings;
    expect(formula).toMatchObject({ feasible: false, components: [{ replicas: 20 }] });
    expect(formula?.reasons).toEqual([
      'a pool of 470 connections is more than 370: up to there it fits into max_connections of 500, the most the guide sets, with the pods of a rollout and however many replicas share it',
      'pods may open 600 database connections, 497 are free (max_connections 500 less 3 in reserve)',
    ]);
  });
});

describe('the regions of gl-001', () => {
  // biome-ignore format: a table
  it.each([
    // plants, sub-agents, regions, replicas of each
    [51,  100,  3,  8],  // 17 plants, 34 sub-agents: 4 + 4
    [31,  150,  3,  8],  // 11 plants, 50 sub-agents: 3 + 5
    [100, 500,  6,  13], // 17 plants, 84 sub-agents: 4 + 9
    [500, 5000, 48, 14], // 11 plants, 105 sub-agents: 3 + 11
  ])('of %i plants and %i sub-agents are %i', (plants, subagents, parts, replicas) => {
    const { recommended, sizings, database } = plan(plants, subagents);
    expect(sizings[0]?.feasible).toBe(false);
    expect(recommended).toMatchObject({
      sizing: { id: 'regions', split: { into: 'regions' } },
      parts,
      components: [{ replicas, pod: { cpuMillicores: 6600, memoryMi: 15434 } }],
    });
    expect(database).toMatchObject({ shards: parts, stage: /^primary in the first region/ });
  });

  it('are left out while one is enough', () => {
    expect(plan(20, 99).sizings.map(({ sizing }) => sizing.id)).toEqual(['formula']);
  });

  it('say which limit of one region is met, and why their pods stay large', () => {
    const { sizings, warnings } = plan(20, 200);
    expect(sizings[0]?.reasons[0]).toBe(
      '24 replicas of orchestrator are more than the 20 it may have in one place',
    );
    expect(warnings).toContain(
      'More than one region holds (20 replicas, 500 connections): 3 regions of 9 replicas each',
    );
    expect(warnings).toContain(
      "Pods keep the size they have at the end of one region, so that more plants never get less: for its own share (plants: 7, sub-agents: 67) a region's formula gives limits of 5050m and 10148Mi",
    );
  });

  it('hold every plant and every sub-agent, within 20 replicas and 500 connections each', () => {
    fc.assert(
      fc.property(plantsAndSubagents(), ([plants, subagents]) => {
        const { recommended } = plan(plants, subagents);
        const { values, parts = 0, components } = recommended ?? {};
        expect(parts * (values?.['plants'] ?? 0)).toBeGreaterThanOrEqual(plants);
        expect(parts * (values?.['subagents'] ?? 0)).toBeGreaterThanOrEqual(subagents);
        expect(components?.[0]?.replicas).toBeGreaterThanOrEqual(3);
        expect(components?.[0]?.replicas).toBeLessThanOrEqual(20);
        expect(values?.['connections']).toBeLessThanOrEqual(497);
      }),
    );
  });

  it('never have fewer pods, CPU or memory together for more plants or sub-agents', () => {
    const more = fc.record({ plants: fc.nat(60), subagents: fc.nat(300) });
    fc.assert(
      fc.property(plantsAndSubagents(), more, ([plants, subagents], extra) => {
        const now = total(plan(plants, subagents));
        const then = total(
          plan(Math.min(500, plants + extra.plants), Math.min(5000, subagents + extra.subagents)),
        );
        expect(then.replicas).toBeGreaterThanOrEqual(now.replicas);
        expect(then.cpuCores).toBeGreaterThanOrEqual(now.cpuCores);
        expect(then.memoryGib).toBeGreaterThanOrEqual(now.memoryGib);
      }),
    );
  });
});

/** Half of them near the end of one region, where it matters. */
function plantsAndSubagents() {
  return fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 5000 })),
    fc.tuple(fc.integer({ min: 1, max: 110 }), fc.integer({ min: 0, max: 420 })),
  );
}

describe('what gl-001 costs', () => {
  it('is counted with the rates of the GL-003 guide, and that is said', () => {
    const { recommended, warnings, perUnit, storageUsdPerMonth } = plan(10, 50);
    // 7 × (2.7 cores × $0.05 + 6334 Mi × $0.01) × 730 h.
    expect(recommended?.costUsdPerMonth).toBe(1005.93);
    expect(perUnit).toEqual({ input: 'plants', usdPerMonth: 100.59 });
    expect(storageUsdPerMonth).toBeUndefined();
    expect(warnings.at(-1)).toMatch(/^The GL-001 guide has no rates/);
  });

  it('is not forecast, because the guide says nothing of growth', () => {
    expect(forecast(profile, new Map([['plants', '10']]))).toEqual({
      kind: 'misuse',
      mistakes: ['gl-001 has no forecast: its guide gives no growth'],
    });
  });
});
