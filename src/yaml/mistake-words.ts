// Turns a schema's issues into plain words, because the reader of a mistake wrote YAML and not TypeScript.
import { z } from 'zod';

export type Issue = z.core.$ZodIssue;

/** Values longer than this are cut in a message. */
const SHOWN_MAX = 40;

/** The names of types as people who write YAML know them. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

/**
 * Given to zod as its error map: for an unknown key the message becomes the keys that are known, one a line, because
 * only here the schema is at hand; all other issues keep zod's own words.
 */
export function tellKnownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const schema: unknown = issue.inst;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).join('\n') : '';
}

/** One sentence for one issue; `value` is what stands in the file. */
export function mistakeWords(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords(issue.expected, issue.path, value);
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}, found ${shown(value)}`;
    case 'too_small':
      return `expected ${sizeWords(issue.origin, 'at least', issue.minimum)}, found ${shown(value)}`;
    case 'too_big':
      return `expected ${sizeWords(issue.origin, 'at most', issue.maximum)}, found ${shown(value)}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    case 'invalid_union':
      return unionWords(issue, value);
    case 'custom':
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      break;
  }
  return issue.message;
}

function typeWords(expected: string, path: readonly PropertyKey[], value: unknown): string {
  if (value === undefined) return `"${String(path.at(-1) ?? 'the document')}" is missing`;
  return `expected ${TYPE_WORDS[expected] ?? expected}, found ${shown(value)}`;
}

function sizeWords(origin: string, bound: string, size: number | bigint): string {
  if (origin === 'string') return `${bound} ${size} characters`;
  if (origin === 'array') return `${bound} ${size} entries`;
  return `${bound} ${size}`;
}

function unionWords(issue: Issue & { code: 'invalid_union' }, value: unknown): string {
  if ('options' in issue && Array.isArray(issue.options) && issue.options.length > 0) {
    const found = value === undefined ? 'nothing' : shown(value);
    return `expected ${oneOf(issue.options)}, found ${found}`;
  }
  return value === undefined ? `"${String(issue.path.at(-1))}" is missing` : issue.message;
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map((value) => String(value));
  return words.length === 1
    ? (words[0] ?? '')
    : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** A value as it may stand in a message: short, and groups and lists by kind only. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of keys';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? 'something else';
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text;
}
