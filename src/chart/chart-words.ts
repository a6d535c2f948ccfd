// The numbers on a chart, short enough to stand beside a line and exact enough to be quoted.

import { figure } from '../message/message.ts';

/** From here on a number is written with its size: 12.5M, 3B. */
const compactFrom = 10_000_000;
const ticksCompactFrom = 10_000;
/** Beyond these, powers of ten are shorter than anything else. */
const hugeFrom = 1e15;
const tinyBelow = 1e-4;

/** "1,153", "12.5M", "0.00042", "3.2e18": nine characters at most for any finite number. */
export function shortFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= hugeFrom || (size > 0 && size < tinyBelow)) return powers(value);
  if (size >= compactFrom) return compact(value);
  if (size >= 1_000) return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
  const exact = Number(value.toPrecision(size < 0.1 ? 3 : 4));
  return size < 0.1 ? String(exact) : figure(exact);
}

/** "0", "500", "15K", "2M": for the axis, where the numbers are round and room is short. */
export function tickFigure(value: number): string {
  const size = Math.abs(value);
  return size >= ticksCompactFrom && size < hugeFrom ? compact(value) : shortFigure(value);
}

function compact(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 2 });
}

function powers(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential(2).split('e');
  return `${Number(digits)}e${Number(exponent)}`;
}

/** The name of a period under the picture and on marks. */
export function periodFigure(period: number): string {
  return period === 0 ? 'now' : shortFigure(period);
}
