// Months as partitions have them: where one begins in a time zone, also where its clocks change that night.

export interface Month {
  readonly year: number;
  /** From 1. */
  readonly month: number;
}

const dayMs = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Throws a RangeError for a time zone that is not known here. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Whether the time zone is known here; PostgreSQL takes others as well. */
export function isKnownZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the clocks of a time zone show at an instant, as if it were UTC. */
export function shown(instant: number, zone: string): number {
  if (zone === 'UTC') return instant;
  const parts = formatOf(zone).formatToParts(instant);
  const of = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(
    of('year'),
    of('month') - 1,
    of('day'),
    of('hour'),
    of('minute'),
    of('second'),
    ((instant % 1000) + 1000) % 1000,
  );
}

/** The month it is at an instant (in ms since 1970) in a time zone. */
export function monthAt(instant: number, zone: string): Month {
  const local = new Date(shown(instant, zone));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1 };
}

/**
 * When a month begins, in ms since 1970. Where clocks change that night it is what PostgreSQL makes of that midnight: one
 * that is skipped counts by the offset before, one that comes twice is the second (manual, B.2).
 */
export function startOf({ year, month }: Month, zone: string): number {
  const nominal = Date.UTC(year, month - 1, 1);
  if (zone === 'UTC') return nominal;
  const before = shown(nominal - dayMs, zone) - (nominal - dayMs);
  const after = shown(nominal + dayMs, zone) - (nominal + dayMs);
  const isThere = (offset: number) => shown(nominal - offset, zone) === nominal;
  return nominal - (isThere(after) ? after : before);
}

/** Whether a month begins just then. */
export function isStart(instant: number, zone: string): boolean {
  return startOf(monthAt(instant, zone), zone) === instant;
}

export function plusMonths({ year, month }: Month, count: number): Month {
  const index = year * 12 + (month - 1) + count;
  return { year: Math.floor(index / 12), month: (((index % 12) + 12) % 12) + 1 };
}

/** Negative when the first is earlier. */
export function monthsBetween(from: Month, to: Month): number {
  return (to.year - from.year) * 12 + (to.month - from.month);
}

/** Every time zone that bounds may have been made in: by name, then fixed offsets. */
export function allZones(): readonly string[] {
  const fixed = Array.from({ length: 27 }, (_, index) => index - 12).filter((hours) => hours !== 0);
  return [
    ...Intl.supportedValuesOf('timeZone'),
    ...fixed.map((hours) => `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`),
  ];
}
