// Works out which months a table by months lacks, in the time zone its partitions were made in, and which are older than is kept.

import {
  allZones,
  isKnownZone,
  isStart,
  type Month,
  monthAt,
  monthsBetween,
  plusMonths,
  startOf,
} from './months.ts';
import { whyNoName } from './names.ts';
import { boundText, instantOf, type Range, type TimeType } from './partition-bounds.ts';
import { type NamedMonth, partitionName } from './partition-names.ts';

/** More than ten years in one plan are a mistake, or a table nobody used. */
const monthsMax = 120;

/** A partition that is there, other than the default one. */
export interface ThereByRange extends Range {
  readonly name: string;
}

export interface MonthsWanted {
  readonly table: string;
  readonly type: TimeType;
  readonly there: readonly ThereByRange[];
  /** In ms since 1970. */
  readonly now: number;
  /** Months after the present one. */
  readonly ahead: number;
  /** Where there is no partition yet: the first month is that of this time. (Default: the present one.) */
  readonly first?: number;
  /** Time zones that it may be by, the most likely first: the database's own. */
  readonly zones: readonly string[];
}

export interface NewPartition extends Required<Range> {
  readonly name: string;
}

export interface Months {
  readonly zone: string;
  readonly missing: readonly NewPartition[];
  /** Before those: what lies between two partitions and is in neither, in order. */
  readonly gaps: readonly Required<Range>[];
}

interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The present month, those ahead, and all that a pause left out after the newest partition. A month that partitions
 * cover in part is a reason to make none. A gap between older ones may have been made on purpose, so it is only told.
 */
export function missingMonths(wanted: MonthsWanted): Months | { readonly because: string } {
  const spans = spansOf(wanted.there);
  if ('because' in spans) return spans;
  const open = spans.find(({ to }) => to === Infinity);
  if (open !== undefined) {
    return {
      because: `partition ${open.name} reaches to MAXVALUE, so no month has room after it; move its rows into months first`,
    };
  }
  const zones = wanted.type === 'timestamptz' ? fittingZones(spans, wanted.zones) : ['UTC'];
  const made = zones.map((zone) => ({ zone, outcome: monthsIn(zone, spans, wanted) }));
  const [best] = made;
  if (best === undefined) return noZone;
  const texts = new Set(
    made.map(({ outcome }) => JSON.stringify('because' in outcome ? outcome : outcome.missing)),
  );
  if (texts.size > 1) return severalZones(zones, 'from now on');
  if ('because' in best.outcome) return best.outcome;
  const { missing, begin } = best.outcome;
  return { zone: best.zone, missing, gaps: gapsBefore(begin, spans, wanted.type) };
}

function gapsBefore(begin: number, spans: readonly Span[], type: TimeType): Months['gaps'] {
  return spans.slice(1).flatMap(({ from }, index) => {
    const [start, end] = [spans[index]?.to ?? from, Math.min(from, begin)];
    return start < end ? [{ from: boundText(start, type), to: boundText(end, type) }] : [];
  });
}

/** In order; in words why not, where a bound is no date. */
function spansOf(there: readonly ThereByRange[]): readonly Span[] | { readonly because: string } {
  const spans: Span[] = [];
  for (const { name, from, to } of there) {
    const span = {
      name,
      from: from === undefined ? -Infinity : instantOf(from),
      to: to === undefined ? Infinity : instantOf(to),
    };
    if (span.from === undefined || span.to === undefined) {
      return { because: `partition ${name} has bounds that are no dates: ${from} to ${to}` };
    }
    spans.push({ name, from: span.from, to: span.to });
  }
  return spans.toSorted((a, b) => a.from - b.from);
}

const noZone = {
  because: `the partitions do not begin at midnight of a month in any time zone; Headroom makes months only`,
};

function severalZones(zones: readonly string[], when: string): { readonly because: string } {
  const some = zones.slice(0, 3).join(', ');
  return {
    because: `the partitions may have been made in ${some}, which are not the same ${when}; set TimeZone of the database to the right one`,
  };
}

/** A likely one that fits; else every one that fits, of which the caller finds out whether they differ. */
function fittingZones(spans: readonly Span[], likely: readonly string[]): readonly string[] {
  const monthly = spans.filter(({ from, to }) => isMonthLong(from, to));
  const telling = (monthly.length > 0 ? monthly : spans).slice(-24);
  const ends = telling.flatMap(({ from, to }) => [from, to]).filter(Number.isFinite);
  const isFitting = (zone: string) => ends.every((at) => isStart(at, zone));
  const known = [...likely, 'UTC'].filter(isKnownZone);
  const first = known.find(isFitting);
  return first === undefined ? allZones().filter(isFitting) : [first];
}

