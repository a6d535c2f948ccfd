// Compiles and runs the expressions of admission policies, with the words the API server has for mistakes in them.
import {
  type ASTNode,
  TypeError as CelTypeError,
  type Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js';
import { kubernetesLanguage } from './cel-language.ts';

/** What an expression must come to. */
export type CelType = 'bool' | 'string' | 'any';

/** What an expression may name. */
export interface Scope {
  readonly hasParams: boolean;
  /** Variables of the policy that stand before the expression. */
  readonly variables: readonly string[];
}

/** An expression ready to run. Running it throws an Error with the message the server gives. */
export type Program = (context: Readonly<Record<string, unknown>>) => unknown;

/** An expression that compiles, or why it does not. */
export type Compiled =
  | { readonly program: Program; readonly mistake?: never }
  | { readonly mistake: string; readonly program?: never };

function environment(hasParams: boolean): Environment {
  const language = kubernetesLanguage();
  const names = ['object', 'oldObject', 'request', 'namespaceObject', 'variables'];
  for (const name of hasParams ? [...names, 'params'] : names)
    language.registerVariable(name, 'dyn');
  return language;
}

const languages = { withParams: environment(true), withoutParams: environment(false) };

const requestFields = new Set([
  'kind',
  'resource',
  'subResource',
  'requestKind',
  'requestResource',
  'requestSubResource',
  'name',
  'namespace',
  'operation',
  'userInfo',
  'dryRun',
  'options',
]);

/** The parser's own list of what may stand where an operand is missing. */
const operands =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** A mistake with its place, as the server prints it. */
function atPlace(expression: string, position: number, because: string): string {
  const before = expression.slice(0, position).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  return `compilation failed: ERROR: <input>:${before.length}:${column + 1}: ${because}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

function syntaxMistake(expression: string, error: ParseError): string {
  const start = error.range?.start ?? 0;
  const atEnd = expression.slice(start).trim() === '';
  // The library does not say what could have stood there; at an end it was an operand.
  const because = atEnd
    ? `mismatched input '<EOF>' expecting ${operands}`
    : `${error.summary.charAt(0).toLowerCase()}${error.summary.slice(1)}`;
  return atPlace(expression, start, `Syntax error: ${because}`);
}

function typeMistake(expression: string, error: CelTypeError | EvaluationError): string {
  const start = error.range?.start ?? 0;
  const { summary } = error;
  const unknown = /^Unknown variable: (.+)$/.exec(summary)?.[1];
  if (unknown !== undefined) {
    return atPlace(expression, start, `undeclared reference to '${unknown}' (in container '')`);
  }
  const [, left, operator, right] = /^no such overload: (.+) (\S+) (.+)$/.exec(summary) ?? [];
  if (operator !== undefined) {
    const at = expression.indexOf(operator, start);
    const because = `found no matching overload for '_${operator}_' applied to '(${left}, ${right})'`;
    return atPlace(expression, at < 0 ? start : at, because);
  }
  const call = /^found no matching overload for '(?:[^.(]+\.)*([^.(]+)\(/.exec(summary)?.[1];
  const at = call === undefined ? -1 : expression.indexOf(`${call}(`, start);
  return atPlace(expression, at < 0 ? start : at + (call?.length ?? 0), summary);
}

/** The children of a node, whatever it is. */
function childrenOf({ args }: ASTNode): ASTNode[] {
  const isNode = (value: unknown): value is ASTNode =>
    typeof value === 'object' && value !== null && 'op' in value && 'range' in value;
  const flat = (value: unknown): ASTNode[] => {
    if (isNode(value)) return [value];
    return Array.isArray(value) ? value.flatMap(flat) : [];
  };
  return flat(args);
}

/** A place in an expression and what is wrong there. */
interface Mistake {
  readonly because: string;
  readonly at: number;
}

function undefinedField(node: ASTNode, scope: Scope): Mistake | undefined {
  if (node.op !== '.') return undefined;
  const [owner, name] = node.args;
  const isUnknown =
    owner.op === 'id' &&
    ((owner.args === 'request' && !requestFields.has(name)) ||
      (owner.args === 'variables' && !scope.variables.includes(name)));
  return isUnknown ? { because: `undefined field '${name}'`, at: owner.range.end } : undefined;
}

const literalTypes: Readonly<Record<string, string>> = {
  bigint: 'int',
  number: 'double',
  boolean: 'bool',
};

/** Lists of values of several types; the library is told to let them pass, see the language. */
function mixedList(node: ASTNode): Mistake | undefined {
  if (node.op !== 'list') return undefined;
  const literals = node.args.flatMap((item) => {
    if (item.op !== 'value' || item.args === null) return [];
    return [{ type: literalTypes[typeof item.args] ?? typeof item.args, at: item.range.start }];
  });
  const [first] = literals;
  const other = literals.find(({ type }) => type !== first?.type);
  if (first === undefined || other === undefined) return undefined;
  return { because: `expected type '${first.type}' but found '${other.type}'`, at: other.at };
}

/** The first mistake that the library does not look for. */
function ownMistake(node: ASTNode, scope: Scope): Mistake | undefined {
  const here = undefinedField(node, scope) ?? mixedList(node);
  if (here !== undefined) return here;
  for (const child of childrenOf(node)) {
    const found = ownMistake(child, scope);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the server says about an expression that failed while it ran. */
function runMistake(error: unknown): Error {
  if (!(error instanceof EvaluationError || error instanceof CelTypeError)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const { summary } = error;
  const index = /index out of bounds, index (-?\d+)/.exec(summary)?.[1];
  if (index !== undefined) return new Error(`index out of bounds: ${index}`);
  const words = summary.replace(/^No such key/, 'no such key');
  return new Error(words.startsWith('no such overload') ? 'no such overload' : words);
}

/** Compiles an expression. What is wrong with it comes back as text, the way the server puts it. */
export function compile(expression: string, returns: CelType, scope: Scope): Compiled {
  const language = scope.hasParams ? languages.withParams : languages.withoutParams;
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = language.parse(expression);
  } catch (error) {
    if (error instanceof ParseError) return { mistake: syntaxMistake(expression, error) };
    throw error;
  }
  const own = ownMistake(parsed.ast, scope);
  if (own !== undefined) return { mistake: atPlace(expression, own.at, own.because) };
  const checked = parsed.check();
  if (!checked.valid) {
    const { error } = checked;
    if (error instanceof ParseError) return { mistake: syntaxMistake(expression, error) };
    if (error === undefined) return { mistake: 'compilation failed' };
    return { mistake: typeMistake(expression, error) };
  }
  if (returns !== 'any' && checked.type !== returns)
    return { mistake: `must evaluate to ${returns}` };
  return {
    program: (context) => {
      try {
        const value: unknown = parsed(context);
        return value;
      } catch (error) {
        throw runMistake(error);
      }
    },
  };
}
