// Sentences of a profile with numbers in them, so that a warning can say by how much.
import { formatNumber } from './amount.ts';

/** A sentence with holes for numbers. */
export interface Template {
  readonly text: string;
  /** The names of the numbers it uses, sorted. */
  readonly names: readonly string[];
  /** The sentence with the numbers in place; a number that is not known stays as its name in braces. */
  withNumbers(values: Readonly<Record<string, number>>): string;
}

const HOLE = /\{([a-z][a-z0-9_]*)\}/g;

/** Reads `{name}` as a hole; all other text stays as it is. */
export function parseTemplate(text: string): Template {
  const names = [...new Set([...text.matchAll(HOLE)].map((match) => match[1] ?? ''))].toSorted();
  return {
    text,
    names,
    withNumbers: (values) =>
      text.replaceAll(HOLE, (hole, name: string) => {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        return value === undefined ? hole : formatNumber(value);
      }),
  };
}
