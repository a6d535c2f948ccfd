// Which object a new size goes to when KEDA, or two autoscalers at once, have a say in it.

import { describe, expect, it } from 'vitest';
import type { ClusterState, ScaledObjectSeen } from '../../src/change/compare.ts';
import { chooseScaleDown, chooseScaleUp } from '../../src/plan/choose-change.ts';
import { leaseOfFloor } from '../../src/plan/lease-of.ts';
import {
  makeAutoscalerState,
  makeClusterState,
  makeRule,
  makeSeenAutoscaler,
  makeSeenScaledObject,
  makeSystem,
  makeWorkload,
  makeWorkloadState,
} from '../make.ts';

const madeByKeda = {
  ...makeSeenAutoscaler([]),
  name: 'keda-hpa-worker',
  value: { metadata: { labels: { 'scaledobject.keda.sh/name': 'worker' } }, spec: {} },
};

function scaledByKeda(
  scaledObject: ScaledObjectSeen = { kind: 'seen', object: makeSeenScaledObject() },
  over: Partial<ClusterState['autoscaler']> = {},
): ClusterState {
  return makeClusterState({
    autoscaler: makeAutoscalerState({
      name: 'keda-hpa-worker',
      minReplicas: 2,
      maxReplicas: 20,
      ...over,
    }),
    objects: [madeByKeda],
    scaledObject,
  });
}

const paused = (annotation: string, value: string): ClusterState =>
  makeClusterState({
    scaledObject: { kind: 'seen', object: makeSeenScaledObject({}, { [annotation]: value }) },
  });

describe('a workload at zero that an autoscaler leaves alone', () => {
  const wake = (target: number) =>
    chooseScaleUp(
      makeWorkload(),
      makeClusterState({
        workload: makeWorkloadState({ replicas: 0 }),
        autoscaler: makeAutoscalerState({
          minReplicas: 4,
          maxReplicas: 20,
          active: false,
          inactiveBecause: 'ScalingDisabled',
        }),
      }),
      target,
    );
  const scaled = (replicas: number) => ({
    kind: 'scale',
    before: { replicas: 0 },
    after: { replicas },
  });

  it('is started, after its autoscaler knows how many it keeps', () => {
    expect(wake(12)).toMatchObject({
      changes: [{ kind: 'autoscaler', after: { minReplicas: 12, maxReplicas: 20 } }, scaled(12)],
      replicasAfter: 12,
      notes: [expect.stringContaining('leaves worker alone while it has no pods')],
    });
    expect(wake(30)).toMatchObject({
      changes: [{ after: { minReplicas: 20, maxReplicas: 20 } }, scaled(20)],
      replicasAfter: 20,
    });
  });

  it('is only started where the autoscaler keeps as many anyway', () => {
    expect(wake(2)).toMatchObject({ changes: [scaled(2)], replicasAfter: 4 });
  });

  it('is not lent: by the clock it would be ended again', () => {
    const chosen = wake(12);
    if (chosen.kind !== 'change') throw new Error(chosen.because);
    const system = makeSystem();
    const lent = { ...system, rule: { ...makeRule(), giveBackAfterSeconds: 7_200 } };
    const [trigger] = system.profile.triggers.values();
    if (trigger === undefined) throw new Error('the profile has triggers');
    expect(leaseOfFloor(chosen.changes, lent, trigger)).toBeUndefined();
    expect(leaseOfFloor(chosen.changes.slice(0, 1), lent, trigger)).toBeDefined();
  });
});

