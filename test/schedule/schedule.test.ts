// When schedules are due: by the clock of their place, once a day, also on the days on which clocks move.

import { describe, expect, it } from 'vitest';
import {
  dueAt,
  isTimeZone,
  nextAt,
  type Schedule,
  scheduleWords,
} from '../../src/schedule/schedule.ts';

const night: Schedule = {
  name: 'night',
  procedure: 'off-peak',
  at: '22:00',
  timezone: 'Europe/Berlin',
  days: [],
  inputs: new Map(),
};
const at = (iso: string) => new Date(iso);

describe('a schedule', () => {
  it('is due at its time and for half an hour after', () => {
    expect(dueAt(night, at('2026-11-22T20:59:59.999Z'))).toBeUndefined();
    expect(dueAt(night, at('2026-11-22T21:00:00Z'))).toEqual(at('2026-11-22T21:00:00Z'));
    expect(dueAt(night, at('2026-11-22T21:29:59Z'))).toEqual(at('2026-11-22T21:00:00Z'));
    expect(dueAt(night, at('2026-11-22T21:30:00Z'))).toBeUndefined();
  });

  it('follows summer time', () => {
    expect(dueAt(night, at('2026-07-01T20:00:00Z'))).toEqual(at('2026-07-01T20:00:00Z'));
    expect(dueAt(night, at('2026-07-01T21:00:00Z'))).toBeUndefined();
    expect(nextAt(night, at('2026-10-24T21:00:00Z'))).toEqual(at('2026-10-25T21:00:00Z'));
  });

  it('comes once on the day that lacks its time, and once on the day that has it twice', () => {
    const early = { ...night, at: '02:30' };
    const due = new Set<string>();
    for (const day of ['2026-03-28T22:00:00Z', '2026-10-24T22:00:00Z']) {
      for (let minute = 0; minute < 24 * 60; minute += 5) {
        const now = new Date(Date.parse(day) + minute * 60_000);
        const found = dueAt(early, now);
        if (found !== undefined) due.add(found.toISOString());
      }
    }
    expect([...due]).toEqual(['2026-03-29T01:00:00.000Z', '2026-10-25T00:30:00.000Z']);
  });

  it('keeps to its days, by the calendar of its place', () => {
    const monday = { ...night, at: '00:30', days: ['mon'] as const };
    // Half past midnight on Monday in Berlin is Sunday evening in UTC.
    expect(dueAt(monday, at('2026-11-22T23:30:00Z'))).toEqual(at('2026-11-22T23:30:00Z'));
    expect(dueAt(monday, at('2026-11-23T23:30:00Z'))).toBeUndefined();
    expect(nextAt(monday, at('2026-11-23T12:00:00Z'))).toEqual(at('2026-11-29T23:30:00Z'));
    expect(scheduleWords(monday)).toBe('00:30 Europe/Berlin, mon');
  });
});

it('knows which time zones there are', () => {
  expect(['UTC', 'Europe/Berlin', 'America/St_Johns'].every(isTimeZone)).toBe(true);
  expect(isTimeZone('Europe/Atlantis')).toBe(false);
});
