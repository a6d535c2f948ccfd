// What a forecast is drawn from, and the one function that makes its picture and the words for those who cannot see it.

import { assert } from '../errors.ts';
import { altTextOf } from './alt-text.ts';
import { drawChart } from './draw-chart.ts';
import { layOut } from './layout.ts';

export interface ChartPoint {
  /** How many months or years from now; points are in rising order of it. */
  readonly period: number;
  readonly value: number;
}

/** A second quantity over the same time, such as replicas; drawn as steps in a small panel of its own. */
export interface ChartSeries {
  readonly label: string;
  readonly points: readonly ChartPoint[];
}

/** A value that means something when it is passed, such as a limit. */
export interface ChartThreshold {
  readonly value: number;
  readonly label: string;
}

/** Something that happens in a period. */
export interface ChartMilestone {
  readonly period: number;
  readonly label: string;
}

export interface ForecastChart {
  readonly title: string;
  /** What `points` count, such as "sites". */
  readonly unit: string;
  readonly periodName: 'month' | 'year';
  readonly points: readonly ChartPoint[];
  readonly series?: readonly ChartSeries[];
  readonly thresholds?: readonly ChartThreshold[];
  readonly milestones?: readonly ChartMilestone[];
}

export interface RenderedChart {
  /** 800 wide and as high as it needs; has its own white ground, and asks for the font Inter. */
  readonly svg: string;
  /** All that matters in the picture, 1,000 characters at most: no more is taken with a file by Slack. */
  readonly altText: string;
}

/**
 * Draws a forecast. The same chart gives the same text, letter for letter.
 * At least one point is needed, and all numbers must be finite: anything else is a bug of the caller.
 */
export function renderForecastChart(chart: ForecastChart): RenderedChart {
  for (const points of [chart.points, ...(chart.series ?? []).map((one) => one.points)]) {
    assert(points.length > 0, 'a chart has points');
    assert(
      points.every(({ period, value }) => Number.isFinite(period) && Number.isFinite(value)),
      'the points of a chart are finite',
    );
    assert(
      points.every(({ period }, at) => at === 0 || period > (points[at - 1]?.period ?? 0)),
      'the points of a chart are in order of time',
    );
  }
  return { svg: drawChart(chart.periodName, layOut(chart)), altText: altTextOf(chart) };
}
