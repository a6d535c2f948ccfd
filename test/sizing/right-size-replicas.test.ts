// Checks the recommendation that answers use with more or fewer pods.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ReplicasFacts,
  type ReplicasRule,
  rightSizeReplicas,
} from '../../src/sizing/right-size-replicas.ts';

const dayMs = 24 * 3_600_000;
const rule: ReplicasRule = {
  lowerBelow: 0.3,
  lowerFactor: 0.7,
  raiseAbove: 0.8,
  raiseFactor: 1.4,
  min: 3,
  source: 'guide',
};
const facts: ReplicasFacts = {
  replicas: 10,
  cpuShare: 0.2,
  memoryShare: 0.25,
  cpuPeakShare: 0.5,
  memoryPeakShare: 0.4,
  windowMs: 14 * dayMs,
  samplesSeen: 4032,
  samplesExpected: 4032,
};
const advice = (changes: Partial<ReplicasFacts> = {}) =>
  rightSizeReplicas({ ...facts, ...changes }, rule);

describe('pods by use', () => {
  it('are three tenths fewer when both resources are little used, but never below the minimum', () => {
    expect(advice()).toEqual({
      kind: 'lower',
      before: 10,
      after: 7,
      because:
        'CPU 20 %, memory 25 % of what is requested (below 30 %): 10 pods × 0.7, at least 3 → 7 pods',
    });
    expect(advice({ replicas: 4 }).after).toBe(3);
    expect(advice({ replicas: 2 })).toMatchObject({ kind: 'keep', after: 2 });
  });

  it('are four tenths more when either is used much', () => {
    expect(advice({ memoryShare: 0.81 })).toMatchObject({ kind: 'raise', after: 14 });
    expect(advice({ replicas: 3, cpuShare: 0.9 })).toMatchObject({ kind: 'raise', after: 5 });
    expect(advice({ cpuShare: 0.8 })).toMatchObject({ kind: 'keep', after: 10 });
  });

  it('still carry the peak of the busiest pod, which those that stay must take over', () => {
    expect(advice({ cpuPeakShare: 0.84 })).toMatchObject({
      after: 9,
      because: expect.stringContaining('at least 3; 9 pods to carry its peak (p99 of CPU is 84 %)'),
    });
    expect(advice({ memoryPeakShare: 1.2 })).toMatchObject({ kind: 'keep', after: 10 });
  });

  it('are at most as many as there may be', () => {
    const raise = { cpuShare: 0.9, max: 12 };
    expect(advice(raise)).toMatchObject({
      kind: 'raise',
      after: 12,
      because: expect.stringContaining('10 pods × 1.4, at most 12 → 12 pods'),
    });
    expect(advice({ ...raise, replicas: 12 })).toMatchObject({
      kind: 'keep',
      because: expect.stringContaining('but there may not be more pods'),
    });
  });

  it.each<[string, Partial<ReplicasFacts>]>([
    ['one resource is not known', { memoryShare: Number.NaN }],
    ['too few samples are there', { samplesSeen: 3000 }],
    ['the window is short', { windowMs: dayMs }],
    ['nothing is known', { cpuShare: -1, memoryShare: Number.NaN }],
    ['the peak of a pod is not known', { cpuPeakShare: undefined }],
    ['something forbids it', { obstacles: ['it restarted in the window'] }],
    ['no sample was expected', { samplesSeen: 0, samplesExpected: 0 }],
  ])('stay when %s', (_, changes) => {
    expect(advice(changes)).toMatchObject({ kind: 'keep', after: 10 });
  });

  it('never grow when use falls', () => {
    const share = fc.double({ min: 0, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        share,
        share,
        share,
        (pods, cpu, memory, by) => {
          const more = advice({ replicas: pods, cpuShare: cpu, memoryShare: memory });
          const less = advice({
            replicas: pods,
            cpuShare: Math.max(0, cpu - by),
            memoryShare: memory,
          });
          expect(less.after).toBeLessThanOrEqual(more.after);
          expect(less.after).toBeGreaterThanOrEqual(Math.min(pods, rule.min));
        },
      ),
    );
  });
});
