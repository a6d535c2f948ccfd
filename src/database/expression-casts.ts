// Tells which casts in PostgreSQL's own words change no value, because it adds such ones by itself and a profile never says them.

import type { Expression } from './expression-reader.ts';

/** What stands behind a `::`. */
export interface CastType {
  /** `character varying`, `double precision`; without its schema. */
  readonly name: string;
  /** With a length or a precision it cuts or rounds. */
  readonly isBounded: boolean;
}

/** A column's type as pg_type names it, such as `int4`; undefined for a column that is not there. */
export type ColumnTypes = (column: string) => string | undefined;

const wholeTypes = /^(smallint|integer|bigint)$/;
const numberTypes = /^(smallint|integer|bigint|numeric|double precision)$/;
const textTypes = /^(text|character varying|bpchar)$/;
const number = /^(-?\d+(\.\d+)?|NaN|-?Infinity)$/;
const wholeNumber = /^-?\d+$/;

/**
 * To what a column of each type is cast by PostgreSQL itself: where something larger stands on the other side, and of a
 * domain to what it is made of.
 */
const widened: ReadonlyMap<string, RegExp> = new Map([
  ['int2', /^(smallint|integer|bigint|numeric|double precision)$/],
  ['int4', /^(integer|bigint|numeric|double precision)$/],
  ['int8', /^(bigint|numeric|double precision)$/],
  ['float4', /^(real|double precision)$/],
  ['float8', /^double precision$/],
  ['numeric', /^(numeric|double precision)$/],
  ['date', /^date$/],
  ['timestamp', /^timestamp without time zone$/],
  ['timestamptz', /^timestamp with time zone$/],
  ['bool', /^boolean$/],
  ['uuid', /^uuid$/],
  ['varchar', textTypes],
  ['text', textTypes],
  ['bpchar', textTypes],
  ['name', /^text$/],
]);

/**
 * What is left of the expression without the cast; undefined where the cast may change its value, or nobody knows.
 * @param types of an index's table. Without them, as for an aggregate's query, what makes a number wider is passed over.
 */
export function withoutCast(
  of: Expression,
  { name, isBounded }: CastType,
  types: ColumnTypes | undefined,
): Expression | undefined {
  if (isBounded) return undefined;
  switch (of.kind) {
    case 'number':
      return isNumberOf(of.text, name) ? of : undefined;
    case 'text':
      // PostgreSQL shows the value that a text has become, so only one that has become a number is another kind.
      if (!numberTypes.test(name) && name !== 'real') return of;
      return isNumberOf(of.text, name) ? { kind: 'number', text: of.text } : undefined;
    case 'word':
      return of.word === 'null' ? of : undefined;
    case 'column':
      if (types === undefined) return isWide(name) || textTypes.test(name) ? of : undefined;
      return widened.get(types(of.name) ?? '')?.test(name) ? of : undefined;
    case 'prefix':
    case 'infix':
      return isWide(name) && (types === undefined || isOfWholeNumbers(of, types)) ? of : undefined;
    case 'call':
    case 'count-rows':
      return types === undefined && isWide(name) ? of : undefined;
    case 'is-null':
    case 'in':
      return undefined;
  }
}

function isNumberOf(text: string, type: string): boolean {
  return wholeTypes.test(type)
    ? wholeNumber.test(text)
    : numberTypes.test(type) && number.test(text);
}

/** A number of such a type is divided without losing its rest. */
export function isWide(type: string): boolean {
  return type === 'numeric' || type === 'double precision';
}

/** As numbers of another type they are divided otherwise, so then nobody knows. */
function isOfWholeNumbers(of: Expression, types: ColumnTypes): boolean {
  switch (of.kind) {
    case 'column':
      return /^int[248]$/.test(types(of.name) ?? '');
    case 'number':
      return wholeNumber.test(of.text);
    case 'prefix':
      return of.sign === '-' && isOfWholeNumbers(of.of, types);
    case 'infix':
      return (
        /^[-+*/%]$/.test(of.sign) &&
        isOfWholeNumbers(of.left, types) &&
        isOfWholeNumbers(of.right, types)
      );
    case 'call':
    case 'count-rows':
    case 'in':
    case 'is-null':
    case 'text':
    case 'word':
      return false;
  }
}
