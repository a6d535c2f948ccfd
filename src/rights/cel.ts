// Pieces of CEL for admission policies: that two values differ in nothing but some keys, and that names are among some.

import type { ObjectName } from './object-name.ts';
import { patternOf } from './object-name.ts';

/** Text as CEL has it: JSON's quotes and escapes are CEL's as well. */
export const celText = (text: string): string => JSON.stringify(text);

const celList = (texts: readonly string[]): string => `[${texts.map(celText).join(', ')}]`;

/** The two maps have the same keys and values, but for the keys that are named. */
export function sameBut(now: string, before: string, keys: readonly string[]): string {
  const but = celList(keys);
  return [
    `${now}.all(k, k in ${but} || (k in ${before} && ${now}[k] == ${before}[k]))`,
    `${before}.all(k, k in ${but} || k in ${now})`,
  ].join(' &&\n');
}

/**
 * The map at a path of an object, or an empty one. It is wrapped in `dyn`, because the server checks types where it
 * knows them and then sees a struct, whose keys cannot be gone through.
 */
export function mapAt(root: string, path: readonly string[]): string {
  const whole = [root, ...path].join('.');
  const parents = path.map((_, index) => [root, ...path.slice(0, index + 1)].join('.'));
  if (parents.length === 0) return `dyn(${whole})`;
  return `${parents.map((parent) => `has(${parent})`).join(' && ')} ? dyn(${whole}) : dyn({})`;
}

/** A text is one of the known names, or has the form of one that is typed in. */
export function isAmong(
  text: string,
  prefix: string,
  names: readonly ObjectName[],
): readonly string[] {
  const known = names.flatMap((name) => (name.kind === 'known' ? [`${prefix}${name.name}`] : []));
  const typed = names.filter(({ kind }) => kind === 'typed').map((name) => patternOf(name));
  return [
    ...(known.length > 0 ? [`${text} in ${celList(known)}`] : []),
    ...typed.map((pattern) => `${text}.matches(${celText(`^${prefix}${pattern}$`)})`),
  ];
}
