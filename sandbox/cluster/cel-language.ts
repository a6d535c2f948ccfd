// The expression language as Kubernetes extends it: quantities, lists, texts and patterns beside what every CEL has.
import { Environment, type Optional } from '@marcbachmann/cel-js';
import type { Json } from './json.ts';
import { isList, isObject } from './json.ts';
import { quantityNanos, quantityRule } from './quantity.ts';

/** A JSON value as expressions see it: whole numbers are integers. */
export function celValue(value: Json | undefined): unknown {
  if (value === undefined) return null;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (isList(value)) return value.map(celValue);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, celValue(item)]));
}

function sameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => sameValue(item, other[index]));
  }
  if (typeof one !== 'object' || typeof other !== 'object') return false;
  if (one === null || other === null) return false;
  const theirs = new Map<string, unknown>(Object.entries(other));
  const own: [string, unknown][] = Object.entries(one);
  return (
    own.length === theirs.size &&
    own.every(([key, item]) => theirs.has(key) && sameValue(item, theirs.get(key)))
  );
}

const sameOptional = (one: Optional, other: Optional) =>
  one.hasValue() === other.hasValue() && (!one.hasValue() || sameValue(one.value(), other.value()));

/** An amount such as `500m` or `1Gi`, in billionths. */
class Quantity {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }

  static parse(written: string): Quantity {
    const nanos = quantityNanos(written);
    if (nanos === undefined) throw new Error(quantityRule);
    return new Quantity(nanos);
  }
}

const one = 1_000_000_000n;
const sign = (value: bigint) => BigInt(Math.sign(Number(value)));

function addQuantities(language: Environment): void {
  language
    .registerType('Quantity', { ctor: Quantity, fields: {} })
    .registerOperator('Quantity == Quantity', (a: Quantity, b: Quantity) => a.nanos === b.nanos)
    .registerFunction('quantity(string): Quantity', (written: string) => Quantity.parse(written))
    .registerFunction(
      'isQuantity(string): bool',
      (text: string) => quantityNanos(text) !== undefined,
    )
    .registerFunction(
      'Quantity.isGreaterThan(Quantity): bool',
      (a: Quantity, b: Quantity) => a.nanos > b.nanos,
    )
    .registerFunction(
      'Quantity.isLessThan(Quantity): bool',
      (a: Quantity, b: Quantity) => a.nanos < b.nanos,
    )
    .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
      sign(a.nanos - b.nanos),
    )
    .registerFunction('Quantity.sign(): int', (a: Quantity) => sign(a.nanos))
    .registerFunction('Quantity.isInteger(): bool', (a: Quantity) => a.nanos % one === 0n)
    .registerFunction('Quantity.asInteger(): int', (a: Quantity) => {
      if (a.nanos % one === 0n) return a.nanos / one;
      throw new Error('cannot convert value to integer');
    })
    .registerFunction(
      'Quantity.asApproximateFloat(): double',
      (a: Quantity) => Number(a.nanos) / Number(one),
    )
    .registerFunction(
      'Quantity.add(Quantity): Quantity',
      (a: Quantity, b: Quantity) => new Quantity(a.nanos + b.nanos),
    )
    .registerFunction(
      'Quantity.add(int): Quantity',
      (a: Quantity, b: bigint) => new Quantity(a.nanos + b * one),
    )
    .registerFunction(
      'Quantity.sub(Quantity): Quantity',
      (a: Quantity, b: Quantity) => new Quantity(a.nanos - b.nanos),
    )
    .registerFunction(
      'Quantity.sub(int): Quantity',
      (a: Quantity, b: bigint) => new Quantity(a.nanos - b * one),
    );
}

type Ordered = bigint | number | string;

function extreme(
  items: readonly Ordered[],
  better: (a: Ordered, b: Ordered) => boolean,
  name: string,
): Ordered {
  const [first, ...rest] = items;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, item) => (better(item, best) ? item : best), first);
}

function addLists(language: Environment): void {
  language
    .registerFunction('list.isSorted(): bool', (items: readonly Ordered[]) =>
      items.every((item, index) => index === 0 || (items[index - 1] ?? item) <= item),
    )
    .registerFunction('list.sum(): dyn', (items: readonly (bigint | number)[]) =>
      items.some((item) => typeof item === 'number')
        ? items.reduce<number>((sum, item) => sum + Number(item), 0)
        : items.reduce<bigint>((sum, item) => sum + BigInt(item), 0n),
    )
    .registerFunction('list.min(): dyn', (items: readonly Ordered[]) =>
      extreme(items, (a, b) => a < b, 'min'),
    )
    .registerFunction('list.max(): dyn', (items: readonly Ordered[]) =>
      extreme(items, (a, b) => a > b, 'max'),
    )
    .registerFunction('list.indexOf(dyn): int', (items: readonly unknown[], wanted: unknown) =>
      BigInt(items.findIndex((item) => sameValue(item, wanted))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (items: readonly unknown[], wanted: unknown) =>
      BigInt(items.findLastIndex((item) => sameValue(item, wanted))),
    );
}

function addTexts(language: Environment): void {
  const found = (text: string, pattern: string) =>
    [...text.matchAll(new RegExp(pattern, 'gu'))].map(([whole]) => whole);
  language
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
      const [...letters] = text;
      if (at < 0n || at > BigInt(letters.length)) throw new Error(`index out of range: ${at}`);
      return letters[Number(at)] ?? '';
    })
    .registerFunction(
      'string.replace(string, string): string',
      (text: string, from: string, to: string) => text.replaceAll(from, () => to),
    )
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, from: string, to: string, times: bigint) => {
        if (times < 0n) return text.replaceAll(from, () => to);
        let left = text;
        let done = '';
        for (let count = 0n; count < times && left.includes(from); count += 1n) {
          const at = left.indexOf(from);
          done += left.slice(0, at) + to;
          left = left.slice(at + from.length);
        }
        return done + left;
      },
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => found(text, pattern)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', found)
    .registerFunction(
      'string.findAll(string, int): list<string>',
      (text: string, pattern: string, most: bigint) =>
        most < 0n ? found(text, pattern) : found(text, pattern).slice(0, Number(most)),
    )
    .registerFunction('string.format(list): string', format);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries: [string, unknown][] = Object.entries(value);
    return `{${entries.map(([key, item]) => `${key}: ${shown(item)}`).join(', ')}}`;
  }
  return String(value);
}

/** `"%s has %d".format([…])`. */
function format(text: string, values: readonly unknown[]): string {
  let used = 0;
  return text.replaceAll(
    /%(?:\.(\d+))?([%sdfxXob])/g,
    (_whole, digits: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (used >= values.length) throw new Error(`index ${used} out of range`);
      const value = values[used];
      used += 1;
      if (verb === 'f') return Number(value).toFixed(Number(digits ?? 6));
      const base = { x: 16, X: 16, o: 8, b: 2 }[verb];
      if (base === undefined || typeof value !== 'bigint') return shown(value);
      const written = value.toString(base);
      return verb === 'X' ? written.toUpperCase() : written;
    },
  );
}

/** A new environment with what the API server offers to every expression; names are still to be registered. */
export function kubernetesLanguage(): Environment {
  // The library takes a value of unknown type for one more type in a list; the server does not.
  const language = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
  });
  // The library compares everything but optionals.
  language.registerOperator('optional == optional', sameOptional);
  addQuantities(language);
  addLists(language);
  addTexts(language);
  return language;
}
