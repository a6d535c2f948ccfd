// Finds the tables that a statement of a profile reads, for the rights to them; where it is not certain, a person finds them.

import { type Token, tokensOf } from './expression-tokens.ts';
import type { InSchema } from './names.ts';

/** What everybody may read, or whoever is a member of pg_monitor. */
const openSchemas: readonly string[] = [
  'pg_catalog',
  'information_schema',
  'timescaledb_information',
];
/** Functions that give rows of their own. */
const rowsOfTheirOwn: readonly string[] = ['generate_series', 'unnest'];
/** In their parentheses FROM is no list of tables. */
const withFrom: readonly string[] = ['extract', 'substring', 'trim', 'overlay'];
const endsOfFrom: readonly string[] =
  'where group having window order limit offset fetch for union intersect except select'.split(' ');

/** A bare name is one of `schema`, as the statement is asked; views count as tables. */
export function tablesRead(
  sql: string,
  schema: string,
): readonly InSchema[] | { readonly because: string } {
  const tokens = tokensOf(sql.trim().replace(/;$/, ''));
  if (tokens === undefined) return { because: 'it holds signs or comments that are not read' };
  if (!isWord(tokens[0], 'select', 'with')) return { because: 'it does not begin with SELECT' };
  const known = commonTables(tokens);
  const found = new Map<string, InSchema>();
  for (const { at, parts, isCalled } of references(tokens)) {
    const [name = '', of, ...more] = parts.toReversed();
    const isKnown = known.some((each) => each.name === name && each.isRecursiveOrEndsBefore(at));
    if (isCalled && of === undefined && rowsOfTheirOwn.includes(name)) continue;
    if (isCalled) return { because: `it reads from a function, ${parts.join('.')}` };
    if (parts.length === 0 || more.length > 0) return { because: 'a table in it has no name' };
    if (of === undefined && (isKnown || name.startsWith('pg_'))) continue;
    if (of !== undefined && openSchemas.includes(of)) continue;
    const table = { schema: of ?? schema, name };
    found.set(JSON.stringify(table), table);
  }
  return [...found.values()];
}

function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'name' && !token.quoted && words.includes(token.text);
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.text === sign;
}

interface Reference {
  readonly at: number;
  /** Database, schema and name, as far as they are written; none where there is no name. */
  readonly parts: readonly string[];
  readonly isCalled: boolean;
}

/** Whatever stands after FROM, after JOIN, and after a comma between them. */
function references(tokens: readonly Token[]): readonly Reference[] {
  const found: Reference[] = [];
  const depths: { inFrom: boolean; readonly isFunction: boolean }[] = [
    { inFrom: false, isFunction: false },
  ];
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    const here = depths.at(-1);
    if (isSign(token, '(')) {
      depths.push({ inFrom: false, isFunction: isWord(before, ...withFrom) });
      continue;
    }
    if (isSign(token, ')')) depths.pop();
    if (here === undefined) continue;
    if (isWord(token, ...endsOfFrom)) here.inFrom = false;
    const isFrom = isWord(token, 'from') && !here.isFunction && !isWord(before, 'distinct');
    if (isFrom) here.inFrom = true;
    if (isFrom || isWord(token, 'join') || (here.inFrom && isSign(token, ','))) {
      const reference = referenceAt(tokens, index + 1);
      if (reference !== undefined) found.push(reference);
    }
  }
  return found;
}

/** Undefined where a query stands in its place, which is read as well. */
function referenceAt(tokens: readonly Token[], from: number): Reference | undefined {
  let at = from;
  while (isSign(tokens[at], '(') || isWord(tokens[at], 'only', 'lateral')) at++;
  if (isWord(tokens[at], 'select', 'with', 'values')) return undefined;
  const parts: string[] = [];
  const begin = at;
  while (tokens[at]?.kind === 'name') {
    parts.push(tokens[at]?.text ?? '');
    at++;
    if (!isSign(tokens[at], '.')) break;
    at++;
  }
  return { at: begin, parts, isCalled: isSign(tokens[at], '(') };
}

/** The names that WITH gives; each is a table of the schema in its own query, unless that is recursive. */
function commonTables(tokens: readonly Token[]) {
  const isRecursive = tokens.some((token) => isWord(token, 'recursive'));
  return tokens.flatMap((token, index) => {
    if (!isWord(token, 'as')) return [];
    let begin = index + 1;
    while (isWord(tokens[begin], 'not', 'materialized')) begin++;
    if (!isSign(tokens[begin], '(') || !isWord(tokens[begin + 1], 'select', 'with', 'values')) {
      return [];
    }
    const name = tokens[beginOf(tokens, index - 1)];
    const end = endOf(tokens, begin);
    const isRecursiveOrEndsBefore = (at: number) => isRecursive || at > end;
    return name?.kind === 'name' ? [{ name: name.text, isRecursiveOrEndsBefore }] : [];
  });
}

/** The index of the name before its list of columns, where it has one. */
function beginOf(tokens: readonly Token[], last: number): number {
  if (!isSign(tokens[last], ')')) return last;
  let at = last;
  while (at > 0 && !isSign(tokens[at], '(')) at--;
  return at - 1;
}

function endOf(tokens: readonly Token[], begin: number): number {
  let depth = 0;
  for (let at = begin; at < tokens.length; at++) {
    if (isSign(tokens[at], '(')) depth++;
    if (isSign(tokens[at], ')')) depth--;
    if (depth === 0) return at;
  }
  return tokens.length;
}
