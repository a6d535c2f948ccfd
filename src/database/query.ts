// A question to a database as data: its text is ours, whatever comes from outside is a value beside it.

import type { z } from 'zod';
import { assert } from '../errors.ts';

/** One read. `$1` and so on in the text stand for the values; nothing else is ever put into it. */
export interface Query {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** A relation, quoted: where there is none it is not asked and has no rows, in place of an error. */
  readonly needs?: string;
}

export type Row = Readonly<Record<string, unknown>>;

/** The rows of each query, in the order of the queries. */
export type Answers = readonly (readonly Row[])[];

/** The rows of one query, parsed; one that does not fit is a mistake in the query, so it crashes. */
export function rowsOf<T>(row: z.ZodType<T>, answers: Answers, index: number): readonly T[] {
  const rows = answers[index];
  assert(rows !== undefined, 'every query has its answer');
  return rows.map((each) => row.parse(each));
}
