// Freezes as a table: when one is in force, until when, and by which clock.

import { describe, expect, it } from 'vitest';
import { type Freeze, freezesNow, momentAt } from '../../src/schedule/freeze.ts';

const timezone = 'Europe/Berlin';
const yearEnd: Freeze = {
  name: 'year-end',
  reason: 'Year-end closing',
  timezone,
  when: { start: '2026-12-20 18:00', end: '2027-01-03T08:00' },
};
const weekend: Freeze = {
  name: 'weekend',
  timezone,
  when: { at: '18:00', minutes: 62 * 60, timezone, days: ['fri'] },
};
const yearEndWords = 'freeze year-end (Year-end closing) until 2027-01-03 08:00 Europe/Berlin';

describe('a freeze', () => {
  // biome-ignore format: a table
  it.each<[string, string, readonly string[]]>([
    ['before it begins',             '2026-12-20T16:59:59Z', ['freeze weekend until 2026-12-21 08:00 Europe/Berlin']],
    ['from its first moment',        '2026-12-20T17:00:00Z', [yearEndWords, 'freeze weekend until 2026-12-21 08:00 Europe/Berlin']],
    ['and through',                  '2026-12-23T12:00:00Z', [yearEndWords]],
    ['to before its last',           '2027-01-03T06:59:59Z', [yearEndWords, 'freeze weekend until 2027-01-04 08:00 Europe/Berlin']],
    ['no longer',                    '2027-01-03T07:00:00Z', ['freeze weekend until 2027-01-04 08:00 Europe/Berlin']],
    ['again and again',              '2026-11-22T03:00:00Z', ['freeze weekend until 2026-11-23 08:00 Europe/Berlin']],
    ['not between',                  '2026-11-23T07:00:00Z', []],
  ])('is in force by the clock of its place: %s', (_when, now, words) => {
    expect([...freezesNow([yearEnd, weekend], new Date(now))].toSorted()).toEqual([...words].toSorted());
  });

  it('that lasts longest is named first', () => {
    const [first] = freezesNow([weekend, yearEnd], new Date('2026-12-26T12:00:00Z'));
    expect(first).toBe(yearEndWords);
  });

  it('reads a time that the clocks skip as much later as they are put forward', () => {
    expect(momentAt('2026-03-29 02:30', timezone).toISOString()).toBe('2026-03-29T01:30:00.000Z');
    expect(momentAt('2026-07-01 12:00', timezone).toISOString()).toBe('2026-07-01T10:00:00.000Z');
  });
});
