// Marks for milestones: a number on a coloured ground above the picture, in as many rows as keep them apart.

import { periodFigure } from './chart-words.ts';
import { size } from './look.ts';
import { textWidth } from './text-width.ts';

/** The mark of one period. */
export interface Pill {
  readonly period: number;
  /** Its middle; the thin line below it stands here too. */
  readonly x: number;
  readonly width: number;
  readonly text: string;
  /** Counted from the picture upwards. */
  readonly row: number;
}

export const pillHeight = 30;
export const pillRowHeight = pillHeight + 8;
const gap = 6;

export function pillWidth(text: string): number {
  return Math.max(pillHeight + 6, textWidth(text, size.tick) + 20);
}

/** One pill for each period, each in the lowest row where it touches none before it. `periods` rise. */
export function placePills(
  periods: readonly number[],
  xOf: (period: number) => number,
): readonly Pill[] {
  const pills: Pill[] = [];
  for (const period of periods) {
    const text = periodFigure(period);
    const width = pillWidth(text);
    const x = xOf(period);
    const isFree = (row: number): boolean =>
      pills.every((other) => other.row !== row || x - width / 2 >= other.x + other.width / 2 + gap);
    let row = 0;
    while (!isFree(row)) row += 1;
    pills.push({ period, x, width, text, row });
  }
  return pills;
}
