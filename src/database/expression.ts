// Small SQL expressions of profiles, such as an index's condition: read by a strict grammar, and only written anew from what was read.

import type { ColumnTypes } from './expression-casts.ts';
import {
  aggregateFunctions,
  type Expression,
  ExpressionReader,
  NotRead,
} from './expression-reader.ts';
import { quotedName, quotedText, whyNoName } from './names.ts';

/** Longer ones are not what a profile is for; and so that reading one cannot go too deep. */
const charactersMax = 1000;

/**
 * Reads an expression of a profile: columns, numbers, texts, comparisons, and, or, not, in, is null, arithmetic and
 * parentheses; with `aggregates` also the aggregate functions, and then all of it must be inside of them. Everything
 * else is a problem, in words.
 */
export function parseExpression(
  text: string,
  { aggregates }: { readonly aggregates: boolean },
): { readonly expression: Expression } | { readonly problem: string } {
  const because = (why: string) => ({ problem: `"${text}" ${why}` });
  if (text.length > charactersMax) return because(`is longer than ${charactersMax} characters`);
  const read = ExpressionReader.whole(text, 'profile');
  if (read instanceof NotRead) return because(read.because);
  const bad = [...columnsOf(read)].find((name) => whyNoName(name) !== undefined);
  if (bad !== undefined) return because(`holds a name that cannot be: ${whyNoName(bad)}`);
  if (!aggregates && hasCall(read)) return because('calls a function, and none may be called here');
  if (aggregates && !isAggregated(read)) {
    return because(`has a column outside of ${aggregateFunctions.join(', ')}`);
  }
  return { expression: read };
}

/**
 * The same from what PostgreSQL says of its own objects: qualifiers and casts that change no value are left out. Undefined
 * for all else.
 */
export function readServerExpression(text: string, types: ColumnTypes): Expression | undefined {
  const read = ExpressionReader.whole(text, 'server', types);
  return read instanceof NotRead ? undefined : read;
}

export function sameExpression(one: Expression, other: Expression): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The columns it is about, as the catalogue must have them. */
export function columnsOf(expression: Expression): ReadonlySet<string> {
  return new Set(
    expression.kind === 'column' ? [expression.name] : partsOf(expression).flatMap(columnsInOrder),
  );
}

function columnsInOrder(expression: Expression): readonly string[] {
  return [...columnsOf(expression)];
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.of;
    case 'prefix':
    case 'is-null':
      return [expression.of];
    case 'infix':
      return [expression.left, expression.right];
    case 'in':
      return [expression.of, ...expression.list];
    case 'column':
    case 'number':
    case 'text':
    case 'word':
    case 'count-rows':
      return [];
  }
}

function isCall({ kind }: Expression): boolean {
  return kind === 'call' || kind === 'count-rows';
}

function hasCall(expression: Expression): boolean {
  return isCall(expression) || partsOf(expression).some(hasCall);
}

/** Every column is in a function, no function in another, and there is one. */
function isAggregated(expression: Expression): boolean {
  const isInside = (part: Expression): boolean => {
    if (part.kind === 'column') return false;
    return isCall(part) ? !partsOf(part).some(hasCall) : partsOf(part).every(isInside);
  };
  return hasCall(expression) && isInside(expression);
}

/** As SQL: names quoted, everything in parentheses. */
export function writtenExpression(expression: Expression): string {
  const { kind } = expression;
  switch (kind) {
    case 'column':
      return quotedName(expression.name);
    case 'number':
      return expression.text.startsWith('-') ? `(${expression.text})` : expression.text;
    case 'text':
      return quotedText(expression.text);
    case 'word':
      return expression.word;
    case 'count-rows':
      return 'count(*)';
    case 'call':
      return `${expression.name}(${expression.of.map(writtenExpression).join(', ')})`;
    case 'prefix':
      return `(${expression.sign} ${writtenExpression(expression.of)})`;
    case 'infix':
      return `(${writtenExpression(expression.left)} ${expression.sign} ${writtenExpression(expression.right)})`;
    case 'is-null':
      return `(${writtenExpression(expression.of)} is null)`;
    case 'in':
      return `(${writtenExpression(expression.of)} in (${expression.list.map(writtenExpression).join(', ')}))`;
  }
}
