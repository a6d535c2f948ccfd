// The language of a profile's formulas: which functions and operations there are, and how much of them one formula may hold.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import type { TextRange } from '../yaml/parse-yaml.ts';
import { ceilTolerant, floorTolerant } from './rounding.ts';

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

/** All the functions there are. */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  'ceil',
  'floor',
  'round',
  'max',
  'min',
  'step',
  'linear',
]);

/** A formula that breaks a rule of ours; `range` is where. */
export class FormulaMistake extends Error {
  readonly range: TextRange;

  constructor(message: string, range: TextRange) {
    super(message);
    this.name = 'FormulaMistake';
    this.range = range;
  }
}

/** A table without a row for a value; the message is for people. */
export class BeyondTable extends Error {}

/** Parses formulas; a clone of it knows the names of one. */
export const functionsOnly = (() => {
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

/**
 * Walks the whole tree: makes every whole number a double, and collects the names with the place where each stands first.
 * @throws FormulaMistake for what is not on the list.
 */
export function audit(node: ASTNode, names: Map<string, TextRange>, isKey: boolean): void {
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
