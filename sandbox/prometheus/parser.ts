// Parses the PromQL that rules use, the rest is an error; long, because a grammar is read in one piece.
import { parseDurationMs } from '../../src/profile/duration.ts';
import { argumentTypes, type FunctionName, isFunctionName, type ValueType } from './signatures.ts';
import {
  type Aggregation,
  aggregations,
  type BinaryOperator,
  type Expression,
  type Matcher,
  type Matching,
  matches,
  type Selector,
  typeOf,
} from './syntax.ts';
import { parseFailure, type QueryFailure, type Token, tokenize } from './tokens.ts';

const precedence: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '^': 6,
};
const comparisons: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];
const typeNames: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
};
/** The evaluation interval that Prometheus takes when nobody sets one. */
const subqueryStepMsDefault = 60_000;
/** Prometheus knows these, this stand-in does not; an answer that says so saves a search for a typing mistake. */
const unsupportedWords =
  /^(?:topk|bottomk|quantile|count_values|stddev|stdvar|group_left|group_right|atan2)$/;

/** Throws QueryFailure for what is no PromQL or more of it than this stand-in knows. */
export function parsePromql(query: string): Expression {
  const tokens = tokenize(query);
  if (tokens.length === 1) throw parseFailure(query, 0, 'no expression found in input');
  const parser = new Parser(query, tokens);
  const expression = parser.expression(0);
  parser.expectEnd();
  return expression;
}

