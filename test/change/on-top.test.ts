// Changes of one object that follow each other: which builds on which, and what a later one would be now.

import { describe, expect, it } from 'vitest';
import { buildsOn, fromNow } from '../../src/change/on-top.ts';
import {
  makeAutoscalerChange,
  makeAutoscalerState,
  makeClusterState,
  makePatchChange,
  makeScaleChange,
  makeSeenDeployment,
  makeWorkload,
  makeWorkloadState,
} from '../make.ts';

const toSeven = makeScaleChange({ after: { replicas: 7 } });
const toNine = makeScaleChange({ before: { replicas: 7 }, after: { replicas: 9 } });

describe('a change builds on an earlier one', () => {
  it('that writes the same field of the same object', () => {
    expect(buildsOn(toNine, [toSeven])).toBe(true);
    expect(buildsOn(toNine, [])).toBe(false);
    expect(buildsOn(makePatchChange(), [makePatchChange()])).toBe(true);
  });

  it('that makes its object', () => {
    const object = {
      ...makeWorkload(),
      kind: 'HorizontalPodAutoscaler',
      name: 'worker-hpa',
    } as const;
    const create = {
      kind: 'create',
      workload: makeWorkload(),
      object,
      fields: { spec: {} },
      rollout: false,
      floor: false,
      undo: 'exact',
    } as const;
    expect(buildsOn(makeAutoscalerChange(), [create])).toBe(true);
  });

  it('but not on one of another object, or of another field', () => {
    const other = makeScaleChange({ workload: makeWorkload({ name: 'api' }) });
    expect(buildsOn(toNine, [other, makePatchChange()])).toBe(false);
    const maximum = makeAutoscalerChange({ after: { minReplicas: 4, maxReplicas: 30 } });
    expect(buildsOn(makeAutoscalerChange(), [maximum])).toBe(false);
  });
});

describe('a later change, made now,', () => {
  it('starts from the values of now', () => {
    const now = makeClusterState({ workload: makeWorkloadState({ replicas: 5 }) });
    expect(fromNow(toNine, now)).toEqual({ ...toNine, before: { replicas: 5 } });
    const autoscaler = makeAutoscalerState({ minReplicas: 2, maxReplicas: 9 });
    expect(fromNow(makeAutoscalerChange(), makeClusterState({ autoscaler }))).toMatchObject({
      before: { minReplicas: 2, maxReplicas: 9 },
    });
    const objects = [makeSeenDeployment({ requests: { cpu: '1', memory: '4Gi' } })];
    expect(fromNow(makePatchChange(), makeClusterState({ objects }))).toMatchObject({
      fields: [{ before: '1', after: '2500m' }],
    });
  });

  it('is not known where what it stands on is not there yet', () => {
    expect(fromNow(makeAutoscalerChange(), makeClusterState())).toBeUndefined();
    expect(fromNow(makePatchChange(), makeClusterState())).toBeUndefined();
    const objects = [makeSeenDeployment({})];
    expect(fromNow(makePatchChange(), makeClusterState({ objects }))).toBeUndefined();
  });
});
