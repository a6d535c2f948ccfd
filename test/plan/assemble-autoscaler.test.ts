// The answer to an autoscaler at its maximum: what the cluster says decides, one step at a time, never smaller.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AutoscalerState, ClusterState } from '../../src/change/compare.ts';
import { assembleAutoscalerPlan } from '../../src/plan/assemble-autoscaler.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { emptyProfile } from '../../src/profile/empty-profile.ts';
import type { ScalingPolicy } from '../../src/profile/profile.ts';
import {
  componentOf,
  makeAutoscalerState,
  makeProfile,
  makeSystem,
  makeWorkload,
  makeWorkloadState,
  now,
} from '../make.ts';

const origin = {
  kind: 'alert',
  alertname: 'KubeHpaMaxedOut',
  fingerprint: 'c0ffee',
  startsAt: '2026-11-22T03:02:11Z',
  summary: '',
} as const;
const workload = makeWorkload({ namespace: 'shop', name: 'web' });
const shop = makeSystem({
  id: 'shop',
  title: 'Shop',
  profile: emptyProfile,
  wholeNamespace: 'shop',
});
const cpu = { name: 'cpu', current: 1.8, target: 0.7, unit: 'ratio' } as const;
const full: Partial<AutoscalerState> = {
  name: 'web-hpa',
  minReplicas: 2,
  maxReplicas: 5,
  desiredReplicas: 5,
  limited: true,
  metrics: [cpu],
};

type Over = Partial<Parameters<typeof assembleAutoscalerPlan>[0]>;

function draw(autoscaler: Partial<AutoscalerState> | undefined, over: Over = {}): Plan {
  const cluster: ClusterState = {
    workload: makeWorkloadState({ replicas: 5 }),
    autoscaler: autoscaler && makeAutoscalerState(autoscaler),
    objects: [],
  };
  return assembleAutoscalerPlan(
    {
      system: shop,
      workload,
      cluster,
      now,
      component: undefined,
      componentId: 'web',
      origin,
      ...over,
    },
    { id: 'p-0abcd', revision: 1 },
  );
}

const policy = (over: Partial<ScalingPolicy>): ScalingPolicy => ({
  periodSeconds: 60,
  select: 'Max',
  windowSeconds: 0,
  ...over,
});

describe('at its maximum and wanting more', () => {
  it('it gets half as much again, and the plan says all that is known and what is not', () => {
    const plan = draw(full);
    expect(plan).toMatchObject({
      system: 'shop',
      component: 'web',
      trigger: 'share-of-maximum',
      replicas: { before: 5, after: 8 },
      decrease: false,
      limitsMet: [],
      steps: [
        {
          kind: 'autoscaler',
          autoscaler: { name: 'web-hpa', namespace: 'shop', cluster: 'production' },
          before: { minReplicas: 2, maxReplicas: 5 },
          after: { minReplicas: 2, maxReplicas: 8 },
          floor: true,
        },
      ],
      outcomeTest: {
        promql:
          'max_over_time((max(kube_horizontalpodautoscaler_status_desired_replicas{namespace="shop",horizontalpodautoscaler="web-hpa"}) / max(kube_horizontalpodautoscaler_spec_max_replicas{namespace="shop",horizontalpodautoscaler="web-hpa"}))[5m:30s])',
        below: 1,
        unit: 'ratio',
        withinSeconds: 900,
      },
    });
    expect(plan.cost).toBeUndefined();
    expect(plan.observations).toMatchObject([
      { name: 'share-of-maximum', unit: 'ratio', kind: 'value', value: 1 },
      { name: 'cpu, target 70 %', unit: 'ratio', kind: 'value', value: 1.8 },
      { name: 'replicas', unit: 'pods', kind: 'value', value: 5 },
    ]);
    expect(plan.notes).toEqual([
      'by its metrics it wants 13 pods now',
      'this system has no profile, so what it costs is not known',
      'Autoscaler web-hpa owns this workload and is at its maximum of 5, so its maximum is raised.',
    ]);
    expect(plan.arithmetic.map(({ text, result }) => [text, result])).toEqual([
      ['one step up from a maximum of 5 pods → 8 pods', 8],
    ]);
  });

  // biome-ignore format: a table
  it.each<[string, number, ScalingPolicy | undefined, number, readonly string[]]>([
    ['from one pod',                            1,   undefined,                                      2,   []],
    ['from two',                                2,   undefined,                                      3,   []],
    ['from ten',                                10,  undefined,                                      15,  []],
    ['from a hundred',                          100, undefined,                                      150, []],
    ['a wide policy of its own',                10,  policy({ percent: 100, pods: 4 }),              15,  []],
    ['a narrow policy of its own',              10,  policy({ pods: 2 }),                            12,  ["the autoscaler's own policy goes to 12 pods in one step"]],
    ['the narrower of two policies of its own', 10,  policy({ percent: 10, pods: 4, select: 'Min' }), 11, ["the autoscaler's own policy goes to 11 pods in one step"]],
  ])('%s', (_, maxReplicas, up, after, limitsMet) => {
    const plan = draw({ ...full, maxReplicas, desiredReplicas: maxReplicas, ...(up && { up }) });
    expect(plan.replicas.after).toBe(after);
    expect(plan.limitsMet).toEqual(limitsMet);
  });

  it('its metrics say nothing of a size when they are below their targets or of no use', () => {
    for (const metric of [
      { ...cpu, current: 0.1 },
      { ...cpu, target: 0 },
    ]) {
      const plan = draw({ ...full, metrics: [metric] });
      expect(plan.replicas.after).toBe(8);
      expect(plan.notes.join()).not.toContain('by its metrics');
    }
  });

  it('a component has the policy, the maximum and the cost of its profile', () => {
    const system = makeSystem();
    const component = componentOf(makeProfile(), 'worker');
    const known = { system, component, componentId: 'worker' };
    const plan = draw({ ...full, maxReplicas: 20, desiredReplicas: 20 }, known);
    expect(plan).toMatchObject({ component: 'worker', replicas: { before: 5, after: 30 } });
    expect(plan.limitsMet).toEqual([
      expect.stringMatching(/^its profile allows at most 30 pods \(.+\)$/),
    ]);
    expect(plan.cost).toMatchObject({ beforeUsdPerMonth: 365, afterUsdPerMonth: 2190 });
    expect(plan.notes.join()).not.toContain('has no profile');
    const at30 = draw({ ...full, maxReplicas: 30, desiredReplicas: 30 }, known);
    expect(at30.finding?.because).toMatch(
      /^autoscaler web-hpa is at its maximum of 30 pods, but its profile allows at most 30 pods/,
    );
  });
});

