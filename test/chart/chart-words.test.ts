// Numbers stay short and stay true, from the smallest to the largest.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { periodFigure, shortFigure, tickFigure } from '../../src/chart/chart-words.ts';

it.each([
  [0, '0'],
  [7, '7'],
  [-12.5, '-12.5'],
  [0.5, '0.5'],
  [99.949, '99.95'],
  [1_153, '1,153'],
  [1_234_567.8, '1,234,568'],
  [12_500_000, '12.5M'],
  [3.1e11, '310B'],
  [3.2e18, '3.2e18'],
  [0.00042, '0.00042'],
  [4.2e-7, '4.2e-7'],
])('%f is written %s', (value, text) => expect(shortFigure(value)).toBe(text));

it('no finite number is long, and none is far from what is written', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (value) => {
      const text = shortFigure(value);
      expect(text.length).toBeLessThanOrEqual(10);
      const size = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };
      const [, digits = '', letter = ''] = /^([^KMBT]*)([KMBT]?)$/.exec(text) ?? [];
      const read = Number(digits.replaceAll(',', '')) * (size[letter as keyof typeof size] ?? 1);
      expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(value) * 0.01 + Number.MIN_VALUE);
    }),
  );
});

it('the axis is shorter still, and period 0 is now', () => {
  expect([0, 500, 15_000, 2e6, 0.2].map(tickFigure)).toEqual(['0', '500', '15K', '2M', '0.2']);
  expect([0, 1, 60].map(periodFigure)).toEqual(['now', '1', '60']);
});
