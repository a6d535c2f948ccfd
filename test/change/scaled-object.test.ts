// Limits that belong to a ScaledObject: what is read of it, the one patch that moves them, and what counts as moved.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { applyJsonPatch } from '../../sandbox/cluster/patch/json-patch.ts';
import { type AutoscalerChange, undoOf } from '../../src/change/change.ts';
import { asCommand, clusterWrite } from '../../src/change/cluster-write.ts';
import { compareChange } from '../../src/change/compare.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { limitsOf, madeBy, pauseOf } from '../../src/change/scaled-object.ts';
import {
  makeAutoscalerChange,
  makeAutoscalerState,
  makeClusterState,
  makeSeenAutoscaler,
  makeSeenScaledObject,
} from '../make.ts';

function change(over: Partial<AutoscalerChange> = {}): AutoscalerChange {
  return makeAutoscalerChange({
    scaledObject: 'worker',
    before: { minReplicas: 2, maxReplicas: 20 },
    after: { minReplicas: 6, maxReplicas: 20 },
    ...over,
  });
}

describe('what is read of it', () => {
  it('is the maker of an autoscaler, by label or by owner', () => {
    const autoscaler = (metadata: unknown) => ({
      ...makeSeenAutoscaler([]),
      value: { metadata, spec: {} },
    });
    expect(madeBy(autoscaler({ labels: { 'scaledobject.keda.sh/name': 'worker' } }))).toBe(
      'worker',
    );
    const owner = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'queue' };
    expect(madeBy(autoscaler({ ownerReferences: [owner] }))).toBe('queue');
    expect(madeBy(autoscaler({ labels: { app: 'worker' } }))).toBeUndefined();
    expect(madeBy(makeSeenAutoscaler([]))).toBeUndefined();
  });

  it('is its limits, with the defaults where it states none', () => {
    expect(limitsOf(makeSeenScaledObject())).toEqual({ minReplicas: 2, maxReplicas: 20 });
    expect(limitsOf(makeSeenScaledObject({}))).toEqual({
      minReplicas: 0,
      maxReplicas: 100,
      unstated: ['minReplicas', 'maxReplicas'],
    });
  });

  // biome-ignore format: a table
  it.each([
    [{},                                                undefined],
    [{ 'autoscaling.keda.sh/paused': 'false' },         undefined],
    [{ 'autoscaling.keda.sh/paused': 'False' },         undefined],
    [{ 'autoscaling.keda.sh/paused': 'True' },          { annotation: 'autoscaling.keda.sh/paused' }],
    [{ 'autoscaling.keda.sh/paused': 'yes' },           { annotation: 'autoscaling.keda.sh/paused' }],
    [{ 'autoscaling.keda.sh/paused': 'true' },          { annotation: 'autoscaling.keda.sh/paused' }],
    [{ 'autoscaling.keda.sh/paused-replicas': '5' },    { annotation: 'autoscaling.keda.sh/paused-replicas', at: '5' }],
  ])('is whether it is paused: %j', (annotations, pause) => {
    expect(pauseOf(makeSeenScaledObject({}, annotations))).toEqual(pause);
  });
});

