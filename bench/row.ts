// One line of the benchmark: what was measured, what is wanted of it, and how it stands to a baseline of the same run.
import type { Spread } from './measure.ts';

export interface Row {
  readonly what: string;
  /** From the table of numbers to reach; absent where that states none. */
  readonly target?: string;
  /** Of one run each; `total` is all of them. */
  readonly measured: Spread;
  /** What the target is about: one run, or all of them together. */
  readonly counts: 'one' | 'all';
  readonly baseline: { readonly what: string; readonly ms: number };
  /** The measured time by the baseline's. */
  readonly ratio: number;
  /** What is in the time and what is not, where that is not plain. */
  readonly note?: string;
}

/** A row; the ratio is of the middle of all runs, or of all of them together. */
export function row(facts: {
  readonly what: string;
  readonly target?: string;
  readonly measured: Spread;
  readonly counts?: Row['counts'];
  readonly baseline: Spread;
  readonly baselineIs: string;
  readonly note?: string;
}): Row {
  const { measured, baseline, baselineIs, counts = 'one', ...rest } = facts;
  const msOf = ({ p50Ms, totalMs }: Spread) => (counts === 'one' ? p50Ms : totalMs);
  const ms = msOf(baseline);
  return {
    ...rest,
    measured,
    counts,
    baseline: { what: baselineIs, ms },
    ratio: msOf(measured) / ms,
  };
}

/** `0.412 ms`, `31 µs`, `2.31 s`: three digits that count. */
export function duration(ms: number): string {
  const shown = (value: number) => String(Number(value.toPrecision(3)));
  if (ms >= 1000) return `${shown(ms / 1000)} s`;
  return ms >= 0.1 ? `${shown(ms)} ms` : `${shown(ms * 1000)} µs`;
}