describe('a workload that KEDA scales', () => {
  it('gets a higher minimum in its ScaledObject', () => {
    expect(chooseScaleUp(makeWorkload(), scaledByKeda(), 8)).toEqual({
      kind: 'change',
      changes: [
        {
          kind: 'autoscaler',
          workload: makeWorkload(),
          autoscaler: {
            cluster: 'production',
            namespace: 'greenlang-gl008',
            name: 'keda-hpa-worker',
          },
          scaledObject: 'worker',
          before: { minReplicas: 2, maxReplicas: 20 },
          after: { minReplicas: 8, maxReplicas: 20 },
          floor: true,
          undo: 'exact',
        },
      ],
      replicasAfter: 8,
      notes: [
        'ScaledObject worker owns this workload, so its minimum is raised.',
        'KEDA makes autoscaler keda-hpa-worker from ScaledObject worker, so that is what is changed.',
      ],
    });
  });

  it('gets a higher maximum there when it is at its maximum', () => {
    const state = scaledByKeda(undefined, { limited: true });
    expect(chooseScaleUp(makeWorkload(), state, 26)).toMatchObject({
      changes: [{ scaledObject: 'worker', after: { minReplicas: 2, maxReplicas: 26 } }],
    });
  });

  it('is counted from the limits of the ScaledObject, where a minimum of none is zero', () => {
    const object = makeSeenScaledObject({ maxReplicaCount: 20 });
    const chosen = chooseScaleUp(makeWorkload(), scaledByKeda({ kind: 'seen', object }), 8);
    expect(chosen).toMatchObject({ changes: [{ before: { minReplicas: 0, maxReplicas: 20 } }] });
  });

  it('is started from zero, where its autoscaler never reads a metric', () => {
    const object = makeSeenScaledObject({ maxReplicaCount: 20 });
    const resting = scaledByKeda({ kind: 'seen', object }, { active: false });
    const choose = (replicas: number) =>
      chooseScaleUp(makeWorkload(), { ...resting, workload: makeWorkloadState({ replicas }) }, 3);
    expect(choose(0)).toMatchObject({ changes: [{ after: { minReplicas: 3 } }] });
    expect(choose(2)).toMatchObject({
      kind: 'none',
      because: expect.stringContaining('cannot read its metrics'),
    });
  });

  it('is left alone when its ScaledObject may not be read', () => {
    const state = scaledByKeda({ kind: 'unknown', because: 'listing the ScaledObjects: no' });
    expect(chooseScaleUp(makeWorkload(), state, 8)).toEqual({
      kind: 'none',
      enough: false,
      because:
        'autoscaler keda-hpa-worker is made by ScaledObject worker, which sets its limits back; the change belongs there, but listing the ScaledObjects: no',
    });
  });

  it('decides itself when to shrink', () => {
    expect(chooseScaleDown(makeWorkload(), scaledByKeda(), 3)).toMatchObject({
      kind: 'none',
      because: 'ScaledObject worker owns this workload and decides itself when to shrink it',
    });
  });
});

describe('a workload whose ScaledObject has no autoscaler', () => {
  it('is left where a pause holds it', () => {
    const state = paused('autoscaling.keda.sh/paused-replicas', '5');
    for (const choose of [chooseScaleUp, chooseScaleDown]) {
      expect(choose(makeWorkload(), state, 8)).toMatchObject({
        kind: 'none',
        because:
          'ScaledObject worker is paused and holds this workload at 5 replicas (annotation autoscaling.keda.sh/paused-replicas); change that number, or resume it',
      });
    }
  });

  it('is scaled itself while a pause leaves it alone, and that is said', () => {
    const state = paused('autoscaling.keda.sh/paused', 'true');
    expect(chooseScaleUp(makeWorkload(), state, 8)).toMatchObject({
      changes: [{ kind: 'scale', after: { replicas: 8 } }],
      notes: [
        'ScaledObject worker is paused (annotation autoscaling.keda.sh/paused); once it is resumed, it decides the size again.',
      ],
    });
  });

  it('is left alone when nothing explains that', () => {
    const state = makeClusterState({
      scaledObject: { kind: 'seen', object: makeSeenScaledObject() },
    });
    expect(chooseScaleUp(makeWorkload(), state, 8)).toMatchObject({
      because: expect.stringContaining('its conditions say why'),
    });
  });

  it('is scaled itself when KEDA is not there or may not be asked', () => {
    for (const scaledObject of [
      { kind: 'none' },
      { kind: 'unknown', because: 'no' },
    ] as const satisfies readonly ScaledObjectSeen[]) {
      const chosen = chooseScaleUp(makeWorkload(), makeClusterState({ scaledObject }), 8);
      expect(chosen).toMatchObject({ changes: [{ kind: 'scale' }], notes: [] });
    }
  });
});

it('two autoscalers for one workload are named, and nothing is written', () => {
  const state = makeClusterState({
    autoscaler: makeAutoscalerState(),
    objects: [makeSeenAutoscaler([]), { ...makeSeenAutoscaler([]), name: 'worker-cpu' }],
  });
  expect(chooseScaleUp(makeWorkload(), state, 8)).toEqual({
    kind: 'none',
    enough: false,
    because:
      'autoscalers worker-hpa and worker-cpu are for the same workload, and neither acts while both are there; remove one of them',
  });
});