describe('the write', () => {
  it('goes to the ScaledObject, by the names its limits have there', () => {
    expect(clusterWrite(change(), '7')).toEqual({
      how: 'patch',
      object: {
        cluster: 'production',
        namespace: 'greenlang-gl008',
        kind: 'ScaledObject',
        name: 'worker',
      },
      patch: [
        { op: 'test', path: '/spec/minReplicaCount', value: 2 },
        { op: 'add', path: '/spec/minReplicaCount', value: 6 },
      ],
    });
    expect(asCommand(change())).toBe(
      `kubectl patch scaledobject worker --namespace greenlang-gl008 --type=json --patch='[{"op":"test","path":"/spec/minReplicaCount","value":2},{"op":"add","path":"/spec/minReplicaCount","value":6}]'`,
    );
  });

  it('depends on the version that was read where a limit may not be there', () => {
    const idle = change({ before: { minReplicas: 0, maxReplicas: 20 } });
    expect(clusterWrite(idle, '7').patch).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/spec/minReplicaCount', value: 6 },
    ]);
    expect(asCommand(idle)).not.toContain('resourceVersion');
  });

  const limits = fc
    .tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200 }))
    .map(([minReplicas, more]) => ({ minReplicas, maxReplicas: Math.max(1, minReplicas + more) }));

  it('is one patch whose minimum never passes its maximum, before, after, or when taken back', () => {
    fc.assert(
      fc.property(limits, limits, fc.boolean(), (before, after, stated) => {
        const defaults = { minReplicas: 0, maxReplicas: 100 };
        const spec = Object.fromEntries(
          (['minReplicas', 'maxReplicas'] as const).flatMap((field) =>
            stated || before[field] !== defaults[field]
              ? [[field.replace('Replicas', 'ReplicaCount'), before[field]]]
              : [],
          ),
        );
        const object = { metadata: { resourceVersion: '7' }, spec };
        const planned = change({ before: limitsOf(seen(object)), after });
        const there = sent(object, clusterWrite(planned, '7').patch);
        expect(limitsOf(seen(there))).toMatchObject(after);
        const back = undoOf(planned);
        // All of it: what was not there before is not there again.
        expect(sent(there, clusterWrite(back, '7').patch)).toEqual(object);
        expect(compareChange(back, stateOf(object.spec)).kind).toBe('reached');
      }),
    );
  });

  it('is refused when a limit it moves has moved', () => {
    fc.assert(
      fc.property(limits, limits, fc.integer({ min: 1, max: 9 }), (before, after, more) => {
        const { patch } = clusterWrite(change({ before, after }), 'seen');
        fc.pre(patch.length > 0);
        const object = {
          metadata: { resourceVersion: 'later' },
          spec: {
            minReplicaCount: before.minReplicas + more,
            maxReplicaCount: before.maxReplicas + more,
          },
        };
        expect(() => sent(object, patch)).toThrow();
      }),
    );
  });
});

describe('the comparison', () => {
  // biome-ignore format: a table
  it.each([
    [{ minReplicaCount: 2, maxReplicaCount: 20 }, 'unchanged'],
    [{ minReplicaCount: 2, maxReplicaCount: 30 }, 'unchanged'],
    [{ minReplicaCount: 6, maxReplicaCount: 20 }, 'reached'],
    [{ minReplicaCount: 9, maxReplicaCount: 20 }, 'reached'],
    [{ minReplicaCount: 3, maxReplicaCount: 20 }, 'drifted'],
    [{ maxReplicaCount: 20 },                     'drifted'],
  ])('of %j is %s', (spec, kind) => {
    expect(compareChange(change(), stateOf(spec)).kind).toBe(kind);
  });

  it('hands on the version of the ScaledObject', () => {
    expect(compareChange(change(), stateOf({ minReplicaCount: 2 }))).toEqual({
      kind: 'unchanged',
      resourceVersion: '1043',
    });
  });

  it('is a drift when it is gone', () => {
    const gone = makeClusterState({ autoscaler: makeAutoscalerState() });
    expect(compareChange(change(), gone)).toEqual({
      kind: 'drifted',
      because: 'ScaledObject worker is no longer there',
    });
  });
});

function stateOf(spec: Readonly<Record<string, unknown>>) {
  return makeClusterState({
    // The autoscaler follows a moment later, and does not count.
    autoscaler: makeAutoscalerState({ minReplicas: 2, maxReplicas: 20 }),
    objects: [makeSeenScaledObject(spec)],
  });
}

function sent(object: JsonObject, patch: unknown): JsonObject {
  return applyJsonPatch(object, JSON.parse(JSON.stringify(patch)) as JsonObject[]);
}

function seen(object: JsonObject) {
  const spec = valueAt(object, '/spec');
  return makeSeenScaledObject(spec as Readonly<Record<string, unknown>>);
}
