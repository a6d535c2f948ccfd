// The shapes that a parsed query is made of.
import { unreachable } from '../../src/errors.ts';
import type { FunctionName, ValueType } from './signatures.ts';

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  /** For the two operators that compare with a pattern; it matches the whole value. */
  readonly pattern?: RegExp;
}

export interface Selector {
  readonly kind: 'selector';
  readonly at: number;
  readonly name: string | undefined;
  readonly matchers: readonly Matcher[];
  /** Makes it a range vector. */
  readonly rangeMs?: number;
  readonly offsetMs?: number;
}

export const aggregations = ['sum', 'avg', 'min', 'max', 'count', 'group'] as const;
export type Aggregation = (typeof aggregations)[number];
export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetOperator = 'and' | 'or' | 'unless';
export type BinaryOperator = Arithmetic | Comparison | SetOperator;

/** Which labels must agree: only those listed, or all but those. */
export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
}

export type Expression =
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | Selector
  | {
      /** What `operand` was at every step of a time. */
      readonly kind: 'subquery';
      readonly at: number;
      readonly operand: Expression;
      readonly rangeMs: number;
      readonly stepMs: number;
      readonly offsetMs?: number;
    }
  | { readonly kind: 'negative'; readonly at: number; readonly operand: Expression }
  | {
      readonly kind: 'call';
      readonly at: number;
      readonly name: FunctionName;
      readonly args: readonly Expression[];
    }
  | {
      readonly kind: 'aggregate';
      readonly at: number;
      readonly operator: Aggregation;
      /** Labels that make the groups; with `without` all but these. */
      readonly labels: readonly string[];
      readonly without: boolean;
      readonly operand: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly bool: boolean;
      readonly matching: Matching;
      readonly left: Expression;
      readonly right: Expression;
    };

/** The type an expression evaluates to. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'selector':
      return expression.rangeMs === undefined ? 'vector' : 'matrix';
    case 'subquery':
      return 'matrix';
    case 'negative':
      return typeOf(expression.operand);
    case 'call':
      return expression.name === 'time' || expression.name === 'scalar' ? 'scalar' : 'vector';
    case 'aggregate':
      return 'vector';
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar'
        ? 'scalar'
        : 'vector';
    default:
      return unreachable(expression);
  }
}

/** Whether a label's value satisfies the matcher; a label that is not there has the empty value. */
export function matches({ operator, value, pattern }: Matcher, actual: string): boolean {
  switch (operator) {
    case '=':
      return actual === value;
    case '!=':
      return actual !== value;
    case '=~':
      return pattern?.test(actual) === true;
    case '!~':
      return pattern?.test(actual) !== true;
    default:
      return unreachable(operator);
  }
}
