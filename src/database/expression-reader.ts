// Reads small SQL expressions: those of profiles strictly, and those PostgreSQL says of its own objects, with their casts and qualifiers.

import { type CastType, type ColumnTypes, isWide, withoutCast } from './expression-casts.ts';
import { type Token, tokensOf } from './expression-tokens.ts';

/** What an expression holds; nothing else can be written from it. */
export type Expression =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'word'; readonly word: 'true' | 'false' | 'null' }
  | { readonly kind: 'call'; readonly name: string; readonly of: readonly Expression[] }
  /** `count(*)`. */
  | { readonly kind: 'count-rows' }
  | { readonly kind: 'prefix'; readonly sign: 'not' | '-'; readonly of: Expression }
  | {
      readonly kind: 'infix';
      readonly sign: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'is-null'; readonly of: Expression }
  | { readonly kind: 'in'; readonly of: Expression; readonly list: readonly Expression[] };

/** The aggregate functions that may be called; each takes one value. */
export const aggregateFunctions = ['avg', 'min', 'max', 'sum', 'count', 'stddev'] as const;

/** Why a text is no such expression. */
export class NotRead {
  readonly because: string;
  constructor(because: string) {
    this.because = because;
  }
}

/** Whose text it is. PostgreSQL's own may call any function, as nothing is ever written from it. */
export type Dialect = 'profile' | 'server';

const keywords = new Set(['and', 'or', 'not', 'is', 'null', 'in', 'true', 'false', 'any', 'array']);
const comparisons = ['=', '<>', '!=', '<', '<=', '>', '>='];
/** Deeper ones are made to break things. */
const depthMax = 50;

export class ExpressionReader {
  readonly #tokens: readonly Token[];
  readonly #dialect: Dialect;
  readonly #types: ColumnTypes | undefined;
  #at = 0;
  #depth = 0;
  /** Whether something has become a wider number, and whether something is divided. */
  #widens = false;
  #divides = false;

  /** @param types of the columns, where what casts do to them must be known for certain. */
  constructor(tokens: readonly Token[], dialect: Dialect, types?: ColumnTypes) {
    this.#tokens = tokens;
    this.#dialect = dialect;
    this.#types = types;
  }

  /** All of the text as one expression. */
  static whole(text: string, dialect: Dialect, types?: ColumnTypes): Expression | NotRead {
    const tokens = tokensOf(text);
    if (tokens === undefined) {
      return new NotRead('holds a sign that is not allowed in it (docs/databases.md)');
    }
    const reader = new ExpressionReader(tokens, dialect, types);
    try {
      const read = reader.expression();
      // Whole numbers are divided without a rest, wider ones are not.
      if (reader.#widens && reader.#divides) return new NotRead('divides what is cast');
      return reader.isAtEnd() ? read : new NotRead(`cannot be read from ${reader.#here()} on`);
    } catch (error) {
      if (error instanceof NotRead) return error;
      throw error;
    }
  }

  isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** @throws NotRead when it is something else. */
  expression(): Expression {
    this.#depth += 1;
    if (this.#depth > depthMax) throw new NotRead('is nested too deep');
    let left = this.#conjunction();
    while (this.word('or')) left = infix('or', left, this.#conjunction());
    this.#depth -= 1;
    return left;
  }

  #conjunction(): Expression {
    let left = this.#negation();
    while (this.word('and')) left = infix('and', left, this.#negation());
    return left;
  }

  #negation(): Expression {
    return this.word('not') ? negated(this.#negation()) : this.#comparison();
  }

  #comparison(): Expression {
    const left = this.#sum();
    if (this.word('is')) {
      const isNegated = this.word('not');
      if (!this.word('null')) throw new NotRead('has an "is" without "null"');
      return isNegated ? negated({ kind: 'is-null', of: left }) : { kind: 'is-null', of: left };
    }
    const isNegated = this.word('not');
    if (this.word('in')) {
      this.#must('(');
      const list = this.#list(')');
      return isNegated ? negated({ kind: 'in', of: left, list }) : { kind: 'in', of: left, list };
    }
    if (isNegated) throw new NotRead('has a "not" in the wrong place');
    const sign = comparisons.find((each) => this.sign(each));
    if (sign === undefined) return left;
    // `status in ('a', 'b')` is kept as `status = any (array['a', 'b'])`, `not in` as `<> all`.
    if (this.#dialect === 'server') {
      if (sign === '=' && this.word('any')) {
        return { kind: 'in', of: left, list: this.#arrayed() };
      }
      if (sign === '<>' && this.word('all')) {
        return negated({ kind: 'in', of: left, list: this.#arrayed() });
      }
    }
    return infix(sign === '!=' ? '<>' : sign, left, this.#sum());
  }

  #arrayed(): readonly Expression[] {
    this.#must('(');
    const isCast = this.sign('(');
    if (!this.word('array'))
      throw new NotRead('has an "any" or "all" of something else than an array');
    this.#must('[');
    const list = this.#list(']');
    if (isCast) this.#must(')');
    const cast = this.#castsOf(list);
    this.#must(')');
    return cast;
  }

  #sum(): Expression {
    return this.#leftToRight(['+', '-'], () => this.#product());
  }

  #product(): Expression {
    return this.#leftToRight(['*', '/', '%'], () => this.#factor());
  }

  #leftToRight(signs: readonly string[], next: () => Expression): Expression {
    let left = next();
    for (;;) {
      const sign = signs.find((each) => this.sign(each));
      if (sign === undefined) return left;
      if (sign === '/' || sign === '%') this.#divides = true;
      left = infix(sign, left, next());
    }
  }

  #factor(): Expression {
    if (this.sign('-')) {
      const of = this.#factor();
      const isPlain = of.kind === 'number' && !of.text.startsWith('-');
      return isPlain ? { kind: 'number', text: `-${of.text}` } : { kind: 'prefix', sign: '-', of };
    }
    const read = this.#primary();
    return this.#castsOf([read])[0] ?? read;
  }

  #primary(): Expression {
    if (this.sign('(')) {
      const inner = this.expression();
      this.#must(')');
      return inner;
    }
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new NotRead('ends too early');
    if (token.kind === 'sign') throw new NotRead(`cannot be read from ${this.#here()} on`);
    this.#at += 1;
    if (token.kind !== 'name') return { kind: token.kind, text: token.text };
    const { text, quoted } = token;
    if (!quoted && (text === 'true' || text === 'false' || text === 'null')) {
      return { kind: 'word', word: text };
    }
    if (!quoted && keywords.has(text)) throw new NotRead(`has "${text}" in the wrong place`);
    return this.#named(text);
  }

