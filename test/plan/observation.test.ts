// Checks that a number is judged by its age and that a plan keeps it as plain JSON.
import { describe, expect, it } from 'vitest';
import { assembleReading, toObservation } from '../../src/plan/observation.ts';

const now = new Date('2025-11-26T10:10:00Z');
const common = { now, maxAgeSeconds: 300, source: 'q' };

describe('assembleReading', () => {
  it.each([
    [812, '2025-11-26T10:09:30Z', { kind: 'value', ageSeconds: 30 }],
    [812, '2025-11-26T10:05:00Z', { kind: 'value', ageSeconds: 300 }],
    [812, '2025-11-26T10:04:59Z', { kind: 'stale', ageSeconds: 301 }],
    [812, '2025-11-26T10:11:00Z', { kind: 'value', ageSeconds: 0 }],
    [Number.NaN, '2025-11-26T10:10:00Z', { kind: 'missing' }],
    [Number.NEGATIVE_INFINITY, '2025-11-26T10:10:00Z', { kind: 'missing' }],
    [812, 'never', { kind: 'missing' }],
  ])('%d at %s is %j', (value, at, expected) => {
    expect(assembleReading({ ...common, value, at: new Date(at) })).toMatchObject(expected);
  });
});

describe('toObservation', () => {
  it('survives JSON unchanged', () => {
    const reading = assembleReading({ ...common, value: 812, at: now });
    const observation = toObservation('backlog', 'jobs', reading);
    expect(observation).toMatchObject({
      name: 'backlog',
      unit: 'jobs',
      at: '2025-11-26T10:10:00.000Z',
    });
    expect(JSON.parse(JSON.stringify(observation))).toEqual(observation);
  });
});
