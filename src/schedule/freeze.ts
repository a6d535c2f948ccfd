// Times in which nothing is changed that can wait: which are in force, until when, and in which words.

import { Cron } from 'croner';
import { type Window, windowNow } from './window.ts';

/** As headroom.yaml has it. */
export interface Freeze {
  readonly name: string;
  /** For people: "Year-end closing". */
  readonly reason?: string;
  /** An IANA name such as `Europe/Berlin`. */
  readonly timezone: string;
  readonly when: Window | Stretch;
}

/** Once, from one moment to another: `2026-12-20 18:00`, on the clock of the time zone. */
export interface Stretch {
  readonly start: string;
  readonly end: string;
}

/** The words for each freeze in force, those that last longest first. */
export function freezesNow(freezes: readonly Freeze[], now: Date): readonly string[] {
  return freezes
    .flatMap((freeze) => {
      const until = lastsUntil(freeze, now);
      return until === undefined ? [] : [{ freeze, until }];
    })
    .toSorted((a, b) => b.until.getTime() - a.until.getTime())
    .map(({ freeze, until }) => freezeWords(freeze, until));
}

/** Undefined when it is not in force. */
function lastsUntil({ when, timezone }: Freeze, now: Date): Date | undefined {
  if (!('start' in when)) {
    const { isOpen, closesAt } = windowNow(when, now);
    return isOpen ? closesAt : undefined;
  }
  const until = momentAt(when.end, timezone);
  return momentAt(when.start, timezone) <= now && now < until ? until : undefined;
}

/** The moment at which the clocks of a time zone show it; one that they skip is as much later as they are put forward. */
export function momentAt(local: string, timezone: string): Date {
  const text = `${local.replace(' ', 'T')}:00`;
  return new Cron(text, { timezone, paused: true }).nextRun(new Date(0)) ?? new Date(0);
}

function freezeWords({ name, reason, timezone }: Freeze, until: Date): string {
  const shown = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'short',
    timeZone: timezone,
  }).format(until);
  return `freeze ${name}${reason === undefined ? '' : ` (${reason})`} until ${shown} ${timezone}`;
}