function isMonthLong(from: number, to: number): boolean {
  const days = (to - from) / 86_400_000;
  return days > 27.8 && days < 31.2;
}

function monthsIn(
  zone: string,
  spans: readonly Span[],
  { table, type, now, ahead, first = now }: MonthsWanted,
):
  | { readonly missing: readonly NewPartition[]; readonly begin: number }
  | { readonly because: string } {
  const last = plusMonths(monthAt(now, zone), ahead);
  const newest = spans.at(-1)?.to ?? first;
  const begin = monthAt(Math.min(now, newest), zone);
  const count = monthsBetween(begin, last) + 1;
  const nameOf = partitionName(table, namedMonths(spans, zone));
  const missing: NewPartition[] = [];
  for (let index = 0; index < count; index += 1) {
    const month = plusMonths(begin, index);
    const [from, to] = [startOf(month, zone), startOf(plusMonths(month, 1), zone)];
    const over = spans.filter((each) => each.from < to && each.to > from);
    if (isCovered(over, from, to)) continue;
    const [other] = over;
    if (other !== undefined) {
      return {
        because: `partition ${other.name} covers a part of ${monthWords(month)} only; Headroom makes whole months`,
      };
    }
    const name = nameOf(month);
    const because = whyNoName(name);
    if (because !== undefined)
      return { because: `a partition would be called ${name}: ${because}` };
    missing.push({ name, from: boundText(from, type), to: boundText(to, type) });
  }
  if (missing.length <= monthsMax) return { missing, begin: startOf(begin, zone) };
  return {
    because: `${missing.length} months are missing since ${monthWords(begin)}; Headroom makes ${monthsMax} at most, so look whether that is right`,
  };
}

/** `over` is in order and without overlaps, as PostgreSQL keeps partitions. */
function isCovered(over: readonly Span[], from: number, to: number): boolean {
  let reached = from;
  for (const each of over) {
    if (each.from > reached) return false;
    reached = each.to;
  }
  return reached >= to;
}

function namedMonths(spans: readonly Span[], zone: string): readonly NamedMonth[] {
  return spans
    .filter(({ from, to }) => Number.isFinite(from) && isMonthLong(from, to) && isStart(from, zone))
    .map(({ name, from }) => ({ name, ...monthAt(from, zone) }));
}

function monthWords({ year, month }: Month): string {
  return `${year}-${String(month).padStart(2, '0')}`;
}

/** Those that end before the months that are kept begin: so many full ones before the present month. */
export function olderThan<T extends ThereByRange>(
  there: readonly T[],
  { keep, now, zone }: { readonly keep: number; readonly now: number; readonly zone: string },
): readonly T[] {
  const oldest = startOf(plusMonths(monthAt(now, zone), -keep), zone);
  return there.filter(({ to }) => {
    const end = to === undefined ? Infinity : instantOf(to);
    return end !== undefined && end <= oldest;
  });
}

/** Where the months that are kept begin, and what an older one is called and holds. */
export interface KeptMonths {
  readonly oldest: string;
  /** So many months before the oldest that is kept, the latest first. */
  readonly before: (count: number) => readonly NewPartition[];
}

/** The months that stay when so many full ones before the present one do. */
export function keptMonths(
  { table, type, there, now, zones }: Omit<MonthsWanted, 'ahead' | 'first'>,
  keep: number,
): KeptMonths | { readonly because: string } {
  const spans = spansOf(there);
  if ('because' in spans) return spans;
  const fitting = type === 'timestamptz' ? fittingZones(spans, zones) : ['UTC'];
  const oldestIn = (zone: string) => startOf(plusMonths(monthAt(now, zone), -keep), zone);
  const [zone] = fitting;
  if (zone === undefined) return noZone;
  if (new Set(fitting.map(oldestIn)).size > 1) return severalZones(fitting, 'that far back');
  const first = plusMonths(monthAt(now, zone), -keep);
  const nameOf = partitionName(table, namedMonths(spans, zone));
  return {
    oldest: boundText(startOf(first, zone), type),
    before: (count) =>
      Array.from({ length: count }, (_, index) => {
        const month = plusMonths(first, -index - 1);
        const [from, to] = [startOf(month, zone), startOf(plusMonths(month, 1), zone)];
        return { name: nameOf(month), from: boundText(from, type), to: boundText(to, type) };
      }),
  };
}
