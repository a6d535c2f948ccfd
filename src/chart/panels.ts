// The parts of a chart that hold a line: where its points stand, and the values written at both ends.

import { plainLine } from '../message/message.ts';
import type { Box, Spot } from './boxes.ts';
import { shortFigure } from './chart-words.ts';
import type { ChartPoint, ForecastChart } from './forecast-chart.ts';
import { chartWidth, lineSpacing, margin, size } from './look.ts';
import { type LabelPlace, labelHeight, type PlacedLabel, placeLabel } from './place-labels.ts';
import { type Domain, domainOf, heightScale, valueTicks } from './scales.ts';
import { fitText } from './text-width.ts';

export interface Panel {
  readonly frame: Box;
  /** What is counted, above the frame. */
  readonly heading: { readonly text: string; readonly y: number };
  readonly spots: readonly Spot[];
  /** The height of zero, or of what is nearest to it. */
  readonly floor: number;
  readonly ticks: readonly { readonly y: number; readonly text: string }[];
  readonly values: readonly PlacedLabel[];
}

export const headingHeight = 44;
/** The foot of the panel above it is one more line that it must stand apart from. */
const seriesHeadingHeight = 54;
const seriesHeight = 120;
/** Between a point and its value. */
const labelGap = 11;
/** Over the highest value, for its label. */
export const headRoom = labelGap + labelHeight(size.value) + 4;

/** `domain` is what the height of the frame stands for; thresholds at `across` are not written upon if it can be helped. */
export function mainPanel(
  { unit, points }: ForecastChart,
  place: {
    readonly frame: Box;
    readonly domain: Domain;
    readonly headingTop: number;
    readonly xOf: (period: number) => number;
  },
  across: readonly number[],
): Panel {
  const { frame, domain, headingTop } = place;
  const y = heightScale(frame, domain);
  const spots = spotsOf(points, place);
  return {
    frame,
    heading: headingOf(unit, headingTop),
    spots,
    floor: y(nearestToZero(domain)),
    ticks: valueTicks(domain).map(({ value, text }) => ({ y: y(value), text })),
    values: valueLabels(points, {
      spots,
      curve: spots,
      frame,
      across: across.map((value) => y(value)),
    }),
  };
}

/** One panel below the other, from `top` downwards. They have no axis of values: the ends are written. */
export function seriesPanels(
  { series = [] }: ForecastChart,
  {
    top,
    left,
    xOf,
  }: { readonly top: number; readonly left: number; readonly xOf: (period: number) => number },
): readonly Panel[] {
  return series.map(({ label, points }, index) => {
    const frame: Box = {
      x: left,
      y: top + index * (seriesHeadingHeight + seriesHeight) + seriesHeadingHeight,
      width: chartWidth - margin - left,
      height: seriesHeight,
    };
    const domain = domainOf(
      points.map(({ value }) => value),
      seriesHeight / (seriesHeight - headRoom),
    );
    const spots = spotsOf(points, { frame, domain, xOf });
    return {
      frame,
      heading: headingOf(label, frame.y - headingHeight),
      spots,
      floor: heightScale(frame, domain)(nearestToZero(domain)),
      ticks: [],
      values: valueLabels(points, { spots, curve: stairs(spots), frame, across: [] }),
    };
  });
}

function headingOf(text: string, top: number): Panel['heading'] {
  const words = fitText(plainLine(text), size.label, chartWidth - 2 * margin);
  return { text: words, y: top + size.label * lineSpacing };
}

function nearestToZero([low, high]: Domain): number {
  return Math.min(Math.max(0, low), high);
}

function spotsOf(
  points: readonly ChartPoint[],
  {
    frame,
    domain,
    xOf,
  }: { readonly frame: Box; readonly domain: Domain; readonly xOf: (period: number) => number },
): readonly Spot[] {
  const y = heightScale(frame, domain);
  return points.map(({ period, value }) => ({ x: xOf(period), y: y(value) }));
}

/** The corners of a line that keeps each value until the next. */
function stairs(spots: readonly Spot[]): readonly Spot[] {
  return spots.flatMap((spot, at) => {
    const before = spots[at - 1];
    return before === undefined ? [spot] : [{ x: spot.x, y: before.y }, spot];
  });
}

/** The last value first: it is what the picture is about. */
function valueLabels(
  points: readonly ChartPoint[],
  around: {
    readonly spots: readonly Spot[];
    readonly curve: readonly Spot[];
    readonly frame: Box;
    readonly across: readonly number[];
  },
): readonly PlacedLabel[] {
  const last = points.length - 1;
  const placed: PlacedLabel[] = [];
  for (const index of last === 0 ? [0] : [last, 0]) {
    const [point, spot] = [points[index], around.spots[index]];
    if (point === undefined || spot === undefined) continue;
    const anchor = last === 0 ? 'middle' : index === 0 ? 'start' : 'end';
    const label = placeLabel(
      { text: shortFigure(point.value), size: size.value, places: placesAround(spot, anchor) },
      { ...around, upright: [], taken: placed.map(({ box }) => box) },
      { costMax: Infinity },
    );
    if (label !== undefined) placed.push(label);
  }
  return placed;
}

/** Above, below, and further away from a point. */
function placesAround(spot: Spot, anchor: LabelPlace['anchor']): readonly LabelPlace[] {
  const height = labelHeight(size.value);
  const reach = { start: -8, middle: 0, end: 8 }[anchor];
  const tops = [
    spot.y - labelGap - height,
    spot.y + labelGap,
    spot.y - 3 * labelGap - height,
    spot.y + 3 * labelGap,
  ];
  return tops.map((top) => ({ x: spot.x + reach, top, anchor }));
}
