// From values and periods to places on the picture.

import { type ScaleLinear, scaleLinear } from 'd3-scale';
import type { Box } from './boxes.ts';
import { tickFigure } from './chart-words.ts';
import type { ChartPoint, ForecastChart } from './forecast-chart.ts';
import { chartWidth, margin, size } from './look.ts';
import { textWidth } from './text-width.ts';

export type Domain = readonly [low: number, high: number];
export type Scale = ScaleLinear<number, number>;

/** Between the frame and the first and last point, so that dots at the ends are whole. */
const endRoom = 28;
const ticksAbout = 4;
/** The height of a picture of nothing but zeros. */
const zeroHigh = 4;
/** A tick in the uppermost part of a picture would stand in what is above it. */
const ticksUpTo = 0.96;
/** A threshold this many times higher than all values would press them flat. */
const reach = 2.2;

/** From zero to a round number that leaves room over the highest value, `headRoom` times as much as it needs. */
export function domainOf(values: readonly number[], headRoom: number): Domain {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const span = high - low;
  if (span === 0) return [0, zeroHigh];
  return [low === 0 ? 0 : low - span * (headRoom - 1), high === 0 ? 0 : low + span * headRoom];
}

/** Whether a threshold can be drawn to the same scale as the values and leave both readable. */
export function isInReach(value: number, points: readonly ChartPoint[]): boolean {
  const highest = Math.max(...points.map((point) => Math.abs(point.value)));
  return Math.abs(value) <= highest * reach;
}

/** Round values within the domain; of those that read alike only one. */
export function valueTicks(
  domain: Domain,
): readonly { readonly value: number; readonly text: string }[] {
  const height = scaleLinear(domain, [0, 1]);
  const values = height.ticks(ticksAbout).filter((value) => height(value) <= ticksUpTo);
  const named = new Map(values.map((value) => [tickFigure(value), value]));
  return [...named].map(([text, value]) => ({ text, value }));
}

export function heightScale(frame: Box, domain: Domain): Scale {
  return scaleLinear(domain, [frame.y + frame.height, frame.y]);
}

/** How wide the column left of the frame is: for the values, and for the word that says what a period is. */
export function gutterOf(domain: Domain, periodName: string): number {
  const texts = [periodName, ...valueTicks(domain).map(({ text }) => text)];
  return Math.max(...texts.map((text) => textWidth(text, size.tick))) + 12;
}

/** First and last period of all that is drawn over time. */
export function timeSpan({ points, series = [] }: ForecastChart): Domain {
  const periods = [points, ...series.map((one) => one.points)].flat().map(({ period }) => period);
  return [Math.min(...periods), Math.max(...periods)];
}

/** A single period stands in the middle. */
export function timeScale([first, last]: Domain, gutter: number): (period: number) => number {
  const [left, right] = [margin + gutter + endRoom, chartWidth - margin - endRoom];
  const scale = scaleLinear([first, last], [left, right]);
  return (period) => (first === last ? (left + right) / 2 : scale(period));
}
