// Combines two values as PromQL's operators do: numbers plainly, vectors row by row where their labels agree.
import { type Labels, labelKey, withoutName } from './series-store.ts';
import type { Arithmetic, BinaryOperator, Comparison, Expression, Matching } from './syntax.ts';
import { QueryFailure } from './tokens.ts';
import { type Row, scalar, type Value, vector } from './values.ts';

type Binary = Extract<Expression, { kind: 'binary' }>;

/** The value of `left operator right`. Throws QueryFailure when a row has several partners. */
export function combine(expression: Binary, left: Value, right: Value): Value {
  if (left.type === 'scalar' && right.type === 'scalar') {
    return scalar(compute(expression.operator, left.value, right.value));
  }
  if (left.type === 'vector' && right.type === 'vector') {
    return vector(pair(expression, left.rows, right.rows));
  }
  if (left.type === 'vector' && right.type === 'scalar') {
    const rows = left.rows.flatMap((row) => keep(expression, row, [row.value, right.value]));
    return vector(rows);
  }
  if (left.type === 'scalar' && right.type === 'vector') {
    const rows = right.rows.flatMap((row) => keep(expression, row, [left.value, row.value]));
    return vector(rows);
  }
  throw new Error('The parser lets no range vector through.');
}

/** What a row becomes: comparisons filter and keep the row as it is, everything else computes and drops the name. */
function keep(
  { operator, bool }: Binary,
  row: Row,
  [left, right]: readonly [number, number],
): readonly Row[] {
  if (!isComparison(operator)) {
    return [{ labels: withoutName(row.labels), value: compute(operator, left, right) }];
  }
  const holds = compute(operator, left, right);
  if (bool) return [{ labels: withoutName(row.labels), value: holds }];
  return holds === 1 ? [{ labels: row.labels, value: row.value }] : [];
}

function pair(expression: Binary, left: readonly Row[], right: readonly Row[]): readonly Row[] {
  const { operator, matching } = expression;
  const key = ({ labels }: Row): string => labelKey(matched(labels, matching));
  if (operator === 'and' || operator === 'unless') {
    const there = new Set(right.map(key));
    return left.filter((row) => there.has(key(row)) === (operator === 'and'));
  }
  if (operator === 'or') {
    const there = new Set(left.map(key));
    return [...left, ...right.filter((row) => !there.has(key(row)))];
  }
  const partners = uniqueByKey(right, key);
  const seen = new Set<string>();
  for (const row of left.filter((each) => partners.has(key(each)))) {
    if (seen.has(key(row))) {
      throw new QueryFailure(
        'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
        'execution',
      );
    }
    seen.add(key(row));
  }
  return left.flatMap((row) => {
    const partner = partners.get(key(row));
    if (partner === undefined) return [];
    const kept = keep(expression, row, [row.value, partner.value]);
    // With `on` or `ignoring` the result has the labels that were compared.
    return kept.map(({ labels, value }) => ({
      labels: matching.on || matching.labels.length > 0 ? matched(labels, matching) : labels,
      value,
    }));
  });
}

function uniqueByKey(rows: readonly Row[], key: (row: Row) => string): ReadonlyMap<string, Row> {
  const found = new Map<string, Row>();
  for (const row of rows) {
    const earlier = found.get(key(row));
    if (earlier !== undefined) {
      throw new QueryFailure(
        `found duplicate series for the match group ${showLabels(Object.fromEntries(JSON.parse(key(row))))} on the right hand-side of the operation: [${showLabels(row.labels)}, ${showLabels(earlier.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
        'execution',
      );
    }
    found.set(key(row), row);
  }
  return found;
}

function matched(labels: Labels, { on, labels: names }: Matching): Labels {
  return Object.fromEntries(
    Object.entries(withoutName(labels)).filter(([name]) => names.includes(name) === on),
  );
}

function showLabels(labels: Labels): string {
  const { __name__: name = '', ...others } = labels;
  const shown = Object.entries(others).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${shown.join(', ')}}`;
}

function isComparison(operator: BinaryOperator): operator is Comparison {
  return ['==', '!=', '<', '<=', '>', '>='].includes(operator);
}

const calculations: Readonly<
  Record<Arithmetic | Comparison, (left: number, right: number) => number>
> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': (left, right) => left ** right,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<': (left, right) => Number(left < right),
  '<=': (left, right) => Number(left <= right),
  '>': (left, right) => Number(left > right),
  '>=': (left, right) => Number(left >= right),
};

function compute(operator: BinaryOperator, left: number, right: number): number {
  if (operator === 'and' || operator === 'or' || operator === 'unless') {
    throw new Error('Set operators combine vectors, not numbers.');
  }
  return calculations[operator](left, right);
}
