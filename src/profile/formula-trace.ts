// Shows the steps of a formula: what each operation and call in it comes to, for those who do not believe a number.
import type { ASTNode } from '@marcbachmann/cel-js';
import type { TextRange } from '../yaml/parse-yaml.ts';
import { compileCondition, compileFormula, type Formula, type Values } from './formula.ts';
import { functionsOnly } from './formula-language.ts';

/** A part of a formula with what it comes to. */
export interface TracedPart {
  readonly text: string;
  readonly value: number | boolean;
}

/** What the parts of a formula come to, inner ones first and the whole last; of a choice only what was chosen. */
export function traceFormula({ source }: Formula, values: Values): readonly TracedPart[] {
  const root = functionsOnly.parse(source).ast;
  const parts = new Map<string, TracedPart>();
  const textOf = (node: ASTNode) =>
    node === root ? source.trim() : withParentheses(source, node.range);
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

/** The text of a node. Its range leaves out the parentheses around its first and its last operand. */
function withParentheses(source: string, range: TextRange): string {
  let [open, closed] = [0, 0];
  for (const character of source.slice(range.start, range.end)) {
    if (character === '(') open += 1;
    else if (character === ')' && open > 0) open -= 1;
    else if (character === ')') closed += 1;
  }
  let { start, end } = range;
  for (; closed > 0; closed -= 1) start = source.lastIndexOf('(', start - 1);
  for (; open > 0; open -= 1) end = source.indexOf(')', end) + 1;
  return source.slice(start, end).trim();
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
