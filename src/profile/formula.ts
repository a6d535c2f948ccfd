// Evaluates the formulas of a profile: arithmetic over named numbers and nothing else, whoever wrote the file.
import type { TextRange } from '../yaml/parse-yaml.ts';
import {
  audit,
  BeyondTable,
  FormulaMistake,
  FUNCTIONS,
  functionsOnly,
} from './formula-language.ts';

/**
 * Arithmetic over named numbers; evaluating it cannot loop, reach outside or answer anything but a finite number or a
 * truth. All numbers are doubles, so 7 / 2 is 3.5.
 */
export interface Expression<T> {
  readonly source: string;
  /** The names it uses, sorted, each with the place where it stands first. */
  readonly names: ReadonlyMap<string, TextRange>;
  /** What keeps it from being one; its range counts characters from the start. A checked profile holds none with a problem. */
  readonly problem?: { readonly message: string; readonly range: TextRange };
  evaluate(values: Values): Evaluated<T>;
}

export type Formula = Expression<number>;
export type Condition = Expression<boolean>;

export type Values = Readonly<Record<string, number>>;

export type Evaluated<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly because: string;
      /** The formula itself is at fault: dividing by zero, say. A table without a row for a value is an answer. */
      readonly notFinite?: true;
    };

/** The longest formula in the guides has about 120 characters. */
const SOURCE_CHARACTERS_MAX = 2000;

/** Whether a name can be an input of formulas: lower-case words joined by underscores, not a word of the language. */
export function isFormulaName(name: string): boolean {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) return false;
  if (FUNCTIONS.has(name) || LANGUAGE_WORDS.has(name) || name in Object.prototype) return false;
  try {
    functionsOnly.clone().registerVariable(name, 'double');
    return true;
  } catch {
    // The language refuses some words itself; to the caller that is simply a "no".
    return false;
  }
}

const LANGUAGE_WORDS: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'in',
  'has',
  'size',
  'cel',
  'dyn',
]);

/** A formula that gives a number. */
export function compileFormula(source: string): Formula {
  return compile(source, 'double', (result): result is number => isFiniteNumber(result));
}

/** A formula that is true or false. */
export function compileCondition(source: string): Condition {
  return compile(source, 'bool', (result): result is boolean => typeof result === 'boolean');
}

type Program = ReturnType<typeof functionsOnly.parse>;

function compile<T extends number | boolean>(
  source: string,
  wanted: 'double' | 'bool',
  isResult: (result: unknown) => result is T,
): Expression<T> {
  const whole = { start: 0, end: source.length };
  const names = new Map<string, TextRange>();
  const broken = (message: string, range: TextRange): Expression<T> => ({
    source,
    names: sortedByName(names),
    problem: { message, range },
    evaluate: () => ({ ok: false, because: message }),
  });
  if (source.length > SOURCE_CHARACTERS_MAX) {
    return broken(`a formula has at most ${SOURCE_CHARACTERS_MAX} characters`, whole);
  }
  try {
    audit(functionsOnly.parse(source).ast, names, false);
    const environment = functionsOnly.clone();
    for (const [name, range] of names) {
      if (!isFormulaName(name)) return broken(`"${name}" cannot be a name in a formula`, range);
      environment.registerVariable(name, 'double');
    }
    const program = environment.parse(source);
    audit(program.ast, names, false);
    const { valid, type, error } = program.check();
    if (!valid) return broken(plain(error?.summary ?? 'not a formula'), error?.range ?? whole);
    if (type !== wanted) {
      const words = wanted === 'bool' ? 'true or false' : 'a number';
      return broken(`the result is ${typeWord(type)}, not ${words}`, whole);
    }
    return expressionOf(source, sortedByName(names), program, isResult);
  } catch (error) {
    const { message, range } = mistakeOf(error);
    return broken(message, range ?? whole);
  }
}

function sortedByName(names: ReadonlyMap<string, TextRange>): ReadonlyMap<string, TextRange> {
  return new Map([...names].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isFiniteNumber(result: unknown): result is number {
  return typeof result === 'number' && Number.isFinite(result);
}

function expressionOf<T extends number | boolean>(
  source: string,
  names: ReadonlyMap<string, TextRange>,
  program: Program,
  isResult: (result: unknown) => result is T,
): Expression<T> {
  const evaluate = (values: Values): Evaluated<T> => {
    const context: Record<string, number> = Object.create(null);
    for (const name of names.keys()) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined) return { ok: false, because: `${name} is not known` };
      if (!Number.isFinite(value)) return { ok: false, because: `${name} is not a finite number` };
      context[name] = value;
    }
    try {
      const result: unknown = program(context);
      if (!isResult(result)) {
        const because = `"${source}" does not give a finite number here`;
        return { ok: false, because, notFinite: true };
      }
      // Minus zero is zero.
      return { ok: true, value: typeof result === 'number' ? ((result + 0) as T) : result };
    } catch (error) {
      return { ok: false, because: mistakeOf(error).message };
    }
  };
  return { source, names, evaluate };
}

function mistakeOf(error: unknown): { readonly message: string; readonly range?: TextRange } {
  if (error instanceof BeyondTable) return { message: error.message };
  if (error instanceof FormulaMistake) return { message: error.message, range: error.range };
  if (error instanceof Error && 'summary' in error && typeof error.summary === 'string') {
    const range = 'range' in error ? asRange(error.range) : undefined;
    return { message: plain(error.summary), ...(range === undefined ? {} : { range }) };
  }
  return { message: 'not a formula' };
}

function asRange(range: unknown): TextRange | undefined {
  if (typeof range !== 'object' || range === null || !('start' in range) || !('end' in range))
    return undefined;
  const { start, end } = range;
  return typeof start === 'number' && typeof end === 'number' ? { start, end } : undefined;
}

function plain(summary: string): string {
  return summary.charAt(0).toLowerCase() + summary.slice(1).replaceAll('double', 'number');
}

function typeWord(type: string | undefined): string {
  if (type === 'bool') return 'true or false';
  return type === 'string' ? 'text' : `a ${(type ?? 'thing').replaceAll('double', 'number')}`;
}
