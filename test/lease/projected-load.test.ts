// What fewer pods would have to carry: the profile's own arithmetic, and nothing at all without a measurement.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSizing, projectLoad } from '../../src/lease/projected-load.ts';
import { componentOf, makeProfile, makeReading, triggerOf } from '../make.ts';

const profile = makeProfile();
const component = componentOf(profile, 'worker');

function load(
  trigger: string,
  facts: Partial<Pick<Parameters<typeof projectLoad>[0], 'measured' | 'arrival' | 'left'>>,
) {
  const found = triggerOf(profile, trigger);
  if (!isSizing(found)) throw new Error(`${trigger} sizes nothing`);
  return projectLoad({
    component,
    trigger: found,
    currentReplicas: 8,
    measured: makeReading(0),
    left: 5,
    ...facts,
  });
}

const missing = { kind: 'missing', because: 'no such series', source: 'the query' } as const;
const stale = { kind: 'stale', value: 0, ageSeconds: 900, source: 'the query' } as const;

describe('a backlog', () => {
  it('is carried by fewer when they serve what arrives and clear what waits', () => {
    expect(load('inspection-backlog', { arrival: makeReading(250) }).kind).toBe('carried');
    const seen = load('inspection-backlog', { arrival: makeReading(251) });
    expect(seen).toMatchObject({
      kind: 'too-much',
      because: expect.stringContaining('6 pods are needed and 5 would be left'),
    });
    const waiting = load('inspection-backlog', {
      measured: makeReading(1_000),
      arrival: makeReading(200),
    });
    expect(waiting.kind).toBe('too-much');
  });

  it('says nothing without its arrivals, or when it is missing or old', () => {
    for (const facts of [
      { arrival: missing },
      { arrival: stale },
      { measured: missing, arrival: makeReading(0) },
      { measured: stale, arrival: makeReading(0) },
      { measured: makeReading(Number.NaN), arrival: makeReading(0) },
    ]) {
      expect(load('inspection-backlog', facts).kind).toBe('not-known');
    }
  });
});

it('a share per pod rises as pods go', () => {
  expect(load('high-cpu-worker', { measured: makeReading(0.43) }).kind).toBe('carried');
  expect(load('high-cpu-worker', { measured: makeReading(0.5) }).kind).toBe('too-much');
});

it('more load is never carried where less was not, nor by fewer pods', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.nat(2_000), fc.integer({ min: 1, max: 30 }), (a, b, left) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)];
      const at = (arriving: number, pods: number) =>
        load('inspection-backlog', { arrival: makeReading(arriving), left: pods }).kind;
      if (at(less, left) === 'too-much') {
        expect(at(more, left)).toBe('too-much');
        expect(at(less, left - 1)).toBe('too-much');
      }
    }),
  );
});
