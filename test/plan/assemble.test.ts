// From facts to a plan: the guide's own example, every way an autoscaler can stand there, and every reason for no plan.

import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/change/change.ts';
import { type AlertFacts, assembleAlertPlan } from '../../src/plan/assemble.ts';
import { assembleCommandPlan, type CommandFacts } from '../../src/plan/assemble-command.ts';
import { isHeldByDoubt } from '../../src/plan/doubt-finding.ts';
import type { Reading } from '../../src/plan/observation.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { changesOf } from '../../src/plan/step.ts';
import {
  componentOf,
  makeAlertFacts,
  makeAutoscalerState,
  makeClusterState,
  makeProfile,
  makeReading,
  makeRule,
  makeScaleChange,
  makeSystem,
  makeWorkload,
  makeWorkloadState,
  now,
  people,
  triggerOf,
} from '../make.ts';

const name = { id: 'p-0abcd', revision: 1 };
const plan = (over: Partial<AlertFacts> = {}) => assembleAlertPlan(makeAlertFacts(over), name);
const missing = { kind: 'missing', because: 'no such series', source: 'the query' } as const;
const running = (replicas: number) =>
  makeClusterState({ workload: makeWorkloadState({ replicas, readyReplicas: replicas }) });

describe('the plan that answers a backlog', () => {
  it('goes from 5 to at least 8 workers when 812 jobs wait and 300 a minute arrive', () => {
    const drawn = plan();
    expect(drawn).toMatchObject({
      id: 'p-0abcd',
      revision: 1,
      system: 'steam-traps',
      component: 'worker',
      trigger: 'inspection-backlog',
      replicas: { before: 5, after: 8 },
      decrease: false,
      createdAt: '2026-11-22T03:12:00.000Z',
      expiresAt: '2026-11-22T03:42:00.000Z',
      startWithinSeconds: 900,
    });
    expect(drawn.steps).toEqual([makeScaleChange()]);
    expect(drawn.arithmetic.map(({ text }) => text)).toEqual([
      '(300 arriving + 812 ÷ 10 min) ÷ 50 per pod = 7.624 → 8 pods',
    ]);
    expect(drawn.finding).toBeUndefined();
  });

  it('goes to 7 when nobody knows how many arrive', () => {
    for (const arrival of [undefined, missing]) {
      expect(plan({ arrival }).replicas).toEqual({ before: 5, after: 7 });
    }
  });

  it('is judged by the metric that made it', () => {
    expect(plan().outcomeTest).toEqual({
      promql: 'sum(inspection_queue_depth{namespace="greenlang-gl008"})',
      sampledAt: 'min(timestamp(inspection_queue_depth{namespace="greenlang-gl008"}))',
      below: 250,
      unit: 'jobs',
      withinSeconds: 900,
    });
  });

  it('keeps what was seen, with its age and where it was seen', () => {
    expect(plan({ arrival: missing }).observations).toEqual([
      {
        name: 'inspection-backlog',
        unit: 'jobs',
        kind: 'value',
        value: 812,
        at: '2026-11-22T03:11:57.000Z',
        ageSeconds: 3,
        source: 'the query',
      },
      { name: 'arrival', unit: 'per minute', ...missing },
      {
        name: 'alert says',
        unit: 'jobs',
        kind: 'value',
        value: 812,
        at: now.toISOString(),
        ageSeconds: 0,
        source: 'annotation "value" of the alert',
      },
      {
        name: 'replicas',
        unit: 'pods',
        kind: 'value',
        value: 5,
        at: now.toISOString(),
        ageSeconds: 0,
        source: 'Deployment greenlang-gl008/worker in cluster production',
      },
    ]);
  });

  it('costs what the guide says a pod costs, for 730 hours a month', () => {
    // (2 cores × $0.04 + 4 GB × $0.005) × 730 h = $73 a pod.
    expect(plan().cost).toMatchObject({ beforeUsdPerMonth: 365, afterUsdPerMonth: 584 });
  });

  it('costs what the cluster says a pod requests, where it says so', () => {
    const workload = makeWorkloadState({ podCpuMillicores: 1_000, podMemoryMi: 2_048 });
    expect(plan({ cluster: makeClusterState({ workload }) }).cost).toMatchObject({
      beforeUsdPerMonth: 182.5,
      afterUsdPerMonth: 292,
    });
  });

  it('says no cost where the profile has no rates', () => {
    const { cost: _rates, ...profile } = makeProfile();
    expect(plan({ system: makeSystem({ profile }) }).cost).toBeUndefined();
  });

  it('has the clocks of the rule, and usual ones where no rule covers the system', () => {
    const rule = makeRule({ expireAfterSeconds: 60, startWithinSeconds: 30 });
    expect(plan({ system: makeSystem({ rule }) })).toMatchObject({
      expiresAt: '2026-11-22T03:13:00.000Z',
      startWithinSeconds: 30,
    });
    expect(plan({ system: makeSystem({ rule: undefined }) })).toMatchObject({
      expiresAt: '2026-11-22T03:42:00.000Z',
      startWithinSeconds: 900,
    });
  });

  it('does not carry the name of the container, which is not scaled', () => {
    const workload = { ...makeWorkload(), container: 'worker' };
    const drawn = plan({ workload });
    expect(JSON.stringify([drawn.workload, drawn.steps])).not.toContain('container');
  });

  it('says what it replaces', () => {
    const next = assembleAlertPlan(makeAlertFacts(), { id: 'p-2', revision: 2, replaces: 'p-1' });
    expect(next).toMatchObject({ id: 'p-2', revision: 2, replaces: 'p-1' });
  });
});