  #named(first: string): Expression {
    let name = first;
    while (this.#dialect === 'server' && this.sign('.')) name = this.name();
    if (!this.sign('(')) return { kind: 'column', name };
    const isKnown = aggregateFunctions.some((each) => each === name);
    if (this.#dialect === 'profile' && !isKnown) {
      throw new NotRead(`calls ${name}, and only ${aggregateFunctions.join(', ')} may be called`);
    }
    if (name === 'count' && this.sign('*')) {
      this.#must(')');
      return { kind: 'count-rows' };
    }
    const of = this.#list(')');
    if (isKnown && of.length !== 1) throw new NotRead(`gives ${name} ${of.length} values, not one`);
    return { kind: 'call', name, of };
  }

  #list(end: string): readonly Expression[] {
    const list = [this.expression()];
    while (this.sign(',')) list.push(this.expression());
    this.#must(end);
    return list;
  }

  /** Casts that change no value are passed over, as no profile says them. */
  #castsOf(all: readonly Expression[]): readonly Expression[] {
    let left = all;
    while (this.#dialect === 'server' && this.sign('::')) {
      const type = this.#castType();
      left = left.map((of) => {
        const without = withoutCast(of, type, this.#types);
        if (without === undefined) throw new NotRead(`has a cast to ${type.name}`);
        const isKnown = of.kind === 'number' || of.kind === 'text';
        if (!isKnown && isWide(type.name) && this.#types !== undefined) this.#widens = true;
        return without;
      });
    }
    return left;
  }

  #castType(): CastType {
    let name = this.name();
    while (this.sign('.')) name = this.name();
    for (const more of ['precision', 'varying', 'with', 'without', 'time', 'zone']) {
      if (this.word(more)) name += ` ${more}`;
    }
    const isBounded = this.sign('(');
    if (isBounded) this.#list(')');
    if (this.sign('[')) this.#must(']');
    return { name, isBounded };
  }

  /** A name that may be anything but a sign. */
  name(): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'name') throw new NotRead('lacks a name');
    this.#at += 1;
    return token.text;
  }

  /** Goes past the word when it is the next. */
  word(word: string): boolean {
    const token = this.#tokens[this.#at];
    const isNext = token?.kind === 'name' && !token.quoted && token.text === word;
    if (isNext) this.#at += 1;
    return isNext;
  }

  /** Goes past the sign when it is the next. */
  sign(sign: string): boolean {
    const token = this.#tokens[this.#at];
    const isNext = token?.kind === 'sign' && token.text === sign;
    if (isNext) this.#at += 1;
    return isNext;
  }

  #must(sign: string): void {
    if (!this.sign(sign)) throw new NotRead(`lacks a "${sign}" before ${this.#here()}`);
  }

  #here(): string {
    const token = this.#tokens[this.#at];
    return token === undefined ? 'its end' : `"${token.text}"`;
  }
}

function infix(sign: string, left: Expression, right: Expression): Expression {
  return { kind: 'infix', sign, left, right };
}

function negated(of: Expression): Expression {
  return { kind: 'prefix', sign: 'not', of };
}
