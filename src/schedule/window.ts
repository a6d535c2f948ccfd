// A time of the day in which something may happen, by the clock of the place it is for.

import { Cron } from 'croner';
import { cronText, type Weekday } from './schedule.ts';

/** Opens at a time of the day and stays open for so long. */
export interface Window {
  /** `02:00`, on the clock of the time zone. */
  readonly at: string;
  readonly minutes: number;
  /** An IANA name such as `Europe/Berlin`. */
  readonly timezone: string;
  /** On which it opens. (Default: every day) */
  readonly days: readonly Weekday[];
}

export interface WindowNow {
  readonly isOpen: boolean;
  /** Of the window that is open, or of the next one. */
  readonly opensAt: Date;
  readonly closesAt: Date;
}

/** Whether it is open, or else when it opens next. Where clocks change it stays open for as long as it says. */
export function windowNow(window: Window, now: Date): WindowNow {
  const cron = new Cron(cronText(window), { timezone: window.timezone, paused: true });
  const lastsMs = window.minutes * 60_000;
  const [last] = cron.previousRuns(1, new Date(now.getTime() + 1));
  const isOpen = last !== undefined && now.getTime() - last.getTime() < lastsMs;
  // Every time of the day comes again within eight days.
  const opensAt = isOpen ? last : (cron.nextRun(now) ?? now);
  return { isOpen, opensAt, closesAt: new Date(opensAt.getTime() + lastsMs) };
}

/** "02:00 to 04:00 Europe/Berlin on sun". */
export function windowWords({ at, minutes, timezone, days }: Window): string {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  const end = (hour * 60 + minute + minutes) % 1440;
  const two = (number: number) => String(number).padStart(2, '0');
  const on = days.length === 0 ? '' : ` on ${days.join(', ')}`;
  return `${at} to ${two(Math.floor(end / 60))}:${two(end % 60)} ${timezone}${on}`;
}
