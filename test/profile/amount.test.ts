// Checks how measured numbers read.
import { expect, it } from 'vitest';
import { formatAmount, formatPods } from '../../src/profile/amount.ts';

it.each([
  [0.84, 'ratio', '84 %'],
  [0.8449, 'ratio', '84.5 %'],
  [812, 'jobs', '812 jobs'],
  [1234567.12345, 'jobs', '1234567.123 jobs'],
])('%d in %s reads %s', (value, unit, text) => {
  expect(formatAmount(value, unit)).toBe(text);
});

it('counts one pod and several', () => {
  expect([formatPods(1), formatPods(8)]).toEqual(['1 pod', '8 pods']);
});
