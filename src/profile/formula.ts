// Evaluates the formulas of a profile: arithmetic over named numbers and nothing else, whoever wrote the file.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import type { TextRange } from '../yaml/parse-yaml.ts';
import { ceilTolerant, floorTolerant } from './rounding.ts';

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
  /** What its parts come to, inner ones first, and the whole last; none when it has no value. */
  trace(values: Values): readonly TracedPart[];
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

/** A part of a formula with what it comes to. */
export interface TracedPart {
  readonly text: string;
  readonly value: number | boolean;
}

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

const FUNCTIONS: ReadonlySet<string> = new Set([
  'ceil',
  'floor',
  'round',
  'max',
  'min',
  'step',
  'linear',
]);

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
  environment.registerFunction('linear(double, map<int, double>): double', linearLookup);
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

/** `linear(x, {10: 3, 25: 5})`: on the straight line between the rows around x; before the first row its value, beyond the last the line of the last two. */
function linearLookup(value: number, rows: Readonly<Record<string, number>>): number {
  const keys = Object.keys(rows)
    .map(Number)
    .toSorted((a, b) => a - b);
  const [first] = keys;
  if (first === undefined) throw new BeyondTable('its table is empty');
  const height = (key: number) => rows[String(key)] ?? Number.NaN;
  if (keys.length === 1 || value <= first) return height(first);
  const after = keys.findIndex((key) => key >= value);
  const right = keys[after === -1 ? keys.length - 1 : after] ?? first;
  const left = keys[(after === -1 ? keys.length - 1 : after) - 1] ?? first;
  return height(left) + ((value - left) / (right - left)) * (height(right) - height(left));
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
    trace: () => [],
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
  return { source, names, evaluate, trace: (values) => traceOf(source, program.ast, values) };
}

/** Texts worth showing: each operation and call that counts, not each name and number. */
function traceOf(source: string, root: ASTNode, values: Values): readonly TracedPart[] {
  const parts = new Map<string, TracedPart>();
  const textOf = (node: ASTNode) => source.slice(node.range.start, node.range.end).trim();
  const visit = (node: ASTNode): void => {
    for (const operand of operandsThatCount(node)) visit(operand);
    const text = textOf(node);
    const value = isOperation(node) || node === root ? valueOf(text, values) : undefined;
    if (value !== undefined) parts.set(text, { text, value });
  };
  const operandsThatCount = (node: ASTNode): readonly ASTNode[] => {
    if (node.op !== '?:') return operandsOf(node);
    const [test, then, otherwise] = node.args;
    const holds = compileCondition(textOf(test)).evaluate(values);
    return [test, ...(holds.ok ? [holds.value ? then : otherwise] : [])];
  };
  visit(root);
  return [...parts.values()];
}

function valueOf(text: string, values: Values): number | boolean | undefined {
  const number = compileFormula(text);
  const result = (number.problem === undefined ? number : compileCondition(text)).evaluate(values);
  return result.ok ? result.value : undefined;
}

function isOperation({ op }: ASTNode): boolean {
  return op !== 'value' && op !== 'id' && op !== 'map' && op !== 'list';
}

/** The parts of a node that are formulas themselves; rows of a table are not. */
function operandsOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'call':
      return node.args[1];
    case '!_':
    case '-_':
      return [node.args];
    case '?:':
    case '||':
    case '&&':
    case '!=':
    case '==':
    case '+':
    case '-':
    case '*':
    case '/':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return node.args;
    case 'value':
    case 'id':
    case 'list':
    case 'map':
    case 'in':
    case '[]':
    case '%':
    case '.':
    case '.?':
    case '[?]':
    case 'rcall':
      return [];
  }
}

/** Walks the whole tree: refuses what is not on the list, makes every whole number a double, and collects the names. */
function audit(node: ASTNode, names: Map<string, TextRange>, isKey: boolean): void {
  switch (node.op) {
    case 'value':
      promote(node, isKey);
      return;
    case 'id':
      if (!names.has(node.args)) names.set(node.args, node.range);
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

function auditMap(
  rows: readonly (readonly [ASTNode, ASTNode])[],
  names: Map<string, TextRange>,
): void {
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
