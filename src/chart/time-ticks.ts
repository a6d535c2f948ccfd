// Which periods are named under a chart: both ends always, and between them round ones as far as they fit.

import { periodFigure } from './chart-words.ts';
import { textWidth } from './text-width.ts';

const steps = {
  month: [1, 2, 3, 6, 12, 24, 60, 120],
  year: [1, 2, 5, 10, 20, 50, 100],
} as const;

/** Between two names, so that they do not read as one. */
const gap = 20;

/** The periods to name, rising, none of their names nearer than `gap` to the next. */
export function timeTicks(
  {
    first,
    last,
    name,
  }: { readonly first: number; readonly last: number; readonly name: 'month' | 'year' },
  { xOf, textSize }: { readonly xOf: (period: number) => number; readonly textSize: number },
): readonly number[] {
  if (first === last) return [first];
  const halfWidth = (period: number): number => textWidth(periodFigure(period), textSize) / 2;
  const areApart = (left: number, right: number): boolean =>
    xOf(right) - halfWidth(right) - (xOf(left) + halfWidth(left)) >= gap;
  for (const step of steps[name]) {
    const from = Math.ceil(first / step) * step;
    const count = Math.floor((last - from) / step) + 1;
    // More cannot fit in any picture, and a span of millions must not be tried one by one.
    if (count > 100) continue;
    const round = Array.from({ length: Math.max(0, count) }, (_, at) => from + at * step);
    const inner = round.filter(
      (each) => each > first && each < last && areApart(first, each) && areApart(each, last),
    );
    if (inner.every((each, at) => at === 0 || areApart(inner[at - 1] ?? each, each))) {
      return [first, ...inner, last];
    }
  }
  return [first, last];
}
