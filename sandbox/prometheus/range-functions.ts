// What Prometheus computes over the samples of a window.

import type { Point } from './series-store.ts';
import type { FunctionName } from './signatures.ts';

/** A window of one series; both ends are part of it. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly points: readonly Point[];
}

type RangeFunction = (window: Window) => number | undefined;

/** Undefined means no result for this series, as for a rate of a single sample. */
export const rangeFunctions = {
  avg_over_time: ({ points }) => sum(points) / points.length,
  count_over_time: ({ points }) => points.length,
  delta: (window) => extrapolated(window, { counter: false, perSecond: false }),
  increase: (window) => extrapolated(window, { counter: true, perSecond: false }),
  irate: ({ points }) => instantRate(points),
  last_over_time: ({ points }) => points.at(-1)?.[1],
  max_over_time: ({ points }) => extreme(points, (one, other) => one > other),
  min_over_time: ({ points }) => extreme(points, (one, other) => one < other),
  rate: (window) => extrapolated(window, { counter: true, perSecond: true }),
  sum_over_time: ({ points }) => sum(points),
} as const satisfies Partial<Record<FunctionName, RangeFunction>>;

/** Between the two nearest ranks in proportion; outside 0 to 1 it is infinite, as in Prometheus. */
export function quantile(portion: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(portion)) return Number.NaN;
  if (portion < 0) return Number.NEGATIVE_INFINITY;
  if (portion > 1) return Number.POSITIVE_INFINITY;
  const sorted = values.toSorted((one, other) => one - other);
  const rank = portion * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.min(Math.floor(rank) + 1, sorted.length - 1)] ?? Number.NaN;
  const weight = rank - Math.floor(rank);
  return below * (1 - weight) + above * weight;
}

/**
 * Prometheus' estimate for the whole window from the samples in it: the line through first and last sample is drawn out to an end
 * of the window when a sample is near that end, else by half a step, and never below zero for a counter.
 */
function extrapolated(
  { fromMs, toMs, points }: Window,
  { counter, perSecond }: { readonly counter: boolean; readonly perSecond: boolean },
): number | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return undefined;
  const change = last[1] - first[1] + (counter ? lostByResets(points) : 0);
  const sampledMs = last[0] - first[0];
  const stepMs = sampledMs / (points.length - 1);
  let beforeMs = first[0] - fromMs;
  if (counter && change > 0 && first[1] >= 0) {
    // A counter began at zero at the latest where the line through it says so.
    beforeMs = Math.min(beforeMs, sampledMs * (first[1] / change));
  }
  const afterMs = toMs - last[0];
  const drawnOut = (gapMs: number): number => (gapMs < stepMs * 1.1 ? gapMs : stepMs / 2);
  const wholeMs = sampledMs + drawnOut(beforeMs) + drawnOut(afterMs);
  const estimate = (change * wholeMs) / sampledMs;
  return perSecond ? estimate / ((toMs - fromMs) / 1000) : estimate;
}

/** A counter that fell was reset, and what it had counted is added back. */
function lostByResets(points: readonly Point[]): number {
  let lost = 0;
  for (const [index, [, value]] of points.entries()) {
    const before = points[index - 1]?.[1];
    if (before !== undefined && value < before) lost += before;
  }
  return lost;
}

function instantRate(points: readonly Point[]): number | undefined {
  const [before, last] = points.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  const change = last[1] < before[1] ? last[1] : last[1] - before[1];
  return change / ((last[0] - before[0]) / 1000);
}

function sum(points: readonly Point[]): number {
  return points.reduce((total, [, value]) => total + value, 0);
}

function extreme(
  points: readonly Point[],
  beats: (one: number, other: number) => boolean,
): number | undefined {
  let best: number | undefined;
  for (const [, value] of points) {
    if (best === undefined || Number.isNaN(best) || beats(value, best)) best = value;
  }
  return best;
}
