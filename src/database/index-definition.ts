// What an index is, apart from its name and its table: written as SQL, told in words, and compared with what the catalogue has.

import { plainText } from './condition-values.ts';
import { readServerExpression, sameExpression, writtenExpression } from './expression.ts';
import type { ColumnTypes } from './expression-casts.ts';
import type { Expression } from './expression-reader.ts';
import type { SeenIndex, SeenIndexes } from './index-catalogue.ts';
import { type InSchema, quotedName } from './names.ts';

/** A btree of plain columns; nothing else is built. */
export interface IndexDefinition {
  readonly columns: readonly { readonly name: string; readonly descending?: true }[];
  readonly include?: readonly string[];
  /** Only rows for which it holds are in it. */
  readonly where?: Expression;
}

/** How an index is built; the catalogue knows what a table is, whatever a profile says. */
export type IndexManner = 'concurrently' | 'per-chunk' | 'per-partition';

/** An index that shall be there, or shall not. */
export interface IndexDeed extends IndexDefinition {
  readonly deed: 'index';
  readonly goal: 'there' | 'gone';
  readonly table: InSchema;
  /** It is in the schema of its table. */
  readonly name: string;
  readonly how: IndexManner;
  /** The partitions that had none like it when the plan was made. */
  readonly parts?: readonly InSchema[];
  /** Indexes of partitions that become parts of it, so that nothing could take it away without them. */
  readonly taken?: readonly string[];
}

/** A deed, and what is known of what it is about. */
export interface IndexAtHand {
  readonly deed: IndexDeed;
  readonly seen: SeenIndexes;
  /** Whose old transactions are in the way. */
  readonly old: string | undefined;
}

/** `("at" desc) include ("value") where ("status" = 'open')`, with `options` before the last. */
export function definitionSql({ columns, include, where }: IndexDefinition, options = ''): string {
  const keys = columns.map(
    ({ name, descending }) => quotedName(name) + (descending ? ' desc' : ''),
  );
  return [
    `(${keys.join(', ')})`,
    ...(include === undefined ? [] : [`include (${include.map(quotedName).join(', ')})`]),
    ...(options === '' ? [] : [options]),
    ...(where === undefined ? [] : [`where ${writtenExpression(where)}`]),
  ].join(' ');
}

/** `(at DESC) including value where ("status" = 'open')`. */
export function definitionWords({ columns, include, where }: IndexDefinition): string {
  const keys = columns.map(({ name, descending }) => `${name}${descending ? ' DESC' : ''}`);
  const including = include === undefined ? '' : ` including ${include.join(', ')}`;
  return `(${keys.join(', ')})${including}${where === undefined ? '' : ` where ${writtenExpression(where)}`}`;
}

/** pg_index.indoption: bit 1 is DESC, bit 2 NULLS FIRST, which comes with DESC unless something else is said. */
const ascending = 0;
const descendingNullsFirst = 3;

/**
 * Whether the index does what one of this definition would: the same columns in the same order, and the same rows. Whether
 * it can be used is another question. A unique one also does.
 */
export function isLike(definition: IndexDefinition, index: SeenIndex): boolean {
  const { columns, include = [], where } = definition;
  const wanted = [
    ...columns.map(({ name, descending }) => ({
      name,
      option: descending ? descendingNullsFirst : ascending,
    })),
    ...include.map((name) => ({ name, option: null })),
  ];
  return (
    index.method === 'btree' &&
    !index.exclusion &&
    index.keys === columns.length &&
    index.columns.length === wanted.length &&
    index.columns.every(
      ({ name, option, isUsual }, at) =>
        isUsual && name === wanted[at]?.name && option === wanted[at]?.option,
    ) &&
    sameCondition(where, index)
  );
}

/** An index is only taken into one of a partitioned table when it is not unique and belongs to no other. */
export function isPartLike(
  definition: IndexDefinition,
  index: SeenIndex,
  parent: string | undefined,
): boolean {
  const isFree = index.parent === null || index.parent === parent;
  return isLike(definition, index) && !index.unique && isFree;
}

function sameCondition(wanted: Expression | undefined, { condition, types }: SeenIndex): boolean {
  if (wanted === undefined || condition === null) return wanted === undefined && condition === null;
  const typeOf: ColumnTypes = (column) => types?.[column];
  const read = readServerExpression(condition, typeOf);
  return read !== undefined && sameExpression(plain(wanted, typeOf), plain(read, typeOf));
}

/**
 * The same condition in the form that PostgreSQL keeps: `in` of one value is an equality, what is joined by `and` or `or`
 * stands in one row, and `2026-01-01` has got a time.
 */
function plain(expression: Expression, types: ColumnTypes): Expression {
  const inside = (of: Expression) => plain(of, types);
  const valueBeside = (of: Expression, other: Expression) =>
    of.kind === 'text' ? { ...of, text: plainText(of.text, other, types) } : inside(of);
  switch (expression.kind) {
    case 'in': {
      const list = expression.list.map((each) => valueBeside(each, expression.of));
      const [only] = list;
      const of = inside(expression.of);
      return list.length === 1 && only !== undefined
        ? { kind: 'infix', sign: '=', left: of, right: only }
        : { kind: 'in', of, list };
    }
    case 'infix': {
      const { sign } = expression;
      const left = valueBeside(expression.left, expression.right);
      const right = valueBeside(expression.right, expression.left);
      // `a and (b and c)` becomes `(a and b) and c`.
      if ((sign === 'and' || sign === 'or') && right.kind === 'infix' && right.sign === sign) {
        const first = { kind: 'infix', sign, left, right: right.left } as const;
        return { kind: 'infix', sign, left: inside(first), right: right.right };
      }
      return { kind: 'infix', sign, left, right };
    }
    case 'prefix':
      return { ...expression, of: inside(expression.of) };
    case 'is-null':
      return { kind: 'is-null', of: inside(expression.of) };
    case 'call':
      return { ...expression, of: expression.of.map(inside) };
    case 'text':
    case 'column':
    case 'number':
    case 'word':
    case 'count-rows':
      return expression;
  }
}
