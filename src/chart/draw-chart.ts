// Draws a laid out chart as SVG, from the ground upwards.

import { area, curveLinear, curveStepAfter, line } from 'd3-shape';
import { unreachable } from '../errors.ts';
import type { Spot } from './boxes.ts';
import { type KeyRow, signColumn } from './key-rows.ts';
import type { Layout, Mark } from './layout.ts';
import {
  chartWidth,
  colour,
  dashesWidth,
  keyRowHeight,
  lineSpacing,
  margin,
  size,
  thresholdLook,
} from './look.ts';
import type { ThresholdLine } from './name-lines.ts';
import type { Panel } from './panels.ts';
import type { PlacedLabel } from './place-labels.ts';
import { pillHeight, pillRowHeight } from './place-pills.ts';
import { element, words } from './svg.ts';

/** Nearer than this, dots would run into each other. */
const dotsApart = 18;

export function drawChart(periodName: string, layout: Layout): string {
  const { height, main, series, marks, lines } = layout;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: chartWidth,
      height,
      viewBox: `0 0 ${chartWidth} ${height}`,
      'font-family': 'Inter, sans-serif',
    },
    element('rect', { width: chartWidth, height, fill: colour.ground }),
    ...title(layout),
    ...grid(main),
    ...[main, ...series].flatMap((panel) => marks.map((mark) => markLine(mark, panel))),
    ...series.flatMap((panel) => curve(panel, seriesLook)),
    ...curve(main, mainLook),
    ...lines.flatMap((each) => thresholdLine(each, main)),
    ...[main, ...series].flatMap(({ values }) => values.map((label) => written(label, colour.ink))),
    ...marks.map((mark) => markStem(mark, main)),
    ...marks.flatMap((mark) => markSign(mark, main)),
    ...timeAxis(periodName, layout),
    ...key(layout),
  );
}

function title({ titleLines }: Layout): readonly string[] {
  return titleLines.map((text, at) =>
    words(text, {
      x: margin,
      y: margin + size.title + at * size.title * lineSpacing,
      'font-size': size.title,
      'font-weight': 700,
      fill: colour.ink,
    }),
  );
}

function grid({ frame, ticks }: Panel): readonly string[] {
  return ticks.flatMap(({ y, text }) => [
    rule(
      { x1: frame.x, x2: frame.x + frame.width, y1: y, y2: y },
      { stroke: colour.grid, width: 2 },
    ),
    words(text, {
      x: frame.x - 12,
      y: y + size.tick * 0.36,
      'font-size': size.tick,
      'text-anchor': 'end',
      fill: colour.muted,
    }),
  ]);
}

function rule(
  ends: { readonly x1: number; readonly x2: number; readonly y1: number; readonly y2: number },
  look: { readonly stroke: string; readonly width: number; readonly dashes?: string },
): string {
  return element('line', {
    ...ends,
    stroke: look.stroke,
    'stroke-width': look.width,
    'stroke-dasharray': look.dashes,
  });
}

interface CurveLook {
  readonly stroke: string;
  readonly fill: string;
  readonly width: number;
  readonly steps: boolean;
}

const mainLook: CurveLook = { stroke: colour.main, fill: colour.mainArea, width: 5, steps: false };
const seriesLook: CurveLook = {
  stroke: colour.series,
  fill: colour.seriesArea,
  width: 4,
  steps: true,
};

/** The line with its area, its heading, and its floor. */
function curve({ frame, heading, spots, floor }: Panel, look: CurveLook): readonly string[] {
  const shape = look.steps ? curveStepAfter : curveLinear;
  const x = ({ x: across }: Spot): number => across;
  const y = ({ y: down }: Spot): number => down;
  const filled = area<Spot>(x, floor, y).curve(shape).digits(1)([...spots]);
  const stroked = line<Spot>(x, y).curve(shape).digits(1)([...spots]);
  return [
    words(heading.text, {
      x: margin,
      y: heading.y,
      'font-size': size.label,
      'font-weight': 700,
      fill: look.stroke,
    }),
    ...(spots.length < 2
      ? []
      : [
          element('path', { d: filled ?? '', fill: look.fill, 'fill-opacity': 0.75 }),
          element('path', {
            d: stroked ?? '',
            fill: 'none',
            stroke: look.stroke,
            'stroke-width': look.width,
            'stroke-linejoin': 'round',
            'stroke-linecap': 'round',
          }),
        ]),
    rule(
      { x1: frame.x, x2: frame.x + frame.width, y1: floor, y2: floor },
      { stroke: colour.axis, width: 2 },
    ),
    ...dots(spots, look),
  ];
}

