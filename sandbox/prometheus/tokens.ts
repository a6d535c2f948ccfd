// Splits PromQL into tokens and knows where each one stands, because Prometheus names the place of every mistake.

export type TokenKind = 'number' | 'duration' | 'string' | 'word' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** What it means: for a string without quotes and escapes. */
  readonly text: string;
  /** Offset in the query, from 0. */
  readonly at: number;
}

/** A query that Prometheus answers with an error instead of a value. */
export class QueryFailure extends Error {
  readonly errorType: 'bad_data' | 'execution';

  constructor(message: string, errorType: 'bad_data' | 'execution' = 'bad_data') {
    super(message);
    this.name = 'QueryFailure';
    this.errorType = errorType;
  }
}

/** A mistake in the text, at line and column as Prometheus counts them. */
export function parseFailure(query: string, at: number, problem: string): QueryFailure {
  const before = query.slice(0, at).split('\n');
  return new QueryFailure(
    `${before.length}:${(before.at(-1) ?? '').length + 1}: parse error: ${problem}`,
  );
}

const blank = /(?:\s+|#[^\n]*)+/y;
const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![\w.])/y],
  ['number', /0[xX][\da-fA-F]+(?!\w)|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y],
  ['word', /[A-Za-z_:][\w:]*/y],
  ['operator', /==|!=|=~|!~|<=|>=|[-+*/%^<>=(){}[\],:@]/y],
];
const openers: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };
const bracketNames: Readonly<Record<string, string>> = {
  '(': 'left parenthesis',
  '{': 'left brace',
  '[': 'left bracket',
};

/** Throws QueryFailure at the first thing that is no token, and at brackets that do not match. */
export function tokenize(query: string): readonly Token[] {
  const tokens: Token[] = [];
  const open: Token[] = [];
  let at = 0;
  for (;;) {
    blank.lastIndex = at;
    at += blank.exec(query)?.[0].length ?? 0;
    if (at >= query.length) break;
    const token = readToken(query, at, open.at(-1)?.text === '[');
    at = token.end;
    tokens.push(token);
    if (token.kind === 'operator') balance(query, token, open);
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    const problem = unclosedProblem(unclosed, tokens.at(-1) === unclosed);
    throw parseFailure(query, query.length, problem);
  }
  tokens.push({ kind: 'end', text: '', at: query.length });
  return tokens;
}

/** Inside of square brackets a colon stands between range and step; elsewhere names may begin with one. */
function readToken(query: string, at: number, inRange: boolean): Token & { readonly end: number } {
  const first = query[at] ?? '';
  if (inRange && first === ':') return { kind: 'operator', text: ':', at, end: at + 1 };
  if (`"'\``.includes(first)) return readString(query, at);
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const text = pattern.exec(query)?.[0];
    if (text !== undefined) return { kind, text, at, end: at + text.length };
  }
  if (/[\d.]/.test(first)) {
    const word = /^[\w.]+/.exec(query.slice(at))?.[0] ?? first;
    throw parseFailure(query, at, `bad number or duration syntax: "${word}"`);
  }
  throw parseFailure(query, at, `unexpected character: '${first}'`);
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

function readString(query: string, at: number): Token & { readonly end: number } {
  const quote = query[at] ?? '';
  let text = '';
  for (let index = at + 1; index < query.length; index += 1) {
    const character = query[index] ?? '';
    if (character === quote) return { kind: 'string', text, at, end: index + 1 };
    if (character === '\n' && quote !== '`') break;
    if (character !== '\\' || quote === '`') {
      text += character;
      continue;
    }
    index += 1;
    const escaped = escapes[query[index] ?? ''];
    if (escaped === undefined) throw parseFailure(query, at, 'unknown escape sequence in string');
    text += escaped;
  }
  throw parseFailure(query, at, 'unterminated quoted string');
}

function balance(query: string, token: Token, open: Token[]): void {
  if (openers[token.text] !== undefined) {
    open.push(token);
    return;
  }
  const expected = Object.keys(openers).find((opener) => openers[opener] === token.text);
  if (expected === undefined) return;
  if (open.pop()?.text === expected) return;
  if (token.text === '}') throw parseFailure(query, token.at, "unexpected character: '}'");
  // Prometheus points behind a parenthesis, but at a bracket.
  const at = token.text === ')' ? token.at + 1 : token.at;
  const name = bracketNames[expected]?.replace('left', 'right') ?? '';
  throw parseFailure(query, at, `unexpected ${name} '${token.text}'`);
}

function unclosedProblem({ text }: Token, isLast: boolean): string {
  if (text === '{') return 'unexpected end of input inside braces';
  if (text === '[' && isLast) return 'missing unit character in duration';
  return `unclosed ${bracketNames[text]}`;
}
