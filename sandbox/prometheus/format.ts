// Writes numbers and values the way Prometheus' API writes them.
import { unreachable } from '../../src/errors.ts';
import type { Point } from './series-store.ts';
import type { Value } from './values.ts';

type Sample = readonly [number, string];

/** A sample value: never in scientific notation, whatever its size. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [digits = '', exponent] = String(value).split('e');
  if (exponent === undefined) return digits;
  const sign = digits.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.');
  const shift = Number(exponent);
  return shift < 0
    ? `${sign}0.${'0'.repeat(-shift - 1)}${whole}${fraction}`
    : `${sign}${whole}${fraction.padEnd(shift, '0')}`;
}

/** The value of an alert, which is in scientific notation with two digits of exponent: `8.12e+02`. */
export function formatAlertValue(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** The `data` of an answer to `/api/v1/query`. */
export function instantAnswer(value: Value, atMs: number): object {
  const at = atMs / 1000;
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: [at, formatValue(value.value)] satisfies Sample };
    case 'vector': {
      const result = value.rows.map((row) => ({
        metric: row.labels,
        value: [at, formatValue(row.value)] satisfies Sample,
      }));
      return { resultType: 'vector', result };
    }
    case 'matrix': {
      const result = value.rows.map(({ labels, points }) => matrixRow(labels, points));
      return { resultType: 'matrix', result };
    }
    default:
      return unreachable(value);
  }
}

/** One series with its samples, as matrices have them. */
export function matrixRow(labels: Readonly<Record<string, string>>, points: readonly Point[]) {
  return {
    metric: labels,
    values: points.map(([ms, value]): Sample => [ms / 1000, formatValue(value)]),
  };
}