class Parser {
  readonly #query: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(query: string, tokens: readonly Token[]) {
    this.#query = query;
    this.#tokens = tokens;
  }

  expression(minimum: number): Expression {
    let left = this.#unary();
    for (;;) {
      const token = this.#peek();
      const operator =
        isBinaryOperator(token.text) && token.kind !== 'string' ? token.text : undefined;
      if (operator === undefined || precedence[operator] <= minimum) return left;
      this.#next += 1;
      const bool = comparisons.includes(operator) && this.#take('bool');
      const matching = this.#matching();
      // Only the power groups from the right.
      const right = this.expression(operator === '^' ? precedence['^'] - 1 : precedence[operator]);
      left = this.#binary(
        { kind: 'binary', at: left.at, operator, bool, matching, left, right },
        token,
      );
    }
  }

  expectEnd(): void {
    if (this.#peek().kind !== 'end') throw this.#unexpected();
  }

  #unary(): Expression {
    const token = this.#peek();
    if (token.kind !== 'operator' || (token.text !== '-' && token.text !== '+'))
      return this.#postfix();
    this.#next += 1;
    // Binds looser than the power and tighter than everything else: -2^2 is -4.
    const operand = this.expression(precedence['*']);
    if (typeOf(operand) === 'matrix') {
      const problem =
        'unary expression only allowed on expressions of type scalar or instant vector, got "range vector"';
      throw this.#failure(token.at, problem);
    }
    return token.text === '+' ? operand : { kind: 'negative', at: token.at, operand };
  }

  #postfix(): Expression {
    const parenthesised = this.#peek().kind === 'operator' && this.#peek().text === '(';
    let expression = this.#primary();
    for (;;) {
      const token = this.#peek();
      if (token.text === '@' && token.kind === 'operator') {
        throw this.#failure(token.at, 'the @ modifier is not known to this stand-in');
      }
      if (token.text === '[' && token.kind === 'operator') {
        expression = this.#range(expression, parenthesised);
      } else if (token.text === 'offset' && token.kind === 'word') {
        expression = this.#offset(expression, parenthesised);
      } else return expression;
    }
  }

  #range(expression: Expression, parenthesised: boolean): Expression {
    const opening = this.#expect('[');
    const rangeMs = this.#duration();
    if (this.#take(':')) return this.#subquery(expression, rangeMs);
    this.#expect(']');
    if (expression.kind !== 'selector' || expression.rangeMs !== undefined || parenthesised) {
      throw this.#failure(opening.at, 'ranges only allowed for vector selectors');
    }
    return { ...expression, rangeMs };
  }

  #subquery(operand: Expression, rangeMs: number): Expression {
    const stepMs = this.#peek().text === ']' ? subqueryStepMsDefault : this.#duration();
    this.#expect(']');
    const type = typeOf(operand);
    if (type !== 'vector') {
      const problem = `subquery is only allowed on instant vector, got ${type} instead`;
      throw this.#failure(operand.at, problem);
    }
    return { kind: 'subquery', at: operand.at, operand, rangeMs, stepMs };
  }

  #offset(expression: Expression, parenthesised: boolean): Expression {
    this.#next += 1;
    const offsetMs = (this.#take('-') ? -1 : 1) * this.#duration();
    if ((expression.kind !== 'selector' && expression.kind !== 'subquery') || parenthesised) {
      const problem =
        'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery';
      throw this.#failure(expression.at, problem);
    }
    return { ...expression, offsetMs };
  }

  #primary(): Expression {
    const token = this.#peek();
    if (token.kind === 'operator' && token.text === '(') {
      this.#next += 1;
      const inner = this.expression(0);
      this.#expect(')');
      return { ...inner, at: token.at };
    }
    if (token.kind === 'number') {
      this.#next += 1;
      return { kind: 'number', at: token.at, value: Number(token.text) };
    }
    if (token.kind === 'operator' && token.text === '{') return this.#selector(undefined);
    if (token.kind !== 'word') throw this.#unexpected();
    return this.#word(token);
  }

  #word(token: Token): Expression {
    if (/^(?:nan|[+-]?inf)$/i.test(token.text)) {
      this.#next += 1;
      const value = /nan/i.test(token.text) ? Number.NaN : Number.POSITIVE_INFINITY;
      return { kind: 'number', at: token.at, value };
    }
    const following = this.#tokens[this.#next + 1];
    const aggregation = aggregations.find((each) => each === token.text);
    if (aggregation !== undefined && ['(', 'by', 'without'].includes(following?.text ?? '')) {
      return this.#aggregate(aggregation);
    }
    if (following?.kind === 'operator' && following.text === '(') return this.#call();
    if (isBinaryOperator(token.text) || token.text === 'by' || token.text === 'without') {
      throw this.#unexpected();
    }
    this.#next += 1;
    return this.#selector(token);
  }

  #selector(name: Token | undefined): Selector {
    const at = name?.at ?? this.#peek().at;
    const matchers: Matcher[] = [];
    if (this.#peek().kind === 'operator' && this.#take('{')) {
      while (!this.#take('}')) {
        matchers.push(this.#matcher());
        if (!this.#take(',') && this.#peek().text !== '}') throw this.#unexpected();
      }
    }
    if (name === undefined && matchers.every((matcher) => matches(matcher, ''))) {
      throw this.#failure(at, 'vector selector must contain at least one non-empty matcher');
    }
    return { kind: 'selector', at, name: name?.text, matchers };
  }

  #matcher(): Matcher {
    const label = this.#takeKind('word');
    const operator = (['=', '!=', '=~', '!~'] as const).find((each) => this.#take(each));
    if (operator === undefined) throw this.#unexpected();
    const value = this.#takeKind('string');
    const matcher = { label: label.text, operator, value: value.text };
    return operator === '=' || operator === '!='
      ? matcher
      : { ...matcher, pattern: this.#pattern(value) };
  }

  /** Prometheus' patterns have no looking around and no references back; accepting them would hide a mistake. */
  #pattern({ text, at }: Token): RegExp {
    try {
      if (/\(\?[=!<]|\\[1-9k]/.test(text))
        throw new SyntaxError('invalid or unsupported Perl syntax');
      return new RegExp(`^(?:${text})$`);
    } catch (error) {
      const problem = error instanceof Error ? error.message : 'invalid pattern';
      throw this.#failure(at, `error parsing regexp: ${problem}`);
    }
  }

  #call(): Expression {
    const token = this.#takeKind('word');
    if (unsupportedWords.test(token.text)) {
      throw this.#failure(token.at, `"${token.text}" is not known to this stand-in`);
    }
    const name = token.text;
    if (!isFunctionName(name))
      throw this.#failure(token.at, `unknown function with name "${name}"`);
    this.#expect('(');
    const args: Expression[] = [];
    while (!this.#take(')')) {
      args.push(this.expression(0));
      if (!this.#take(',') && this.#peek().text !== ')') throw this.#unexpected();
    }
    this.#checkArguments(token, name, args);
    return { kind: 'call', at: token.at, name, args };
  }

  #checkArguments(token: Token, name: FunctionName, args: readonly Expression[]): void {
    const { required, optional } = argumentTypes(name);
    const most = required.length + optional.length;
    if (args.length < required.length || args.length > most) {
      const bound = optional.length === 0 ? '' : args.length > most ? 'at most ' : 'at least ';
      const count = args.length > most ? most : required.length;
      const problem = `expected ${bound}${count} argument(s) in call to "${name}", got ${args.length}`;
      throw this.#failure(token.at, problem);
    }
    for (const [index, argument] of args.entries()) {
      const expected = [...required, ...optional][index];
      const got = typeOf(argument);
      if (expected === undefined || got === expected) continue;
      const problem = `expected type ${typeNames[expected]} in call to function "${name}", got ${typeNames[got]}`;
      throw this.#failure(argument.at, problem);
    }
  }

  #aggregate(operator: Aggregation): Expression {
    const { at } = this.#takeKind('word');
    let grouping = this.#grouping();
    this.#expect('(');
    const operand = this.expression(0);
    this.#expect(')');
    grouping ??= this.#grouping();
    if (typeOf(operand) !== 'vector') {
      const got = typeNames[typeOf(operand)];
      throw this.#failure(
        operand.at,
        `expected type instant vector in aggregation expression, got ${got}`,
      );
    }
    return {
      kind: 'aggregate',
      at,
      operator,
      ...(grouping ?? { labels: [], without: false }),
      operand,
    };
  }

  #grouping(): { labels: readonly string[]; without: boolean } | undefined {
    const without = this.#take('without');
    if (!without && !this.#take('by')) return undefined;
    return { without, labels: this.#labels() };
  }

  #matching(): Matching {
    const on = this.#take('on');
    const labels = on || this.#take('ignoring') ? this.#labels() : [];
    if (unsupportedWords.test(this.#peek().text)) {
      throw this.#failure(this.#peek().at, `"${this.#peek().text}" is not known to this stand-in`);
    }
    return { on, labels };
  }

  #labels(): readonly string[] {
    const labels: string[] = [];
    this.#expect('(');
    while (!this.#take(')')) {
      labels.push(this.#takeKind('word').text);
      if (!this.#take(',') && this.#peek().text !== ')') throw this.#unexpected();
    }
    return labels;
  }

  #binary(expression: Extract<Expression, { kind: 'binary' }>, operator: Token): Expression {
    const types = [typeOf(expression.left), typeOf(expression.right)];
    if (types.includes('matrix')) {
      const problem = 'binary expression must contain only scalar and instant vector types';
      throw this.#failure(expression.at, problem);
    }
    const scalars = types.filter((type) => type === 'scalar').length;
    if (scalars > 0 && ['and', 'or', 'unless'].includes(operator.text)) {
      const problem = `set operator "${operator.text}" not allowed in binary scalar expression`;
      throw this.#failure(expression.at, problem);
    }
    if (scalars === 2 && comparisons.includes(operator.text) && !expression.bool) {
      throw this.#failure(operator.at, 'comparisons between scalars must use BOOL modifier');
    }
    return expression;
  }

  #duration(): number {
    const token = this.#takeKind('duration');
    const ms = parseDurationMs(token.text);
    if (ms === undefined)
      throw this.#failure(token.at, `not a valid duration string: "${token.text}"`);
    if (ms === 0) throw this.#failure(token.at, 'duration must be greater than 0');
    return ms;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: this.#query.length };
  }

  #take(text: string): boolean {
    const token = this.#peek();
    if (token.text !== text || token.kind === 'string') return false;
    this.#next += 1;
    return true;
  }

  #takeKind(kind: Token['kind']): Token {
    const token = this.#peek();
    if (token.kind !== kind) throw this.#unexpected();
    this.#next += 1;
    return token;
  }

  #expect(text: string): Token {
    const token = this.#peek();
    if (!this.#take(text)) throw this.#unexpected();
    return token;
  }

  #unexpected(): QueryFailure {
    const token = this.#peek();
    if (token.kind === 'end') return this.#failure(token.at, 'unexpected end of input');
    const names = {
      word: 'identifier ',
      number: 'number ',
      string: 'string ',
      duration: 'duration ',
    };
    const what = token.kind === 'operator' ? '' : names[token.kind];
    return this.#failure(token.at, `unexpected ${what}"${token.text}"`);
  }

  #failure(at: number, problem: string): QueryFailure {
    return parseFailure(this.#query, at, problem);
  }
}

function isBinaryOperator(text: string): text is BinaryOperator {
  return Object.hasOwn(precedence, text);
}
