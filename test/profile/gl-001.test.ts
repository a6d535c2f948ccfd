// Checks the profile of the process heat orchestrator against the figures of its guide.
import { describe, expect, it } from 'vitest';
import { whatIf } from '../../src/plan/what-if.ts';
import { oneLine, readProfile, sizeFor, triggerRow } from './read-profile.ts';

const profile = readProfile('gl-001');

const ask = (plants: number, subagents: number) =>
  whatIf(
    profile,
    new Map([
      ['plants', String(plants)],
      ['subagents', String(subagents)],
    ]),
  );

describe('the profile gl-001', () => {
  // biome-ignore format: a table
  it.each([
    // component, workload, min, max, baseline
    ['orchestrator',         'gl-001-process-heat-orchestrator', 3, 20, 4],
    ['boiler-efficiency',    'gl-002-boiler-efficiency',         5, 20, 12],
    ['steam-system',         'gl-012-steam-system',              5, 20, 10],
    ['combustion-optimizer', 'gl-003-combustion-optimizer',      5, 20, 10],
    ['emissions-control',    'gl-004-emissions-control',         5, 20, 10],
    ['waste-heat',           'gl-006-waste-heat',                5, 20, 8],
  ])('has the workload and the limits of %s', (id, name, min, max, baseline) => {
    expect(profile.components.get(id)).toMatchObject({
      workload: { kind: 'Deployment', namespace: 'greenlang', name, container: name },
      replicas: { min, max, baseline },
    });
  });

  it('has no component beside the six the guide names', () => {
    expect(profile.components.size).toBe(6);
  });

  it('requests for the orchestrator 60 % and 70 % of the limits for 5 plants and 25 sub-agents', () => {
    expect(profile.components.get('orchestrator')?.pod).toMatchObject({
      cpuMillicores: 1650, // 60 % of 1000 + 5 × 100 + 25 × 50
      memoryMi: 3884, // 70 % of 2048 + 5 × 200 + 25 × 100, rounded up
    });
  });

  it('says of the pods of sub-agents that the guide does not state them', () => {
    for (const [id, { pod }] of profile.components) {
      if (id !== 'orchestrator') expect(pod.source).toMatch(/^Not in the guide/);
    }
  });

  it('has the autoscalers of the orchestrator and of the boiler agents', () => {
    expect(profile.components.get('orchestrator')?.autoscaling).toMatchObject({
      hpa: { name: 'gl-001-process-heat-orchestrator-hpa', min: 3, max: 20 },
      up: { percent: 50, pods: 2, periodSeconds: 60, select: 'Max', windowSeconds: 60 },
      down: { percent: 25, pods: 1, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
    });
    expect(profile.components.get('boiler-efficiency')?.autoscaling).toMatchObject({
      hpa: { name: 'gl-002-boiler-efficiency-hpa', min: 5, max: 20 },
    });
  });

  // biome-ignore format: a table
  it.each([
    // plants, sub-agents, replicas
    [5,   25,  4],
    [10,  50,  7],
    [20,  99,  14],
    [15,  70,  10], // the guide's example says 11, its formula 10
    [6,   25,  5],
    [1,   0,   3], // the minimum
    [50,  100, 20], // the maximum
  ])('sizes %i plants and %i sub-agents with %i replicas', (plants, subagents, replicas) => {
    expect(ask(plants, subagents)).toMatchObject({
      recommended: 'formula',
      sizings: [{ component: 'orchestrator', replicas, feasible: true }],
    });
  });

  it('does not cut what is above the maximum: it says that it does not fit', () => {
    expect(ask(51, 100)).toMatchObject({
      recommended: undefined,
      sizings: [
        {
          replicas: 21,
          feasible: false,
          reasons: ['21 replicas are more than the 20 it may have in one place'],
        },
      ],
    });
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

  it('has a trigger for every threshold of the guide', () => {
    expect([...profile.triggers.values()].map(triggerRow)).toEqual([
      'GL001HighCPU orchestrator ratio 0.8 0.7',
      'GL001HighMemory orchestrator ratio 0.85 0.75',
      'GL001HighCoordinationRate orchestrator ratio 55 50',
      'GL001BoilerCalculationQueue boiler-efficiency ratio 11 10',
      'GL001SubAgentHighCPU boiler-efficiency ratio 0.77 0.7',
      'GL001SubAgentHighCPU steam-system ratio 0.77 0.7',
      'GL001SubAgentHighCPU combustion-optimizer ratio 0.77 0.7',
      'GL001SubAgentHighCPU emissions-control ratio 0.77 0.7',
      'GL001SubAgentHighCPU waste-heat ratio 0.77 0.7',
      'GL001HighOrchestrationLatency orchestrator investigate 3 2',
      'GL001AgentCoordinationErrors orchestrator investigate 0.05 0.01',
      'GL001DatabaseConnections orchestrator investigate 0.85 0.7',
      'GL001MessageBusLag orchestrator investigate 500 100',
      'GL001KafkaLag orchestrator investigate 1000 -',
      'GL001HeatOptimizationTime orchestrator investigate 5 2',
      'GL001PlantCount orchestrator investigate 10 -',
      'GL001SubAgentCount orchestrator investigate 80 -',
    ]);
  });

  it('fires every alert on exactly what it measures afterwards', () => {
    for (const { expr, measure, fireAt } of profile.triggers.values()) {
      expect(oneLine(expr)).toBe(`${oneLine(measure.promql)} > ${fireAt}`);
    }
  });

  it('answers a CPU of 84 % on 5 orchestrators with 6, and at most one step of the policy', () => {
    expect(sizeFor(profile, 'orchestrator-cpu', { current: 5, value: 0.84 })).toMatchObject({
      kind: 'scale',
      target: 6,
    });
    expect(sizeFor(profile, 'orchestrator-cpu', { current: 6, value: 1.4 })).toMatchObject({
      kind: 'scale',
      target: 9,
      wanted: 12,
      limitsMet: ['wanted 12, one step of the scaling policy allows 9'],
    });
  });

  it('answers a queue of 15 calculations a boiler agent with half as many again', () => {
    expect(sizeFor(profile, 'boiler-queue', { current: 12, value: 15 })).toMatchObject({
      kind: 'scale',
      target: 18,
    });
  });

  it('answers coordination errors with the decision tree and no size', () => {
    const sizing = sizeFor(profile, 'coordination-errors', { current: 5, value: 0.08 });
    expect(sizing).toMatchObject({
      kind: 'investigate',
      because: '8 % measured, the alert fires at 5 %',
    });
    expect(sizing.kind === 'investigate' && sizing.lookAt[0]).toMatch(/network/);
  });

  it('has the rates of the GL-003 guide, and says that they are not its own', () => {
    expect(profile.cost).toMatchObject({
      cpuCoreHourUsd: 0.05,
      memoryGbHourUsd: 0.01,
      databaseGbMonthUsd: 0.1,
      hoursPerMonth: 730,
    });
    expect(profile.cost?.source).toContain('The GL-001 guide has no rates');
  });
});
