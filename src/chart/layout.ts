// Where everything on a chart stands: decided before anything is drawn, so that nothing lies on anything else.

import { plainLine } from '../message/message.ts';
import type { Box, Spot } from './boxes.ts';
import { periodFigure } from './chart-words.ts';
import { valueAt } from './crossing.ts';
import type { ForecastChart } from './forecast-chart.ts';
import {
  type KeyRow,
  keyRows,
  type Moment,
  momentsOf,
  type NumberedThreshold,
  thresholdText,
} from './key-rows.ts';
import { chartWidth, keyRowHeight, lineSpacing, margin, size } from './look.ts';
import { nameLines, type ThresholdLine } from './name-lines.ts';
import { headingHeight, headRoom, mainPanel, type Panel, seriesPanels } from './panels.ts';
import { type Pill, pillRowHeight, placePills } from './place-pills.ts';
import {
  type Domain,
  domainOf,
  gutterOf,
  heightScale,
  isInReach,
  timeScale,
  timeSpan,
} from './scales.ts';
import { wrapText } from './text-width.ts';
import { timeTicks } from './time-ticks.ts';

/** The mark of a milestone, and the spot on the line that it points at. */
export type Mark = Pill & { readonly on: Spot };

export interface Layout {
  readonly height: number;
  readonly titleLines: readonly string[];
  readonly main: Panel;
  readonly series: readonly Panel[];
  readonly lines: readonly ThresholdLine[];
  readonly marks: readonly Mark[];
  readonly axis: {
    readonly y: number;
    readonly ticks: readonly { readonly x: number; readonly text: string }[];
  };
  readonly key: { readonly top: number; readonly rows: readonly KeyRow[] };
}

const mainHeight = 340;
const axisHeight = 48;
const keyGap = 18;
/** More marks and names would be a list and no picture; the words in its place hold more. */
const marksMax = 8;
const namedBelowMax = 5;

export function layOut(chart: ForecastChart): Layout {
  const titleLines = wrapText(plainLine(chart.title), {
    size: size.title,
    width: chartWidth - 2 * margin,
    linesMax: 2,
  });
  const thresholds = (chart.thresholds ?? []).map((one, index) => ({ ...one, index }));
  const drawn = thresholds.filter(({ value }) => isInReach(value, chart.points));
  const domain = domainOf(
    [...chart.points, ...drawn].map(({ value }) => value),
    mainHeight / (mainHeight - headRoom),
  );
  const gutter = gutterOf(domain, chart.periodName);
  const span = timeSpan(chart);
  const xOf = timeScale(span, gutter);
  const moments = momentsOf(chart.milestones ?? []);
  const pills = placePills(periodsIn(span, moments.slice(0, marksMax)), xOf);
  const headingTop = margin + titleLines.length * size.title * lineSpacing;
  const frame = mainFrame({ top: headingTop + headingHeight, left: margin + gutter, pills });
  const yOf = heightScale(frame, domain);
  const main = mainPanel(
    chart,
    { frame, domain, headingTop, xOf },
    drawn.map(({ value }) => value),
  );
  const lines = nameLines(drawn, {
    frame,
    points: chart.points,
    curve: main.spots,
    taken: main.values.map(({ box }) => box),
    upright: pills.map(({ x }) => x),
    xOf,
    yOf: (value) => yOf(value),
  });
  const series = seriesPanels(chart, { top: frame.y + frame.height, left: frame.x, xOf });
  const last = series.at(-1)?.frame ?? frame;
  const axisTop = last.y + last.height;
  const below = belowThePicture({ thresholds, lines, moments });
  const keyTop = axisTop + axisHeight + (below.rows.length > 0 ? keyGap : 0);
  return {
    height: Math.ceil(keyTop + heightOf(below.rows) + margin / 2),
    titleLines,
    main,
    series,
    lines: lines.filter(({ index, label }) => label !== undefined || below.named.has(index)),
    marks: pills.map((pill) => ({
      ...pill,
      on: { x: pill.x, y: yOf(valueAt(chart.points, pill.period)) },
    })),
    axis: { y: axisTop, ticks: axisTicks(chart.periodName, span, xOf) },
    key: { top: keyTop, rows: below.rows },
  };
}

/** Below the rows of pills. */
function mainFrame(place: {
  readonly top: number;
  readonly left: number;
  readonly pills: readonly Pill[];
}): Box {
  const rows = place.pills.reduce((most, { row }) => Math.max(most, row + 1), 0);
  return {
    x: place.left,
    y: place.top + rows * pillRowHeight,
    width: chartWidth - margin - place.left,
    height: mainHeight,
  };
}

/** What happens outside the picture has no mark. */
function periodsIn([first, last]: Domain, moments: readonly Moment[]): readonly number[] {
  return moments.map(({ period }) => period).filter((each) => each >= first && each <= last);
}

/** The key, and which thresholds stand in it: what is named nowhere is not drawn. */
function belowThePicture(chart: {
  readonly thresholds: readonly NumberedThreshold[];
  readonly lines: readonly ThresholdLine[];
  readonly moments: readonly Moment[];
}): { readonly rows: readonly KeyRow[]; readonly named: ReadonlySet<number> } {
  const lineOf = new Map(chart.lines.map((line) => [line.index, line]));
  const below = chart.thresholds.filter(({ index }) => lineOf.get(index)?.label === undefined);
  const shown = below.slice(0, namedBelowMax);
  const unmarked = chart.moments.slice(marksMax).flatMap(({ labels }) => labels);
  const rows = keyRows({
    moments: chart.moments.slice(0, marksMax),
    thresholds: shown.map((one) => ({
      index: lineOf.has(one.index) ? one.index : undefined,
      text: `${thresholdText(one)}${lineOf.has(one.index) ? '' : ' (beyond the picture)'}`,
    })),
    others: below.length - shown.length + unmarked.length,
  });
  return { rows, named: new Set(shown.map(({ index }) => index)) };
}

function heightOf(rows: readonly KeyRow[]): number {
  return rows.reduce((sum, { lines }) => sum + keyRowHeight(lines.length), 0);
}

function axisTicks(
  name: ForecastChart['periodName'],
  [first, last]: Domain,
  xOf: (period: number) => number,
): Layout['axis']['ticks'] {
  const periods = timeTicks({ first, last, name }, { xOf, textSize: size.tick });
  return periods.map((period) => ({ x: xOf(period), text: periodFigure(period) }));
}
