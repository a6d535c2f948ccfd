// Checks one step of a scaling policy against what the Kubernetes HPA documents.
import { describe, expect, it } from 'vitest';
import type { ScalingPolicy } from '../../src/profile/profile.ts';
import { highestAfterOneStep } from '../../src/profile/scaling-step.ts';

const base: ScalingPolicy = { periodSeconds: 30, select: 'Max', windowSeconds: 0 };

describe('highestAfterOneStep', () => {
  it.each<[number, Partial<ScalingPolicy> | undefined, number]>([
    [5, { percent: 100, pods: 4 }, 10],
    [3, { percent: 100, pods: 4 }, 7],
    [5, { percent: 100, pods: 4, select: 'Min' }, 9],
    [5, { percent: 50 }, 8],
    [10, { percent: 10 }, 11],
    [5, { pods: 2 }, 7],
    [5, { percent: 100, pods: 4, select: 'Disabled' }, 5],
    [0, { percent: 100, pods: 4 }, 4],
    [0, { percent: 100 }, 0],
    [5, undefined, 10],
    [0, undefined, 1],
  ])('from %i pods with %j it is %i', (current, policy, expected) => {
    expect(highestAfterOneStep(current, policy && { ...base, ...policy })).toBe(expected);
  });
});
