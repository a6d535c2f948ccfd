// Computes the functions of the signature table.
import { quantile, rangeFunctions, type Window } from './range-functions.ts';
import { withoutName } from './series-store.ts';
import type { FunctionName } from './signatures.ts';
import type { Expression } from './syntax.ts';
import {
  mapRows,
  numberOf,
  type Row,
  rowsOf,
  scalar,
  type Value,
  vector,
  windowsOf,
} from './values.ts';

/** A call whose arguments are evaluated and have the right types. */
export interface Call {
  readonly args: readonly Expression[];
  readonly values: readonly Value[];
  readonly atMs: number;
}

const { avg_over_time, count_over_time, delta, increase, irate } = rangeFunctions;
const { last_over_time, max_over_time, min_over_time, rate, sum_over_time } = rangeFunctions;

/** Every function by its name. */
export const functions: Readonly<Record<FunctionName, (call: Call) => Value>> = {
  abs: perValue((value) => Math.abs(value)),
  absent: ({ args, values }) => vector(rowsOf(values[0]).length > 0 ? [] : [absentRow(args[0])]),
  avg_over_time: overWindows(avg_over_time),
  ceil: perValue((value) => Math.ceil(value)),
  clamp: perValue((value, low, high) => Math.max(low, Math.min(value, high))),
  clamp_max: perValue((value, bound) => Math.min(value, bound)),
  clamp_min: perValue((value, bound) => Math.max(value, bound)),
  count_over_time: overWindows(count_over_time),
  delta: overWindows(delta),
  floor: perValue((value) => Math.floor(value)),
  increase: overWindows(increase),
  irate: overWindows(irate),
  // The only one that gives a sample as it was, so the name stays.
  last_over_time: ({ values }) =>
    vector(
      windowsOf(values[0]).map((window) => ({
        labels: window.labels,
        value: last_over_time(window) ?? Number.NaN,
      })),
    ),
  max_over_time: overWindows(max_over_time),
  min_over_time: overWindows(min_over_time),
  quantile_over_time: ({ values: [portion, windows] }) =>
    overWindows(({ points }) =>
      quantile(
        numberOf(portion),
        points.map(([, value]) => value),
      ),
    )({ args: [], values: windows === undefined ? [] : [windows], atMs: 0 }),
  rate: overWindows(rate),
  round: ({ values }) => {
    const step = values[1] === undefined ? 1 : numberOf(values[1]);
    return vector(mapRows(rowsOf(values[0]), (value) => Math.floor(value / step + 0.5) * step));
  },
  scalar: ({ values }) => {
    const [row, ...others] = rowsOf(values[0]);
    return scalar(row === undefined || others.length > 0 ? Number.NaN : row.value);
  },
  sum_over_time: overWindows(sum_over_time),
  time: ({ atMs }) => scalar(atMs / 1000),
  timestamp: ({ values, atMs }) =>
    vector(
      rowsOf(values[0]).map(({ labels, sampledAtMs }) => ({
        labels: withoutName(labels),
        value: (sampledAtMs ?? atMs) / 1000,
      })),
    ),
  vector: ({ values }) => vector([{ labels: {}, value: numberOf(values[0]) }]),
};

function perValue(compute: (value: number, first: number, second: number) => number) {
  return ({ values: [rows, ...numbers] }: Call): Value => {
    const [first, second] = numbers.map(numberOf);
    return vector(
      mapRows(rowsOf(rows), (value) => compute(value, first ?? Number.NaN, second ?? Number.NaN)),
    );
  };
}

function overWindows(compute: (window: Window) => number | undefined) {
  return ({ values }: Call): Value =>
    vector(
      windowsOf(values[0]).flatMap((window) => {
        const value = compute(window);
        return value === undefined ? [] : [{ labels: withoutName(window.labels), value }];
      }),
    );
}

/** A row that says what is not there: the labels the selector names for certain. */
function absentRow(argument: Expression | undefined): Row {
  const matchers = argument?.kind === 'selector' ? argument.matchers : [];
  const certain = matchers.filter(({ operator }) => operator === '=');
  return {
    labels: Object.fromEntries(certain.map(({ label, value }) => [label, value])),
    value: 1,
  };
}
