// Writes the name of each threshold beside its line where there is room, and says which found none.

import type { Box, Spot } from './boxes.ts';
import { crossingOf } from './crossing.ts';
import type { ChartPoint } from './forecast-chart.ts';
import { type NumberedThreshold, thresholdText } from './key-rows.ts';
import { size } from './look.ts';
import { type LabelPlace, labelHeight, type PlacedLabel, placeLabel } from './place-labels.ts';
import { textWidth } from './text-width.ts';

export interface ThresholdLine {
  /** Its number in the chart, which decides how it looks. */
  readonly index: number;
  readonly y: number;
  /** Absent when its name stands in the key. */
  readonly label: PlacedLabel | undefined;
  /** Where the values pass it. */
  readonly ring: Spot | undefined;
}

/** The name may lie on the thin line of a mark, and on nothing else. */
const costMax = 5;
/** Longer names would lie across the whole picture. */
const nameWidthMax = 470;
const gap = 5;

/** `thresholds` are those that are drawn, highest first gets its place first. */
export function nameLines(
  thresholds: readonly NumberedThreshold[],
  on: {
    readonly frame: Box;
    readonly points: readonly ChartPoint[];
    readonly curve: readonly Spot[];
    readonly taken: readonly Box[];
    readonly upright: readonly number[];
    readonly xOf: (period: number) => number;
    readonly yOf: (value: number) => number;
  },
): readonly ThresholdLine[] {
  const taken = [...on.taken];
  const across = thresholds.map(({ value }) => on.yOf(value));
  return thresholds
    .toSorted((a, b) => b.value - a.value)
    .map((threshold) => {
      const y = on.yOf(threshold.value);
      const text = thresholdText(threshold);
      const around = { ...on, taken, across: across.filter((other) => other !== y) };
      const label =
        textWidth(text, size.label) > nameWidthMax
          ? undefined
          : placeLabel({ text, size: size.label, places: placesBeside(y, on.frame) }, around, {
              costMax,
            });
      if (label !== undefined) taken.push(label.box);
      return { index: threshold.index, y, label, ring: ringOf(threshold.value, on) };
    });
}

/** Above the line, then below, each time from the left to the right. */
function placesBeside(y: number, frame: Box): readonly LabelPlace[] {
  const [left, right] = [frame.x + 10, frame.x + frame.width - 10];
  const sides = [
    { x: left, anchor: 'start' as const },
    { x: right, anchor: 'end' as const },
    { x: (left + right) / 2, anchor: 'middle' as const },
  ];
  return [y - gap - labelHeight(size.label), y + gap].flatMap((top) =>
    sides.map((side) => ({ ...side, top })),
  );
}

function ringOf(
  value: number,
  on: {
    readonly points: readonly ChartPoint[];
    readonly xOf: (period: number) => number;
    readonly yOf: (value: number) => number;
  },
): Spot | undefined {
  const crossing = crossingOf(on.points, value);
  if (crossing === undefined) return undefined;
  const { before, at } = crossing;
  const share = (value - before.value) / (at.value - before.value);
  return { x: on.xOf(before.period + share * (at.period - before.period)), y: on.yOf(value) };
}
