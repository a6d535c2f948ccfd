// Keeps the settable series and answers what a Prometheus that scraped them would have stored.
import { type Matcher, matches } from './syntax.ts';

export type Labels = Readonly<Record<string, string>>;

/** Time in milliseconds and value. */
export type Point = readonly [number, number];

/** Where a series gets its value: a constant, or a function read at each scrape. */
export type Source = number | (() => number);

/** Prometheus returns the last sample up to this old. */
export const lookbackMs = 5 * 60_000;

/** How long a counter set by its rate has been counting when it appears, so that every usual window is full. */
const counterHistoryMs = 24 * 3_600_000;
const retentionMs = 24 * 3_600_000;

/** A stretch of a series' life; `until` is when something else took over, and is not part of it. */
interface Stretch {
  readonly fromMs: number;
  until: number;
  points(fromMs: number, toMs: number): readonly Point[];
}

export class Series {
  readonly labels: Labels;
  readonly #intervalMs: number;
  #stretches: Stretch[] = [];
  /** When the series was marked as gone; Prometheus then returns nothing at once instead of after the lookback. */
  #goneAtMs: number | undefined;
  #read: (() => number) | undefined;
  #scraped: [number, number][] = [];
  /** The count that the next rate goes on from. */
  #countAt: ((ms: number) => number) | undefined;

  constructor(labels: Labels, intervalMs: number) {
    this.labels = labels;
    this.#intervalMs = intervalMs;
  }

  /** The value from now on; with a function the first scrape is now. */
  set(source: Source, nowMs: number): void {
    this.#end(nowMs);
    if (typeof source === 'function') {
      this.#read = source;
      this.scrape(nowMs);
      return;
    }
    const grid = (from: number, to: number) =>
      gridPoints(
        { fromMs: from, toMs: to, firstMs: nowMs, stepMs: this.#intervalMs },
        () => source,
      );
    this.#stretches.push({ fromMs: nowMs, until: Number.POSITIVE_INFINITY, points: grid });
  }

  /** What was scraped from then on and is from now on; whatever was known of that time is forgotten. */
  setHistory(valueAt: (ms: number) => number, fromMs: number): void {
    this.#end(fromMs);
    this.#scraped = this.#scraped.filter(([each]) => each < fromMs);
    const grid = (from: number, to: number) =>
      gridPoints({ fromMs: from, toMs: to, firstMs: fromMs, stepMs: this.#intervalMs }, valueAt);
    this.#stretches.push({ fromMs, until: Number.POSITIVE_INFINITY, points: grid });
  }

  /** A single sample as the last one: whatever was known after it is forgotten. */
  setAt(value: number, atMs: number): void {
    this.#end(atMs);
    this.#scraped = this.#scraped.filter(([each]) => each < atMs);
    this.#insert(atMs, value);
  }

  /** Counts `perSecond` from now on; a series without a count gets one that has been going on for a day. */
  setRate(perSecond: number, nowMs: number): void {
    const before = this.#countAt;
    this.#end(nowMs);
    const beginMs = before === undefined ? nowMs - counterHistoryMs : nowMs;
    const base = before?.(nowMs) ?? 0;
    const count = (ms: number): number => base + (perSecond * (ms - beginMs)) / 1000;
    const grid = (from: number, to: number) =>
      gridPoints({ fromMs: from, toMs: to, firstMs: beginMs, stepMs: this.#intervalMs }, count);
    this.#stretches.push({ fromMs: beginMs, until: Number.POSITIVE_INFINITY, points: grid });
    this.#countAt = count;
  }

  /** Marks the series as gone from now on; its past stays. */
  remove(nowMs: number): void {
    this.#end(nowMs);
    this.#goneAtMs = nowMs;
  }

  /** Reads a value that is a function; the others need no reading. */
  scrape(nowMs: number): void {
    if (this.#read !== undefined) this.#insert(nowMs, this.#read());
  }

  /** The stored samples, oldest first, both ends included. */
  points(fromMs: number, toMs: number): readonly Point[] {
    const stored = this.#scraped.filter(([at]) => at >= fromMs && at <= toMs);
    const computed = this.#stretches.flatMap((stretch) =>
      stretch
        .points(Math.max(fromMs, stretch.fromMs), Math.min(toMs, stretch.until - 1))
        .filter(([at]) => at < stretch.until),
    );
    return [...stored, ...computed].toSorted((one, other) => one[0] - other[0]);
  }

  /** What an instant query sees: the newest sample within the lookback, unless the series was gone by then. */
  latest(atMs: number): Point | undefined {
    const newest = this.points(atMs - lookbackMs + 1, atMs).at(-1);
    const gone = this.#goneAtMs !== undefined && this.#goneAtMs <= atMs;
    return newest !== undefined && gone && newest[0] <= (this.#goneAtMs ?? 0) ? undefined : newest;
  }

  #end(nowMs: number): void {
    for (const stretch of this.#stretches) stretch.until = Math.min(stretch.until, nowMs);
    this.#read = undefined;
    this.#goneAtMs = undefined;
    this.#countAt = undefined;
  }

  #insert(atMs: number, value: number): void {
    const at = Math.trunc(atMs);
    this.#scraped = this.#scraped.filter(([each]) => each !== at && each > at - retentionMs);
    this.#scraped.push([at, value]);
  }
}

/** All series, found by their labels. */
export class SeriesStore {
  readonly #series = new Map<string, Series>();
  readonly #intervalMs: number;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** The series with exactly these labels, made when it is new. */
  find(name: string, labels: Labels): Series {
    const all = { ...labels, __name__: name };
    const key = labelKey(all);
    const found = this.#series.get(key) ?? new Series(all, this.#intervalMs);
    this.#series.set(key, found);
    return found;
  }

  /** The series that satisfy every matcher. */
  select(name: string | undefined, matchers: readonly Matcher[]): readonly Series[] {
    return [...this.#series.values()].filter(
      ({ labels }) =>
        (name === undefined || labels['__name__'] === name) &&
        matchers.every((matcher) => matches(matcher, labels[matcher.label] ?? '')),
    );
  }

  /** Reads all values that are functions. */
  scrape(nowMs: number): void {
    for (const series of this.#series.values()) series.scrape(nowMs);
  }
}

/** One text for one set of labels; labels without a value do not count. */
export function labelKey(labels: Labels): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([, value]) => value !== '')
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** Labels without the metric's name, which no computed value keeps. */
export function withoutName(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== '__name__'));
}

function gridPoints(
  grid: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly firstMs: number;
    readonly stepMs: number;
  },
  valueAt: (ms: number) => number,
): readonly Point[] {
  const points: Point[] = [];
  const skipped = Math.max(0, Math.ceil((grid.fromMs - grid.firstMs) / grid.stepMs));
  for (let at = grid.firstMs + skipped * grid.stepMs; at <= grid.toMs; at += grid.stepMs) {
    points.push([at, valueAt(at)]);
  }
  return points;
}
