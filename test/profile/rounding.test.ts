// Checks that counts of pods survive binary fractions.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ceilTolerant, floorTolerant } from '../../src/profile/rounding.ts';

it('rounds up, taking what is within 1e-9 of a whole number for that number', () => {
  expect(ceilTolerant((2100 / 3600) * 10 * 1.2)).toBe(7);
  expect(ceilTolerant(7 + 1e-8)).toBe(8);
  expect(floorTolerant(8 - 1e-10)).toBe(8);
  expect(floorTolerant(8 - 1e-8)).toBe(7);
  expect(Object.is(ceilTolerant(-0.2), 0)).toBe(true);
});

it('is never more than one away and never on the wrong side by more than the tolerance', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (value) => {
      expect(ceilTolerant(value)).toBeGreaterThanOrEqual(value - 1e-9);
      expect(ceilTolerant(value)).toBeLessThan(value + 1);
      expect(floorTolerant(value)).toBeLessThanOrEqual(value + 1e-9);
      expect(floorTolerant(value)).toBeGreaterThan(value - 1);
    }),
  );
});
