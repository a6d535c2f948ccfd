// Evaluates a parsed query at one moment over the series store, with Prometheus' rules for labels.
import { unreachable } from '../../src/errors.ts';
import { combine } from './binary.ts';
import { functions } from './functions.ts';
import {
  type Labels,
  labelKey,
  type Point,
  type SeriesStore,
  withoutName,
} from './series-store.ts';
import type { Aggregation, Expression, Selector } from './syntax.ts';
import { mapRows, type RangeRow, type Row, rowsOf, scalar, type Value, vector } from './values.ts';

/** Evaluates at a moment. Throws QueryFailure for what only shows with the labels at hand, such as ambiguous pairs. */
export function evaluate(expression: Expression, atMs: number, store: SeriesStore): Value {
  const inner = (each: Expression): Value => evaluate(each, atMs, store);
  switch (expression.kind) {
    case 'number':
      return scalar(expression.value);
    case 'selector':
      return select(expression, atMs, store);
    case 'subquery':
      return { type: 'matrix', rows: windows(expression, atMs, store) };
    case 'negative':
      return negate(inner(expression.operand));
    case 'call':
      return functions[expression.name]({
        args: expression.args,
        values: expression.args.map(inner),
        atMs,
      });
    case 'aggregate':
      return vector(aggregate(expression, rowsOf(inner(expression.operand))));
    case 'binary':
      return combine(expression, inner(expression.left), inner(expression.right));
    default:
      return unreachable(expression);
  }
}

function select(
  { name, matchers, rangeMs, offsetMs = 0 }: Selector,
  atMs: number,
  store: SeriesStore,
): Value {
  const endMs = atMs - offsetMs;
  const found = store.select(name, matchers);
  if (rangeMs !== undefined) {
    const rows = found.map((series) => ({
      labels: series.labels,
      fromMs: endMs - rangeMs,
      toMs: endMs,
      points: series.points(endMs - rangeMs, endMs),
    }));
    return { type: 'matrix', rows: rows.filter(({ points }) => points.length > 0) };
  }
  const rows = found.flatMap((series) => {
    const point = series.latest(endMs);
    return point === undefined
      ? []
      : [{ labels: series.labels, value: point[1], sampledAtMs: point[0] }];
  });
  return vector(rows);
}

/** The steps stand at whole multiples of the step since 1970, wherever the window begins. */
function windows(
  { operand, rangeMs, stepMs, offsetMs = 0 }: Extract<Expression, { kind: 'subquery' }>,
  atMs: number,
  store: SeriesStore,
): readonly RangeRow[] {
  const toMs = atMs - offsetMs;
  const fromMs = toMs - rangeMs;
  const found = new Map<string, { labels: Labels; points: Point[] }>();
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) {
    for (const { labels, value } of rowsOf(evaluate(operand, at, store))) {
      const key = labelKey(labels);
      const row = found.get(key) ?? { labels, points: [] };
      row.points.push([at, value]);
      found.set(key, row);
    }
  }
  return [...found.values()].map((row) => ({ ...row, fromMs, toMs }));
}

function negate(value: Value): Value {
  if (value.type === 'scalar') return scalar(-value.value);
  return vector(mapRows(rowsOf(value), (each) => -each));
}

function aggregate(
  { operator, labels, without }: Extract<Expression, { kind: 'aggregate' }>,
  rows: readonly Row[],
): readonly Row[] {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const row of rows) {
    const kept = Object.fromEntries(
      Object.entries(withoutName(row.labels)).filter(([name]) => labels.includes(name) !== without),
    );
    const key = labelKey(kept);
    const group = groups.get(key) ?? { labels: kept, values: [] };
    group.values.push(row.value);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({
    labels: group.labels,
    value: aggregateValues(operator, group.values),
  }));
}

function aggregateValues(operator: Aggregation, values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  // Not a number counts for the extremes only when there is nothing else.
  const real = values.filter((value) => !Number.isNaN(value));
  switch (operator) {
    case 'sum':
      return total;
    case 'avg':
      return total / values.length;
    case 'min':
      return real.length === 0 ? Number.NaN : real.reduce((one, other) => Math.min(one, other));
    case 'max':
      return real.length === 0 ? Number.NaN : real.reduce((one, other) => Math.max(one, other));
    case 'count':
      return values.length;
    case 'group':
      return 1;
    default:
      return unreachable(operator);
  }
}
