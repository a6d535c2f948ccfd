// What a query evaluates to, and the few things done to all such values.
import type { Window } from './range-functions.ts';
import { type Labels, withoutName } from './series-store.ts';

export interface Row {
  readonly labels: Labels;
  readonly value: number;
  /** When the sample was taken, for `timestamp()`; computed rows have no such time of their own. */
  readonly sampledAtMs?: number;
}

export interface RangeRow extends Window {
  readonly labels: Labels;
}

export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'vector'; readonly rows: readonly Row[] }
  | { readonly type: 'matrix'; readonly rows: readonly RangeRow[] };

export function scalar(value: number): Value {
  return { type: 'scalar', value };
}

export function vector(rows: readonly Row[]): Value {
  return { type: 'vector', rows };
}

/** Changes each value; computed rows lose the metric's name. */
export function mapRows(rows: readonly Row[], change: (value: number) => number): readonly Row[] {
  return rows.map(({ labels, value }) => ({ labels: withoutName(labels), value: change(value) }));
}

/** The rows of an instant vector; the parser has checked that it is one. */
export function rowsOf(value: Value | undefined): readonly Row[] {
  return value?.type === 'vector' ? value.rows : [];
}

/** The number of a scalar; the parser has checked that it is one. */
export function numberOf(value: Value | undefined): number {
  return value?.type === 'scalar' ? value.value : Number.NaN;
}

/** The windows of a range vector; the parser has checked that it is one. */
export function windowsOf(value: Value | undefined): readonly RangeRow[] {
  return value?.type === 'matrix' ? value.rows : [];
}
