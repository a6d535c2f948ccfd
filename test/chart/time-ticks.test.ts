// The axis of time names both ends and round periods between them, as many as fit.

import { expect, it } from 'vitest';
import { timeTicks } from '../../src/chart/time-ticks.ts';

function ticks(first: number, last: number, name: 'month' | 'year'): readonly number[] {
  const xOf = (period: number) => ((period - first) / (last - first)) * 640;
  return timeTicks({ first, last, name }, { xOf, textSize: 22 });
}

it.each([
  ['month', 0, 1, [0, 1]],
  ['month', 1, 12, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  ['month', 0, 24, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]],
  ['month', 1, 36, [1, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36]],
  ['month', 1, 60, [1, 6, 12, 18, 24, 30, 36, 42, 48, 54, 60]],
  ['year', 0, 25, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 25]],
  ['year', 3, 3, [3]],
] as const)('for %s %i to %i', (name, first, last, expected) => {
  expect(ticks(first, last, name)).toEqual(expected);
});

it('a span of millions has its ends, and takes no time', () => {
  expect(ticks(0, 5_000_000, 'month')).toEqual([0, 5_000_000]);
});
