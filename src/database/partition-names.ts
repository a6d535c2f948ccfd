// Names the partition of a month as its older siblings are named.

import type { Month } from './months.ts';

export interface NamedMonth extends Month {
  readonly name: string;
}

/** `y2026m11`, `2026_11`, `p202611`, `2026-11-01`: year, month, and perhaps the first day. */
const dated = /(\d{4})([-_.]?m?)(\d{2})((?:[-_.]?d?)01)?(?!\d)/g;

/**
 * How months are named, from the newest sibling whose name holds its own year and month; without one it is
 * `table_y2026m11`. `siblings` are oldest first.
 */
export function partitionName(
  table: string,
  siblings: readonly NamedMonth[],
): (month: Month) => string {
  for (const { name, year, month } of siblings.toReversed()) {
    // The last that fits: a table's own name may hold digits, too.
    const match = [...name.matchAll(dated)]
      .toReversed()
      .find(([, y, , m]) => Number(y) === year && Number(m) === month);
    if (match === undefined) continue;
    const [whole, , between = '', , day = ''] = match;
    const [before, after] = [name.slice(0, match.index), name.slice(match.index + whole.length)];
    return (wanted) => `${before}${four(wanted.year)}${between}${two(wanted.month)}${day}${after}`;
  }
  return (wanted) => `${table}_y${four(wanted.year)}m${two(wanted.month)}`;
}

function four(year: number): string {
  return String(year).padStart(4, '0');
}

function two(month: number): string {
  return String(month).padStart(2, '0');
}
