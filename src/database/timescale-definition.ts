// Tells whether a continuous aggregate that is there is defined as a profile says, by what PostgreSQL says of its query.

import { sameExpression } from './expression.ts';
import { type Expression, ExpressionReader, NotRead } from './expression-reader.ts';
import { tokensOf } from './expression-tokens.ts';

/** What an aggregate shows: a bucket of time, columns it groups by, and figures. */
export interface Definition {
  /** The column of time. */
  readonly column: string;
  readonly groupBy: readonly string[];
  readonly figures: readonly Figure[];
}

export interface Figure {
  readonly name: string;
  readonly of: Expression;
}

/** The first column of every aggregate, as the guides name it. */
export const bucketName = 'bucket';

interface Item {
  readonly name: string;
  readonly of: Expression;
}

/**
 * Undefined when the query is the one that is wanted, else in words what differs. The order of figures is none of it, and
 * the width of the bucket is compared by the server, which knows its own texts of intervals.
 */
export function whyOtherDefinition(query: string, wanted: Definition): string | undefined {
  const items = selected(query);
  if (items === undefined) return 'it selects more than Headroom reads';
  const [bucket, ...rest] = items;
  const time = bucket?.of;
  const isBucket =
    time?.kind === 'call' &&
    time.name === 'time_bucket' &&
    time.of.length === 2 &&
    time.of[1]?.kind === 'column' &&
    time.of[1].name === wanted.column;
  if (!isBucket || bucket?.name !== bucketName) {
    return `its first column is not the bucket of ${wanted.column}, named ${bucketName}`;
  }
  const expected: readonly Item[] = [
    ...wanted.groupBy.map((name): Item => ({ name, of: { kind: 'column', name } })),
    ...wanted.figures,
  ];
  const differs = expected.find(({ name, of }) => {
    const there = rest.find((item) => item.name === name);
    return there === undefined || !sameExpression(there.of, of);
  });
  if (differs !== undefined) return `its column ${differs.name} is missing or another`;
  const more = rest.find(({ name }) => !expected.some((item) => item.name === name));
  return more === undefined ? undefined : `it also has the column ${more.name}`;
}

/** What a query selects from one table and groups; undefined for every query that does anything else. */
function selected(query: string): readonly Item[] | undefined {
  const tokens = tokensOf(query);
  if (tokens === undefined) return undefined;
  const reader = new ExpressionReader(tokens, 'server');
  try {
    if (!reader.word('select')) return undefined;
    const items = [selectedItem(reader)];
    while (reader.sign(',')) items.push(selectedItem(reader));
    if (!reader.word('from')) return undefined;
    do reader.name();
    while (reader.sign('.'));
    if (!reader.word('group') || !reader.word('by')) return undefined;
    do reader.expression();
    while (reader.sign(','));
    reader.sign(';');
    return reader.isAtEnd() ? items : undefined;
  } catch (error) {
    if (error instanceof NotRead) return undefined;
    throw error;
  }
}

function selectedItem(reader: ExpressionReader): Item {
  const of = reader.expression();
  if (reader.word('as')) return { name: reader.name(), of };
  if (of.kind !== 'column') throw new NotRead('has a column without a name');
  return { name: of.name, of };
}
