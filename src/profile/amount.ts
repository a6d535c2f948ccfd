// Writes measured numbers for people: few digits, percent for shares, the unit after it.

const DIGITS = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 3, useGrouping: false });
const PERCENT = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1, useGrouping: false });

/** A number with at most three decimals. */
export function formatNumber(value: number): string {
  return DIGITS.format(value);
}

/** `0.84` in `ratio` is `84 %`, `812` in `jobs` is `812 jobs`. */
export function formatAmount(value: number, unit: string): string {
  return unit === 'ratio' ? `${PERCENT.format(value * 100)} %` : `${formatNumber(value)} ${unit}`;
}

/** `1 pod`, `2 pods`. */
export function formatPods(count: number): string {
  return count === 1 ? '1 pod' : `${formatNumber(count)} pods`;
}
