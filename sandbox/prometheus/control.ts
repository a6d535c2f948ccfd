// What a test or the demo tells the Prometheus stand-in: series, rules, and when to fail.
import { parsePromql } from './parser.ts';
import type { ActiveAlert, Rule, Rules } from './rules.ts';
import type { Labels, Series, SeriesStore, Source } from './series-store.ts';
import type { Selector } from './syntax.ts';

/** A series by its parts, or as in a query: `queue_depth{namespace="shop"}`. */
export type SeriesName = string | { readonly name: string; readonly labels?: Labels };

/**
 * Makes the next answers go wrong: `status` with a plain text, `hang` with none until the server stops, `reset` by closing the
 * connection.
 */
export interface Fault {
  readonly status?: number;
  readonly body?: string;
  readonly hang?: boolean;
  readonly reset?: boolean;
  /** How many API calls it hits. (Default: all, until cleared.) */
  readonly times?: number;
}

/** One query as it arrived, for tests of the load we cause. */
export interface SeenQuery {
  readonly query: string;
  readonly path: string;
}

export interface PrometheusControl {
  /** Gives a series a value from now on, or a single sample at a time, after which nothing is scraped. */
  set(series: SeriesName, value: Source, options?: { readonly at?: Date }): void;
  /** Gives a series the past it would have had, and goes on so: the value at each time, in milliseconds. */
  setHistory(series: SeriesName, valueAt: (ms: number) => number, from: Date): void;
  /** Makes a counter grow by so much each second; a new one has been growing for a day. */
  setRate(series: SeriesName, perSecond: number): void;
  /** Lets every matching series be gone from now on; a selector may match many. */
  remove(selector: string): void;
  /** Replaces all recording and alerting rules. */
  setRules(rules: readonly Rule[]): void;
  /** Scrapes and evaluates the rules now; the server also does it by itself. */
  tick(): void;
  /** The alerts that are true as of the last evaluation. */
  alerts(): readonly ActiveAlert[];
  fault(fault: Fault): void;
  clearFaults(): void;
  /** Every query since the start. */
  queries(): readonly SeenQuery[];
}

/** Faults wait in the order they were given. */
export class Faults {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#waiting = [];
  }

  take(): Fault | undefined {
    const first = this.#waiting[0];
    if (first === undefined) return undefined;
    first.left -= 1;
    if (first.left <= 0) this.#waiting.shift();
    return first.fault;
  }
}

/** The parts the control acts on. */
export interface ControlParts {
  readonly store: SeriesStore;
  readonly rules: Rules;
  readonly faults: Faults;
  readonly seen: readonly SeenQuery[];
  readonly nowMs: () => number;
}

export function createControl({
  store,
  rules,
  faults,
  seen,
  nowMs,
}: ControlParts): PrometheusControl {
  return {
    set(name, value, { at } = {}) {
      const series = findSeries(name, store);
      if (at === undefined) series.set(value, nowMs());
      else series.setAt(typeof value === 'number' ? value : value(), at.getTime());
    },
    setHistory: (name, valueAt, from) =>
      findSeries(name, store).setHistory(valueAt, from.getTime()),
    setRate: (name, perSecond) => findSeries(name, store).setRate(perSecond, nowMs()),
    remove(selector) {
      const { name, matchers } = parseSelector(selector);
      for (const series of store.select(name, matchers)) series.remove(nowMs());
    },
    setRules: (loaded) => rules.load(loaded),
    tick() {
      store.scrape(nowMs());
      rules.evaluate(nowMs(), store);
    },
    alerts: () => rules.alerts(),
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    queries: () => [...seen],
  };
}

function findSeries(name: SeriesName, store: SeriesStore): Series {
  if (typeof name !== 'string') return store.find(name.name, name.labels ?? {});
  const selector = parseSelector(name);
  const inexact = selector.matchers.some(({ operator }) => operator !== '=');
  if (selector.name === undefined || inexact) {
    throw new Error(`"${name}" does not name one series: give its name and its labels with "=".`);
  }
  const labels = selector.matchers.map(({ label, value }) => [label, value]);
  return store.find(selector.name, Object.fromEntries(labels));
}

function parseSelector(text: string): Selector {
  const expression = parsePromql(text);
  if (expression.kind !== 'selector' || expression.rangeMs !== undefined) {
    throw new Error(`"${text}" is not a series.`);
  }
  return expression;
}
