// Works out the values of a step: numbers, texts with their holes filled, and whole objects; what has no value is collected.
import { formatNumber } from '../profile/amount.ts';
import type { Condition, Formula, Values } from '../profile/formula.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import type { StepTree } from '../profile/schema/step-parts.ts';
import type { Template } from '../profile/template.ts';

/** All that formulas and sentences of a procedure may use, by name. */
export interface Scope {
  readonly numbers: Values;
  readonly texts: Readonly<Record<string, string>>;
}

type StepNumber = number | { readonly formula: Formula };
type StepText = Template | number | boolean | { readonly formula: Formula };

/** An object of a cluster as plain values. */
export type Tree =
  | null
  | boolean
  | number
  | string
  | readonly Tree[]
  | { readonly [key: string]: Tree };

/** Reads values in one scope. What it could not work out stands in `problems` and counts as 0 or as nothing. */
export interface StepValues {
  readonly problems: readonly string[];
  /** Says that something is wrong with a value that could be worked out. */
  readonly reject: (because: string) => void;
  readonly number: (value: StepNumber) => number;
  /** A whole number not below 0, rounded up: of pods, replicas, connections, seconds, Mi. */
  readonly whole: (value: StepNumber) => number;
  readonly text: (value: StepText) => string;
  readonly tree: (value: StepTree, fill: (text: string) => string) => Tree;
  /** False for one that has no value; why is a problem. */
  readonly holds: (condition: Condition) => boolean;
}

/** Values in this scope. */
export function stepValues(scope: Scope): StepValues {
  const problems: string[] = [];
  const evaluated = (formula: Formula): number => {
    const result = formula.evaluate(scope.numbers);
    if (result.ok) return result.value;
    problems.push(`${formula.source}: ${result.because}`);
    return 0;
  };
  const number = (value: StepNumber): number =>
    typeof value === 'number' ? value : evaluated(value.formula);
  const text = (value: StepText): string => {
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'number') return formatNumber(value);
    return 'formula' in value ? formatNumber(evaluated(value.formula)) : filled(value, scope);
  };
  return {
    problems,
    reject: (because) => void problems.push(because),
    number,
    text,
    whole(value) {
      const whole = ceilTolerant(number(value));
      if (whole >= 0 && Number.isSafeInteger(whole)) return whole;
      problems.push(`${sourceOf(value)} is ${formatNumber(whole)}, which is no count`);
      return 0;
    },
    tree: (value, fill) => treeOf(value, { number, text: (each) => fill(filled(each, scope)) }),
    holds(condition) {
      const result = condition.evaluate(scope.numbers);
      if (!result.ok) problems.push(`${condition.source}: ${result.because}`);
      return result.ok && result.value;
    },
  };
}

/** Texts by name, worked out. */
export function textsOf(
  set: Readonly<Record<string, StepText>>,
  values: StepValues,
  fill: (text: string) => string = (text) => text,
): Readonly<Record<string, string>> {
  const filledIn = Object.entries(set).map(([key, value]) => [key, fill(values.text(value))]);
  return Object.fromEntries(filledIn);
}

/** A sentence with numbers and texts in place. */
export function filled({ text, names }: Template, { numbers, texts }: Scope): string {
  if (names.length === 0) return text;
  // One pass, so that a text somebody gave is never searched for holes itself.
  return text.replaceAll(new RegExp(`\\{(${names.join('|')})\\}`, 'g'), (hole, name: string) => {
    const value = numbers[name];
    return texts[name] ?? (value === undefined ? hole : formatNumber(value));
  });
}

function treeOf(
  value: StepTree,
  read: {
    readonly number: (value: { readonly formula: Formula }) => number;
    readonly text: (value: Template) => string;
  },
): Tree {
  if (typeof value !== 'object' || value === null) return value;
  if (isTemplate(value)) return read.text(value);
  if (isComputed(value)) return read.number(value);
  if (Array.isArray(value)) return value.map((each: StepTree) => treeOf(each, read));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, treeOf(each, read)]));
}

function isTemplate(value: object): value is Template {
  return 'withNumbers' in value && typeof value.withNumbers === 'function';
}

function isComputed(value: object): value is { readonly formula: Formula } {
  const inner: unknown = Reflect.get(value, 'formula');
  return typeof inner === 'object' && inner !== null && 'evaluate' in inner;
}

function sourceOf(value: StepNumber): string {
  return typeof value === 'number' ? String(value) : value.formula.source;
}