describe('an autoscaler that owns the workload', () => {
  const withAutoscaler = (replicas: number, over: Parameters<typeof makeAutoscalerState>[0]) =>
    plan({ cluster: { ...running(replicas), autoscaler: makeAutoscalerState(over) } });
  const change = (drawn: Plan): Change | undefined => changesOf(drawn)[0];

  it('below its maximum gets a higher minimum', () => {
    const drawn = withAutoscaler(5, { minReplicas: 4, maxReplicas: 20 });
    expect(change(drawn)).toMatchObject({
      kind: 'autoscaler',
      before: { minReplicas: 4, maxReplicas: 20 },
      after: { minReplicas: 8, maxReplicas: 20 },
      floor: true,
      undo: 'exact',
    });
    expect(drawn.replicas).toEqual({ before: 5, after: 8 });
    expect(drawn.notes.join('\n')).toContain('its minimum is raised');
  });

  it('at its maximum gets a higher maximum', () => {
    const drawn = withAutoscaler(5, { minReplicas: 2, maxReplicas: 5, limited: true });
    expect(change(drawn)).toMatchObject({
      before: { minReplicas: 2, maxReplicas: 5 },
      after: { minReplicas: 2, maxReplicas: 8 },
    });
    expect(drawn.notes.join('\n')).toContain('is at its maximum of 5');
  });

  it('below its maximum is not raised past it, and the plan says so', () => {
    const drawn = withAutoscaler(5, { minReplicas: 2, maxReplicas: 7 });
    expect(change(drawn)).toMatchObject({ after: { minReplicas: 7, maxReplicas: 7 } });
    expect(drawn.replicas).toEqual({ before: 5, after: 7 });
    expect(drawn.notes.join('\n')).toContain('8 are wanted; 7 is the most');
  });

  it('that cannot read its metrics is the finding, not a size', () => {
    const drawn = withAutoscaler(5, { active: false, inactiveBecause: 'no metrics returned' });
    expect(drawn.steps).toEqual([]);
    expect(drawn.finding).toMatchObject({
      kind: 'frozen',
      because: expect.stringContaining('cannot read its metrics (no metrics returned)'),
    });
  });

  it('that keeps enough already has nothing to be changed', () => {
    const drawn = withAutoscaler(5, { minReplicas: 8, maxReplicas: 20 });
    expect(drawn.finding).toMatchObject({
      kind: 'enough',
      because: 'autoscaler worker-hpa already keeps at least 8 replicas',
    });
    expect(drawn.replicas).toEqual({ before: 5, after: 5 });
  });
});

