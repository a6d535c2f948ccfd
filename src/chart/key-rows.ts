// The rows under a chart: what its marks mean, and the thresholds that found no room beside their line.

import { plainLine } from '../message/message.ts';
import { periodFigure, shortFigure } from './chart-words.ts';
import type { ChartMilestone, ChartThreshold } from './forecast-chart.ts';
import { chartWidth, dashesWidth, margin, signGap, size } from './look.ts';
import { pillWidth } from './place-pills.ts';
import { wrapText } from './text-width.ts';

export interface KeyRow {
  /** What stands before the words. */
  readonly sign:
    | { readonly kind: 'pill'; readonly text: string; readonly width: number }
    | { readonly kind: 'dashes'; readonly index: number }
    | { readonly kind: 'none' };
  readonly lines: readonly string[];
}

/** Only so many rows may take two lines. */
const rowsWrappedMax = 4;

/** A threshold with its number in the chart. */
export interface NumberedThreshold extends ChartThreshold {
  readonly index: number;
}

/** All that happens in one period, told in one row. */
export interface Moment {
  readonly period: number;
  readonly labels: readonly string[];
}

/** One for each period, in order of time; what is said twice is said once. */
export function momentsOf(milestones: readonly ChartMilestone[]): readonly Moment[] {
  const periods = [...new Set(milestones.map(({ period }) => period))].toSorted((a, b) => a - b);
  return periods.map((period) => {
    const labels = milestones.filter((one) => one.period === period).map(({ label }) => label);
    return { period, labels: [...new Set(labels)] };
  });
}

/** `others` are known and not shown. */
export function keyRows(named: {
  readonly moments: readonly Moment[];
  /** Without an index there is no line to be shown. */
  readonly thresholds: readonly { readonly index: number | undefined; readonly text: string }[];
  readonly others: number;
}): readonly KeyRow[] {
  const signed: readonly { readonly sign: KeyRow['sign']; readonly text: string }[] = [
    ...named.moments.map(({ period, labels }) => {
      const text = periodFigure(period);
      const sign = { kind: 'pill' as const, text, width: pillWidth(text) };
      return { sign, text: labels.join('; ') };
    }),
    ...named.thresholds.map(({ index, text }) => ({
      sign: index === undefined ? { kind: 'none' as const } : { kind: 'dashes' as const, index },
      text,
    })),
  ];
  const width = chartWidth - 2 * margin - signColumn(signed.map(({ sign }) => sign));
  // A picture too high is shown too small on a telephone.
  const linesMax = signed.length > rowsWrappedMax ? 1 : 2;
  const rows = signed.map(({ sign, text }) => ({
    sign,
    lines: wrapText(plainLine(text), { size: size.label, width, linesMax }),
  }));
  return named.others === 0
    ? rows
    : [...rows, { sign: { kind: 'none' }, lines: [`and ${named.others} more`] }];
}

/** How far the words of all rows stand from the margin. */
export function signColumn(signs: readonly KeyRow['sign'][]): number {
  const widths = signs.map((sign) => (sign.kind === 'pill' ? sign.width : dashesWidth));
  return Math.max(0, ...widths) + signGap;
}

/** "database limit: 500". */
export function thresholdText({ value, label }: ChartThreshold): string {
  const name = plainLine(label);
  return name === '' ? shortFigure(value) : `${name}: ${shortFigure(value)}`;
}