/** A dot for each point where they stand apart and the line has no corners of its own; otherwise for the ends only. */
function dots(spots: readonly Spot[], { stroke, width, steps }: CurveLook): readonly string[] {
  const [first, second] = spots;
  const areApart = first === undefined || second === undefined || second.x - first.x >= dotsApart;
  return spots.flatMap(({ x, y }, at) => {
    const isEnd = at === 0 || at === spots.length - 1;
    if (!isEnd && (steps || !areApart)) return [];
    return [element('circle', { cx: x, cy: y, r: isEnd ? width + 2 : width, fill: stroke })];
  });
}

function thresholdLine(
  { index, y, label, ring }: ThresholdLine,
  { frame }: Panel,
): readonly string[] {
  const look = thresholdLook(index);
  return [
    rule(
      { x1: frame.x, x2: frame.x + frame.width, y1: y, y2: y },
      { stroke: look.colour, width: 3, dashes: look.dashes },
    ),
    ...(label === undefined ? [] : [written(label, look.colour)]),
    ...(ring === undefined ? [] : [circleAt(ring, look.colour)]),
  ];
}

/** Where something happens on the line: open, so that the line is still seen. */
function circleAt({ x, y }: Spot, stroke: string): string {
  return element('circle', {
    cx: x,
    cy: y,
    r: 8,
    fill: colour.ground,
    stroke,
    'stroke-width': 4,
  });
}

/** A label in the picture, with a rim in the colour of the ground for where it lies on a line. */
function written({ text, x, y, size: fontSize, anchor }: PlacedLabel, fill: string): string {
  return words(text, {
    x,
    y,
    'font-size': fontSize,
    'font-weight': 700,
    'text-anchor': anchor,
    fill,
    stroke: colour.ground,
    'stroke-width': 6,
    'stroke-linejoin': 'round',
    'paint-order': 'stroke',
  });
}

function markLine({ x }: Mark, { frame }: Panel): string {
  return rule(
    { x1: x, x2: x, y1: frame.y, y2: frame.y + frame.height },
    { stroke: colour.markLine, width: 2 },
  );
}

/** The rest of its line, from the picture up to the pill. */
function markStem(mark: Mark, { frame }: Panel): string {
  return rule(
    { x1: mark.x, x2: mark.x, y1: pillTop(mark, frame) + pillHeight, y2: frame.y },
    { stroke: colour.markLine, width: 2 },
  );
}

function pillTop({ row }: Mark, frame: Panel['frame']): number {
  return frame.y - (row + 1) * pillRowHeight;
}

/** The pill, and its circle on the values. */
function markSign(mark: Mark, { frame }: Panel): readonly string[] {
  const at = { x: mark.x - mark.width / 2, y: pillTop(mark, frame), width: mark.width };
  return [...pill(mark.text, at), circleAt(mark.on, colour.mark)];
}

function pill(
  text: string,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): readonly string[] {
  return [
    element('rect', { x, y, width, height: pillHeight, rx: pillHeight / 2, fill: colour.mark }),
    words(text, {
      x: x + width / 2,
      y: y + pillHeight / 2 + size.tick * 0.36,
      'font-size': size.tick,
      'font-weight': 700,
      'text-anchor': 'middle',
      fill: colour.ground,
    }),
  ];
}

function timeAxis(periodName: string, { axis, main }: Layout): readonly string[] {
  const look = { y: axis.y + size.tick + 14, 'font-size': size.tick, fill: colour.muted };
  return [
    ...axis.ticks.flatMap(({ x, text }) => [
      rule({ x1: x, x2: x, y1: axis.y, y2: axis.y + 8 }, { stroke: colour.axis, width: 2 }),
      words(text, { ...look, x, 'text-anchor': 'middle' }),
    ]),
    words(periodName, { ...look, x: main.frame.x - 12, 'text-anchor': 'end' }),
  ];
}

function key({ key: { top, rows } }: Layout): readonly string[] {
  const column = signColumn(rows.map(({ sign }) => sign));
  let y = top;
  return rows.flatMap(({ sign, lines }) => {
    const rowTop = y;
    y += keyRowHeight(lines.length);
    return [
      ...keySign(sign, rowTop + (size.label * lineSpacing) / 2),
      ...lines.map((text, at) =>
        words(text, {
          x: margin + column,
          y: rowTop + size.label + at * size.label * lineSpacing,
          'font-size': size.label,
          fill: colour.ink,
        }),
      ),
    ];
  });
}

function keySign(sign: KeyRow['sign'], middle: number): readonly string[] {
  switch (sign.kind) {
    case 'pill':
      return pill(sign.text, { x: margin, y: middle - pillHeight / 2, width: sign.width });
    case 'dashes': {
      const { colour: stroke, dashes } = thresholdLook(sign.index);
      const ends = { x1: margin, x2: margin + dashesWidth, y1: middle, y2: middle };
      return [rule(ends, { stroke, width: 3, dashes })];
    }
    case 'none':
      return [];
    default:
      return unreachable(sign);
  }
}