describe('nothing is changed', () => {
  // biome-ignore format: a table
  it.each<[string, Partial<AutoscalerState> | undefined, Over, 'enough' | 'frozen', RegExp]>([
    ['when it may still grow',           { ...full, limited: false, desiredReplicas: 3 },        {}, 'enough', /^autoscaler web-hpa wants 3 pods and may go to 5$/],
    ['when its maximum is just right',   { ...full, limited: false },                            {}, 'enough', /^autoscaler web-hpa is at its maximum of 5 pods and wants no more$/],
    ['while it cannot read its metrics', { ...full, active: false, inactiveBecause: 'no pods' }, {}, 'frozen', /^autoscaler web-hpa cannot read its metrics \(no pods\); that is what needs mending/],
    ['when it is gone',                  undefined,                                              {}, 'frozen', /^no autoscaler scales it any more$/],
    ['when its own policy forbids',      { ...full, up: policy({ pods: 2, select: 'Disabled' }) }, {}, 'frozen', /^autoscaler web-hpa is at its maximum of 5 pods, but the autoscaler's own policy goes to 5 pods in one step$/],
    ['to a StatefulSet',                 full, { workload: makeWorkload({ kind: 'StatefulSet', name: 'store' }) }, 'frozen', /^store is a StatefulSet/],
    ['while the cluster is silent',      full, { cluster: undefined, clusterProblem: 'no answer' },       'frozen', /^no answer$/],
  ])('%s', (_, autoscaler, over, kind, because) => {
    const plan = draw(autoscaler, over);
    expect(plan.finding).toMatchObject({ kind, because: expect.stringMatching(because) });
    expect(plan.steps).toEqual([]);
    expect(plan.replicas.after).toBe(plan.replicas.before);
  });

  it('and what was not seen is said to be missing', () => {
    const plan = draw(full, { cluster: undefined, clusterProblem: 'no answer' });
    expect(plan.observations).toMatchObject([
      { name: 'share-of-maximum', kind: 'missing', because: 'no answer' },
      { name: 'replicas', kind: 'missing', because: 'no answer' },
    ]);
  });
});

it("whatever an autoscaler says, a plan raises its maximum by at most half or its profile's step, and nothing else", () => {
  const number = fc.oneof(fc.double(), fc.integer({ min: -5, max: 5_000 }));
  const state = fc.record({
    maxReplicas: fc.integer({ min: 1, max: 5_000 }),
    desiredReplicas: fc.option(fc.integer({ min: 0, max: 5_000 }), { nil: undefined }),
    limited: fc.boolean(),
    active: fc.boolean(),
    metrics: fc.array(
      fc.record({
        name: fc.string(),
        current: number,
        target: number,
        unit: fc.constantFrom('ratio', ''),
      }),
    ),
    pods: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(state, ({ pods, desiredReplicas, metrics, ...rest }) => {
      const plan = draw({
        ...rest,
        minReplicas: 1,
        metrics,
        ...(desiredReplicas !== undefined && { desiredReplicas }),
        ...(pods !== undefined && { up: policy({ pods }) }),
      });
      expect(plan.steps.length === 0).toBe(plan.finding !== undefined);
      for (const change of plan.steps) {
        expect(change).toMatchObject({ kind: 'autoscaler', floor: true });
        if (change.kind !== 'autoscaler') return;
        expect(change.after.minReplicas).toBe(change.before.minReplicas);
        expect(change.after.maxReplicas).toBeGreaterThan(change.before.maxReplicas);
        expect(change.after.maxReplicas).toBeLessThanOrEqual(
          Math.ceil(change.before.maxReplicas * 1.5),
        );
        expect(rest.limited && rest.active).toBe(true);
      }
    }),
  );
});