describe('a doubt of the trigger', () => {
  const release = {
    promql: 'sum(releases)',
    above: 0,
    say: 'A release ended just now.',
    source: 'Decision tree',
  };
  const leak = { promql: 'growth', above: 0.5, say: 'Memory only grows', source: 'Decision tree' };
  const asked = (doubt: typeof release, reading: Reading) => ({ doubt, reading });
  const trigger = { ...triggerOf(makeProfile(), 'inspection-backlog'), lookAt: ['slow queries'] };
  const doubted = (doubts: AlertFacts['doubts'], over: Partial<AlertFacts> = {}) =>
    plan({ trigger, doubts: doubts ?? [], ...over });

  it('that stands turns the proposal into something to look at, with what would have been proposed', () => {
    const drawn = doubted([asked(release, makeReading(1)), asked(leak, makeReading(0.5))]);
    expect(drawn.finding).toEqual({
      kind: 'investigate',
      because:
        'scaling would go to 8 replicas, but there is something to look at first: A release ended just now (1, in order up to 0; Decision tree)',
      lookAt: ['A release ended just now.', 'slow queries'],
    });
    expect(drawn.steps).toEqual([]);
    expect(drawn.replicas).toEqual({ before: 5, after: 5 });
    expect(drawn.arithmetic).toEqual(plan().arithmetic);
    expect(drawn.outcomeTest).toBeUndefined();
    expect(drawn.notes).toContain(
      'to scale all the same, ask for steam-traps/worker replicas=8 with the scale command',
    );
    expect(isHeldByDoubt(drawn)).toBe(true);
    expect(isHeldByDoubt(plan())).toBe(false);
  });

  it('is named with each other one that stands, in their order', () => {
    const drawn = doubted([asked(release, makeReading(2)), asked(leak, makeReading(0.75))]);
    expect(drawn.finding?.because).toMatch(
      /just now \(2, .*\); Memory only grows \(0.75, in order/,
    );
    expect(drawn.finding?.lookAt).toEqual([release.say, leak.say, 'slow queries']);
  });

  it('that does not stand leaves the proposal as it is, and its number is kept', () => {
    const drawn = doubted([asked(release, makeReading(0))]);
    expect(drawn.steps).toEqual([makeScaleChange()]);
    expect(drawn.notes).toEqual(plan().notes);
    expect(drawn.observations).toContainEqual(
      expect.objectContaining({ name: 'doubt: A release ended just now', kind: 'value', value: 0 }),
    );
  });

  // biome-ignore format: a table
  it.each<[string, Reading, string]>([
    ['is missing',          missing,                                                          'no such series'],
    ['is stale',            { kind: 'stale', value: 9, ageSeconds: 900, source: 'q' },        'its newest answer is too old'],
    ['is older than counts', makeReading(9, { ageSeconds: 9_000 }),                            'its newest answer is too old'],
  ])('whose answer %s keeps nothing back, and that is said', (_, reading, why) => {
    const drawn = doubted([asked(release, reading)]);
    expect(drawn.steps).toEqual([makeScaleChange()]);
    expect(drawn.notes).toContain(
      `not checked: "A release ended just now" (${why}); the proposal does not wait for it`,
    );
  });

  it('says nothing where nothing would be scaled', () => {
    const doubts = [asked(release, makeReading(1))];
    expect(doubted(doubts, { measured: makeReading(200) }).finding?.kind).toBe('enough');
    expect(doubted(doubts, { cluster: running(30), arrival: undefined }).finding?.kind).toBe(
      'frozen',
    );
    const autoscaler = makeAutoscalerState({ active: false });
    expect(
      doubted(doubts, { cluster: makeClusterState({ autoscaler }) }).finding?.because,
    ).toContain('cannot read its metrics');
  });
});

describe('no change is proposed', () => {
  it('to a StatefulSet', () => {
    const workload = makeWorkload({ kind: 'StatefulSet', name: 'store' });
    const drawn = plan({ workload });
    expect(drawn.steps).toEqual([]);
    expect(drawn.finding?.because).toContain('store is a StatefulSet');
    const aware = plan({
      workload,
      component: { ...makeAlertFacts().component, replicaAware: true },
    });
    expect(aware.steps).toEqual([]);
    expect(aware.finding?.because).toContain('an alert never adds replicas to StatefulSet store');
    expect(drawn.arithmetic).not.toEqual([]);
  });

  it('to a workload that is not there', () => {
    const drawn = plan({ cluster: makeClusterState({ workload: undefined }) });
    expect(drawn.finding).toEqual({
      kind: 'frozen',
      because: 'there is no Deployment worker in namespace greenlang-gl008 of cluster production',
      lookAt: [],
    });
    expect(drawn.observations.at(-1)).toMatchObject({ name: 'replicas', kind: 'missing' });
  });

  it('while the cluster cannot be asked', () => {
    const drawn = plan({
      cluster: undefined,
      clusterProblem: 'asking cluster production: timeout',
    });
    expect(drawn.finding?.because).toBe('asking cluster production: timeout');
    expect(drawn.cost).toBeUndefined();
  });

  it('when the measurement is below its target, whatever the alert says', () => {
    const drawn = plan({ measured: makeReading(200), alertValue: 812 });
    expect(drawn.finding).toMatchObject({ kind: 'enough' });
    expect(drawn.notes.join('\n')).toContain('the alert says 812 jobs, measured 200 jobs');
  });

  it('for a trigger that only asks to look', () => {
    const trigger = {
      ...triggerOf(makeProfile(), 'inspection-backlog'),
      kind: 'investigate',
      lookAt: ['the last rollout', 'slow queries'],
    } as AlertFacts['trigger'];
    const drawn = plan({ trigger });
    expect(drawn.finding).toMatchObject({
      kind: 'investigate',
      lookAt: ['the last rollout', 'slow queries'],
    });
    expect(drawn.outcomeTest).toBeUndefined();
  });

  it('at the maximum of the component', () => {
    const drawn = plan({ cluster: running(30), arrival: undefined });
    expect(drawn.steps).toEqual([]);
    expect(drawn.finding).toMatchObject({
      kind: 'frozen',
      because: expect.stringContaining('the maximum is 30 pods'),
    });
  });
});

describe('a plan asked for by name and number', () => {
  const facts = (over: Partial<CommandFacts> = {}): CommandFacts => {
    const { system, component, workload, cluster } = makeAlertFacts();
    const origin = { kind: 'command', commandId: 'c-1', by: people.eve } as const;
    return { system, component, workload, cluster, now, replicas: 8, origin, ...over };
  };
  const drawn = (over: Partial<CommandFacts> = {}) => {
    const result = assembleCommandPlan(facts(over), name);
    if (result.kind === 'refused') throw new Error(result.because);
    return result.plan;
  };

  it('is a floor when it adds', () => {
    expect(drawn()).toMatchObject({
      replicas: { before: 5, after: 8 },
      decrease: false,
      steps: [makeScaleChange()],
      arithmetic: [],
    });
    expect(drawn().outcomeTest).toBeUndefined();
  });

  it('is exact and a decrease when it takes away', () => {
    expect(drawn({ replicas: 4 })).toMatchObject({
      replicas: { before: 5, after: 4 },
      decrease: true,
      steps: [makeScaleChange({ after: { replicas: 4 }, floor: false })],
      cost: { beforeUsdPerMonth: 365, afterUsdPerMonth: 292 },
    });
  });

  // biome-ignore format: a table
  it.each([
    [2,            /worker may have 3 to 30 replicas \(Scaling Overview.*\); 2 is outside that/],
    [31,           /31 is outside that/],
    [0,            /0 is outside that/],
    [-1,           /-1 is outside that/],
    [5.5,          /5.5 is outside that/],
    [Number.NaN,   /NaN is outside that/],
    [Infinity,     /Infinity is outside that/],
    [5,            /worker already has 5 replicas/],
  ])('for %f replicas is refused', (replicas, because) => {
    expect(assembleCommandPlan(facts({ replicas }), name)).toEqual({
      kind: 'refused',
      because: expect.stringMatching(because),
    });
  });

  const autoscaler = makeAutoscalerState();
  const statefulSet = makeWorkload({ kind: 'StatefulSet', name: 'store' });
  // biome-ignore format: a table
  it.each([
    ['a workload that is not there', { cluster: makeClusterState({ workload: undefined }) },         /there is no Deployment worker/],
    ['a silent cluster',             { cluster: undefined, clusterProblem: 'no answer' },            /^no answer$/],
    ['a StatefulSet',                { workload: statefulSet },                                      /store is a StatefulSet/],
    ['less than an autoscaler runs', { cluster: makeClusterState({ autoscaler }), replicas: 4 },     /autoscaler worker-hpa owns this workload/],
    ['a number of pods not known',   { cluster: running(Number.NaN) },                               /not known how many pods run/],
  ])('for %s is refused', (_, over, because) => {
    expect(assembleCommandPlan(facts(over), name)).toEqual({
      kind: 'refused',
      because: expect.stringMatching(because),
    });
  });

  it('raises the minimum of an autoscaler', () => {
    expect(drawn({ cluster: makeClusterState({ autoscaler }) })).toMatchObject({
      steps: [{ kind: 'autoscaler', after: { minReplicas: 8, maxReplicas: 20 } }],
      decrease: false,
    });
  });

  it('finds its limits with the component, not with the system', () => {
    const component = componentOf(makeProfile(), 'ml-service');
    const result = assembleCommandPlan(facts({ component, replicas: 9 }), name);
    expect(result).toMatchObject({ because: expect.stringContaining('1 to 8 replicas') });
  });
});
