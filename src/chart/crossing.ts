// Where a line passes a value: for the ring on the picture and for the sentence in its place.

import type { ChartPoint } from './forecast-chart.ts';

export interface Crossing {
  /** The first point on the other side. */
  readonly at: ChartPoint;
  readonly before: ChartPoint;
  readonly rising: boolean;
}

/** The first time the points reach a value, or fall below it when they begin at or above it. */
export function crossingOf(points: readonly ChartPoint[], value: number): Crossing | undefined {
  const beginsAbove = (points[0]?.value ?? value) >= value;
  const index = points.findIndex((point) => point.value >= value !== beginsAbove);
  const [before, at] = [points[index - 1], points[index]];
  return before === undefined || at === undefined
    ? undefined
    : { at, before, rising: !beginsAbove };
}

/** The value between two points, or at the nearest end beyond them. */
export function valueAt(points: readonly ChartPoint[], period: number): number {
  const after = points.findIndex((point) => point.period >= period);
  const [right, left] = [points[after] ?? points.at(-1), points[after - 1]];
  if (right === undefined) return 0;
  if (after < 0 || left === undefined) return right.value;
  const share = (period - left.period) / (right.period - left.period);
  return left.value + share * (right.value - left.value);
}
