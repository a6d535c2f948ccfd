// Whoever cannot see the picture hears its numbers, the most important first.

import { expect, it } from 'vitest';
import { altTextOf } from '../../src/chart/alt-text.ts';
import { growth, oddCharts, usualChart } from './samples.ts';

it('holds the ends, each threshold with its period, the other series and the milestones', () => {
  expect(altTextOf(usualChart)).toBe(
    'gl-008: sites over the next 12 months. sites: 100 now, 314 in month 12. next row of the matrix (250) is reached in month 10. limit of the database (500) is not reached. replicas of worker: 10 now, 31 in month 12. Month 5: worker reaches its maximum of 16 pods. Month 10: the database passes 500 GB: move to the next stage.',
  );
});

it.each([
  ['one point', 'A chart. sites: 812 in year 3.'],
  ['nothing but zeros', 'A chart. sites: 0 now, 0 in year 12. first row (5) is not reached.'],
  [
    'equal values on a threshold',
    'A chart. sites: 70 now, 70 in year 24. limit (70) is reached from the start.',
  ],
  [
    'falling values',
    'A chart. sites: 900 now, 135 in year 18. may be merged (400) is left again in year 8.',
  ],
  ['values below zero', 'A chart. sites: -4 now, 3 in year 1, -9 in year 2.'],
])('of %s is true', (name, words) => {
  expect(altTextOf(oddCharts[name] ?? usualChart)).toBe(words);
});

it('keeps to 1,000 characters: whole sentences, and how many are missing', () => {
  const label = 'a label of many words that goes on and on '.repeat(4);
  const text = altTextOf({
    ...usualChart,
    title: label,
    points: growth({ from: 10, rate: 0.1, periods: 60 }),
    milestones: Array.from({ length: 30 }, (_, period) => ({ period, label })),
  });
  expect(text.length).toBeGreaterThan(800);
  expect(text.length).toBeLessThanOrEqual(1_000);
  expect(text).toMatch(/…\. And \d+ more\.$/);
  expect(text).toContain('sites: 10 now');
  expect(text).toContain('limit of the database (500)');
});
