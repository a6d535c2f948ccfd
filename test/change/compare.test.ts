// What counts as unchanged, as reached and as drift, and that a drift names who moved what.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareChange } from '../../src/change/compare.ts';
import {
  makeAutoscalerChange,
  makeAutoscalerState,
  makeClusterState,
  makeScaleChange,
  makeWorkloadState,
} from '../make.ts';

const up = makeScaleChange();
const down = makeScaleChange({ before: { replicas: 8 }, after: { replicas: 5 }, floor: false });

describe('a change of replicas', () => {
  // biome-ignore format: a table
  it.each([
    // change, replicas now, comparison
    ['5 → at least 8', up,   5,  'unchanged'],
    ['5 → at least 8', up,   8,  'reached'],
    ['5 → at least 8', up,   11, 'reached'],
    ['5 → at least 8', up,   6,  'drifted'],
    ['5 → at least 8', up,   4,  'drifted'],
    ['5 → at least 8', up,   0,  'drifted'],
    ['8 → 5',          down, 8,  'unchanged'],
    ['8 → 5',          down, 5,  'reached'],
    ['8 → 5',          down, 4,  'drifted'],
    ['8 → 5',          down, 6,  'drifted'],
    ['8 → 5',          down, 11, 'drifted'],
  ] as const)('%s with %# now is compared by its replicas only', (_, change, replicas, kind) => {
    const workload = makeWorkloadState({ replicas });
    expect(compareChange(change, makeClusterState({ workload })).kind).toBe(kind);
  });

  it('is unchanged with the version that was just read, whatever the status says', () => {
    const workload = makeWorkloadState({
      resourceVersion: '77',
      readyReplicas: 0,
      updatedReplicas: 2,
      observed: false,
      stuck: 'deadline exceeded',
      notReady: ['3 pods ImagePullBackOff'],
    });
    expect(compareChange(up, makeClusterState({ workload }))).toEqual({
      kind: 'unchanged',
      resourceVersion: '77',
    });
  });

  it('names who moved the replicas, where the cluster tells', () => {
    const workload = makeWorkloadState({
      replicas: 6,
      lastScaledBy: 'kubectl-edit, 2026-11-22 03:12 UTC',
    });
    expect(compareChange(up, makeClusterState({ workload }))).toEqual({
      kind: 'drifted',
      because:
        'Deployment worker has 6 replicas, the plan saw 5 (changed by kubectl-edit, 2026-11-22 03:12 UTC)',
    });
  });

  it('has drifted when the workload is gone', () => {
    expect(compareChange(up, makeClusterState({ workload: undefined }))).toEqual({
      kind: 'drifted',
      because: 'Deployment worker is no longer there',
    });
  });

  it('has drifted when an autoscaler appeared, even when the number is right', () => {
    for (const replicas of [5, 8]) {
      const now = {
        workload: makeWorkloadState({ replicas }),
        autoscaler: makeAutoscalerState(),
        objects: [],
      };
      expect(compareChange(up, now)).toEqual({
        kind: 'drifted',
        because:
          'autoscaler worker-hpa owns Deployment worker now and would undo a change of its replicas',
      });
    }
  });
});

describe('a change of an autoscaler', () => {
  const min = makeAutoscalerChange();
  const max = makeAutoscalerChange({ after: { minReplicas: 4, maxReplicas: 24 } });
  const lower = makeAutoscalerChange({ after: { minReplicas: 2, maxReplicas: 20 }, floor: false });

  // biome-ignore format: a table
  it.each([
    // change, minReplicas and maxReplicas now, comparison
    ['min 4 → at least 8',   min,   4,  20, 'unchanged'],
    ['min 4 → at least 8',   min,   8,  20, 'reached'],
    ['min 4 → at least 8',   min,   10, 20, 'reached'],
    ['min 4 → at least 8',   min,   5,  20, 'drifted'],
    ['min 4 → at least 8',   min,   2,  20, 'drifted'],
    ['min 4 → at least 8',   min,   4,  50, 'unchanged'],
    ['max 20 → at least 24', max,   4,  20, 'unchanged'],
    ['max 20 → at least 24', max,   9,  20, 'unchanged'],
    ['max 20 → at least 24', max,   4,  24, 'reached'],
    ['max 20 → at least 24', max,   4,  30, 'reached'],
    ['max 20 → at least 24', max,   4,  22, 'drifted'],
    ['min 4 → 2',            lower, 4,  20, 'unchanged'],
    ['min 4 → 2',            lower, 2,  20, 'reached'],
    ['min 4 → 2',            lower, 1,  20, 'drifted'],
  ] as const)('%s, now %#, is compared by the limit it writes', (_, change, minReplicas, maxReplicas, kind) => {
    const autoscaler = makeAutoscalerState({ minReplicas, maxReplicas });
    expect(compareChange(change, makeClusterState({ autoscaler })).kind).toBe(kind);
  });

  it('does not care how many pods the autoscaler runs', () => {
    const now = {
      workload: makeWorkloadState({ replicas: 17 }),
      autoscaler: makeAutoscalerState({
        desiredReplicas: 19,
        limited: true,
        resourceVersion: '99',
      }),
      objects: [],
    };
    expect(compareChange(min, now)).toEqual({ kind: 'unchanged', resourceVersion: '99' });
  });

  it('names who moved the limit', () => {
    const autoscaler = makeAutoscalerState({ maxReplicas: 22, lastChangedBy: 'argocd' });
    expect(compareChange(max, makeClusterState({ autoscaler }))).toEqual({
      kind: 'drifted',
      because: 'autoscaler worker-hpa has maxReplicas 22, the plan saw 20 (changed by argocd)',
    });
  });

  it('has drifted when the autoscaler or its workload is gone, or another autoscaler is in its place', () => {
    const gone = 'autoscaler worker-hpa is no longer there';
    const other = makeAutoscalerState({ name: 'other' });
    expect(compareChange(min, makeClusterState())).toEqual({ kind: 'drifted', because: gone });
    expect(compareChange(min, makeClusterState({ autoscaler: other }))).toEqual({
      kind: 'drifted',
      because: gone,
    });
    const autoscaler = makeAutoscalerState();
    expect(compareChange(min, { workload: undefined, autoscaler, objects: [] })).toEqual({
      kind: 'drifted',
      because: 'Deployment worker is no longer there',
    });
  });
});

it('a floor that is reached stays reached however much higher it goes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 10_000 }), (replicas) => {
      const workload = makeWorkloadState({ replicas });
      expect(compareChange(up, makeClusterState({ workload })).kind).toBe('reached');
    }),
  );
});
