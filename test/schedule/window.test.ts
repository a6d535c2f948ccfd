// When a window is open: by the clock of its place, over midnight, and on the days on which clocks move.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Window, windowNow, windowWords } from '../../src/schedule/window.ts';

const night: Window = { at: '02:00', minutes: 120, timezone: 'Europe/Berlin', days: [] };
const at = (iso: string) => new Date(iso);

describe('a window', () => {
  // biome-ignore format: a table
  it.each([
    ['before it opens',                night,                                   '2026-11-22T00:59:59Z', false, '2026-11-22T01:00:00Z'],
    ['when it opens',                  night,                                   '2026-11-22T01:00:00Z', true,  '2026-11-22T01:00:00Z'],
    ['right before it closes',         night,                                   '2026-11-22T02:59:59Z', true,  '2026-11-22T01:00:00Z'],
    ['when it closes',                 night,                                   '2026-11-22T03:00:00Z', false, '2026-11-23T01:00:00Z'],
    ['over midnight',                  { ...night, at: '23:30' },               '2026-11-22T23:00:00Z', true,  '2026-11-22T22:30:00Z'],
    ['on another day',                 { ...night, days: ['sat'] },             '2026-11-22T01:30:00Z', false, '2026-11-28T01:00:00Z'],
    ['in summer',                      night,                                   '2026-07-01T00:30:00Z', true,  '2026-07-01T00:00:00Z'],
    ['all day long',                   { ...night, at: '00:00', minutes: 1440 }, '2026-11-22T13:00:00Z', true, '2026-11-21T23:00:00Z'],
  ] as const)('%s', (_, window, now, isOpen, opensAt) => {
    expect(windowNow(window, at(now))).toMatchObject({ isOpen, opensAt: at(opensAt) });
  });

  it('stays open for as long as it says on the night on which clocks go back', () => {
    const opened = windowNow(night, at('2026-10-25T01:30:00Z'));
    expect(opened.closesAt.getTime() - opened.opensAt.getTime()).toBe(120 * 60_000);
  });

  it('is open exactly between the times it tells', () => {
    fc.assert(
      fc.property(
        fc.date({ min: at('2026-01-01'), max: at('2027-01-01'), noInvalidDate: true }),
        (now) => {
          const { isOpen, opensAt, closesAt } = windowNow(night, now);
          expect(closesAt.getTime()).toBeGreaterThan(now.getTime());
          expect(opensAt.getTime() <= now.getTime()).toBe(isOpen);
        },
      ),
    );
  });

  it('is told with its time zone and days', () => {
    expect(windowWords({ ...night, at: '23:00', days: ['sat', 'sun'] })).toBe(
      '23:00 to 01:00 Europe/Berlin on sat, sun',
    );
  });
});
