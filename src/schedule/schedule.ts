// When a procedure is due by the clock of the place it is for: its time zone, its summer time, its days.

import { Cron } from 'croner';

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof weekdays)[number];

/** A procedure that a system wants carried out at a time of the day. */
export interface Schedule {
  readonly name: string;
  readonly procedure: string;
  /** `22:00`, on the clock of the time zone. */
  readonly at: string;
  /** An IANA name such as `Europe/Berlin`. */
  readonly timezone: string;
  /** (Default: every day.) */
  readonly days: readonly Weekday[];
  readonly inputs: ReadonlyMap<string, string>;
}

/** A schedule that is later than this is left out: what is right at ten may be wrong at eleven. */
export const lateMs = 30 * 60_000;

/**
 * The time for which the schedule is due now, if it is. A time that a day does not have because clocks go forward is
 * due when they have; one that a day has twice is due once.
 */
export function dueAt(schedule: Schedule, now: Date): Date | undefined {
  const [last] = cronOf(schedule).previousRuns(1, new Date(now.getTime() + 1));
  if (last === undefined || now.getTime() - last.getTime() >= lateMs) return undefined;
  return last;
}

/** When it is due next. */
export function nextAt(schedule: Schedule, now: Date): Date | undefined {
  return cronOf(schedule).nextRun(now) ?? undefined;
}

/** "22:00 Europe/Berlin, Monday to Friday as mon, tue, …". */
export function scheduleWords({ at, timezone, days }: Schedule): string {
  return `${at} ${timezone}${days.length === 0 ? '' : `, ${days.join(', ')}`}`;
}

/** Whether the clocks of this machine know the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A time of the day on some days, as cron has it. */
export function cronText({ at, days }: Pick<Schedule, 'at' | 'days'>): string {
  const [hour = '', minute = ''] = at.split(':');
  const on = days.length === 0 ? '*' : days.join(',');
  return `${Number(minute)} ${Number(hour)} * * ${on}`;
}

function cronOf(schedule: Schedule): Cron {
  return new Cron(cronText(schedule), { timezone: schedule.timezone, paused: true });
}
