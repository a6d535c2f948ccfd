// Evaluates the formulas of a profile: arithmetic over named numbers and nothing else, whoever wrote the file.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import type { TextRange } from '../yaml/parse-yaml.ts';
import { ceilTolerant, floorTolerant } from './rounding.ts';

/** A checked formula; evaluating it cannot loop, reach outside or answer anything but a finite number. */
export interface Formula {
  readonly source: string;
  /** The inputs it uses, sorted. */
  readonly names: readonly string[];
  evaluate(values: Readonly<Record<string, number>>): Evaluated;
}

type Evaluated =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly because: string };

export type CompiledFormula =
  | { readonly ok: true; readonly formula: Formula }
  | { readonly ok: false; readonly message: string; readonly range: TextRange };

/** The longest formula in the guides has about 120 characters. */
const SOURCE_CHARACTERS_MAX = 2000;

/** Bounds on what is parsed; with no loops in the language they bound the evaluation too. */
const LIMITS = {
  maxAstNodes: 300,
  maxDepth: 32,
  maxListElements: 100,
  maxMapEntries: 100,
  maxCallArguments: 8,
} as const;

/** `max` and `min` take this many numbers; the language has no functions of any number of arguments. */
const MANY_MAX = 6;

const FUNCTIONS: ReadonlySet<string> = new Set(['ceil', 'floor', 'round', 'max', 'min', 'step']);

/** A formula that breaks a rule of ours; `range` is where. */
class FormulaMistake extends Error {
  readonly range: TextRange;

  constructor(message: string, range: TextRange) {
    super(message);
    this.name = 'FormulaMistake';
    this.range = range;
  }
}

/** A table without a row for a value; the message is for people. */
class BeyondTable extends Error {}

const functionsOnly = (() => {
  const environment = new Environment({ limits: LIMITS });
  environment.registerFunction('ceil(double): double', ceilTolerant);
  environment.registerFunction('floor(double): double', floorTolerant);
  environment.registerFunction('round(double): double', (value: number) => Math.round(value) + 0);
  for (let count = 1; count <= MANY_MAX; count += 1) {
    const parameters = Array.from({ length: count }, () => 'double').join(', ');
    environment.registerFunction(`max(${parameters}): double`, Math.max);
    environment.registerFunction(`min(${parameters}): double`, Math.min);
  }
  environment.registerFunction('step(double, map<int, double>): double', stepLookup);
  return environment;
})();

/** `step(x, {10: 4, 50: 8})`: the first row whose key is not below x (the guides' "next row up"); above the last row it is an error. */
function stepLookup(value: number, rows: Readonly<Record<string, number>>): number {
  const keys = Object.keys(rows)
    .map(Number)
    .toSorted((a, b) => a - b);
  const key = keys.find((candidate) => candidate >= value);
  const found = key === undefined ? undefined : rows[String(key)];
  if (found !== undefined) return found;
  throw new BeyondTable(
    `${value} is beyond the last row of its table, ${keys.at(-1) ?? 'which is empty'}`,
  );
}

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

/**
 * Checks a formula against the names it may use. All numbers are doubles, so 7 / 2 is 3.5.
 * The range of a mistake counts characters from the formula's start.
 */
export function compileFormula(source: string, variables: Iterable<string>): CompiledFormula {
  const whole = { start: 0, end: source.length };
  if (source.length > SOURCE_CHARACTERS_MAX) {
    return {
      ok: false,
      message: `a formula has at most ${SOURCE_CHARACTERS_MAX} characters`,
      range: whole,
    };
  }
  try {
    const environment = functionsOnly.clone();
    for (const name of variables) environment.registerVariable(name, 'double');
    const program = environment.parse(source);
    const names = new Set<string>();
    audit(program.ast, names, false);
    const { valid, type, error } = program.check();
    if (!valid) {
      return {
        ok: false,
        message: plain(error?.summary ?? 'not a formula'),
        range: error?.range ?? whole,
      };
    }
    if (type !== 'double') {
      return { ok: false, message: `the result is ${typeWord(type)}, not a number`, range: whole };
    }
    return { ok: true, formula: formulaOf(source, [...names].toSorted(), program) };
  } catch (error) {
    const { message, range } = mistakeOf(error);
    return { ok: false, message, range: range ?? whole };
  }
}

function formulaOf(
  source: string,
  names: readonly string[],
  program: (context: Record<string, number>) => unknown,
): Formula {
  return {
    source,
    names,
    evaluate(values) {
      const context: Record<string, number> = Object.create(null);
      for (const name of names) {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        if (value === undefined) return { ok: false, because: `${name} is not known` };
        if (!Number.isFinite(value))
          return { ok: false, because: `${name} is not a finite number` };
        context[name] = value;
      }
      try {
        const result = program(context);
        return typeof result === 'number' && Number.isFinite(result)
          ? { ok: true, value: result + 0 }
          : { ok: false, because: `"${source}" does not give a finite number here` };
      } catch (error) {
        return { ok: false, because: mistakeOf(error).message };
      }
    },
  };
}

/** Walks the whole tree: refuses what is not on the list, makes every whole number a double, and collects the names. */
function audit(node: ASTNode, names: Set<string>, isKey: boolean): void {
  switch (node.op) {
    case 'value':
      promote(node, isKey);
      return;
    case 'id':
      names.add(node.args);
      return;
    case 'call': {
      const [name, args] = node.args;
      if (!FUNCTIONS.has(name))
        throw new FormulaMistake(`"${name}" is no function here`, node.range);
      for (const argument of args) audit(argument, names, false);
      return;
    }
    case 'list':
      for (const element of node.args) audit(element, names, false);
      return;
    case 'map':
      auditMap(node.args, names);
      return;
    case '[]':
      audit(node.args[0], names, false);
      audit(node.args[1], names, true);
      return;
    case '!_':
    case '-_':
      audit(node.args, names, isKey);
      return;
    case '?:':
    case '||':
    case '&&':
    case '!=':
    case '==':
    case 'in':
    case '+':
    case '-':
    case '*':
    case '/':
    case '<':
    case '<=':
    case '>':
    case '>=':
      for (const operand of node.args) audit(operand, names, false);
      return;
    case '%':
    case '.':
    case '.?':
    case '[?]':
    case 'rcall':
      throw new FormulaMistake(
        'only arithmetic, comparisons and the functions of formulas are allowed',
        node.range,
      );
  }
}

function auditMap(rows: readonly (readonly [ASTNode, ASTNode])[], names: Set<string>): void {
  const seen = new Set<string>();
  for (const [key, value] of rows) {
    audit(key, names, true);
    if (key.op !== 'value')
      throw new FormulaMistake('the key of a row must be a plain number or text', key.range);
    const text = String(key.args);
    if (seen.has(text)) throw new FormulaMistake(`there are two rows for ${text}`, key.range);
    seen.add(text);
    audit(value, names, false);
  }
}

/** Keys of tables stay whole numbers; all else becomes a double, because 7 / 2 is 3 between the language's integers. */
function promote(node: ASTNode & { op: 'value' }, isKey: boolean): void {
  const value = node.args;
  if (typeof value === 'bigint') {
    if (isKey) return;
    // The tree is typed readonly; writing to it is what the pinned version is pinned for, and a property test watches it.
    (node as { args: unknown }).args = Number(value);
    return;
  }
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return;
  throw new FormulaMistake(
    'only numbers, texts, true and false can stand in a formula',
    node.range,
  );
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
