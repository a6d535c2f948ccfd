// Reads YAML through a zod schema and reports every mistake with its file, line and column, because people write these files by hand.
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { z } from 'zod';
import { suggestion } from '../words/nearest.ts';
import { type Issue, mistakeWords, tellKnownKeys } from './mistake-words.ts';

/** Something wrong in a file; line and column count from 1. */
export interface Mistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Either the value or all mistakes at once, in the order of the file. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

export type YamlPath = readonly PropertyKey[];

/** A part of a scalar's text, in characters from its start; for pointing into a formula. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Points at places in the file a value came from, so that checks after the schema can say where. */
export interface Places {
  /** A mistake at the value of `path`, or at its nearest existing parent; with `range`, inside that scalar's text. */
  at(path: YamlPath, message: string, range?: TextRange): Mistake;
  /** A mistake at the key itself, the last part of `path`. */
  atKey(path: YamlPath, message: string): Mistake;
}

/** Looks for what a schema cannot see; returns its mistakes. Runs only on a value the schema accepts. */
export type CrossCheck<T> = (value: T, places: Places) => readonly Mistake[];

/** A file larger than this is not one that a person wrote. */
const TEXT_MAX = 1_000_000;

/** Enough mistakes to see the pattern; a file with more of them is another kind of file. */
const MISTAKES_MAX = 50;

/** Formats a mistake the way compilers and editors do: `file:line:column: message`. */
export function formatMistake(mistake: Mistake): string {
  return `${mistake.file}:${mistake.line}:${mistake.column}: ${mistake.message}`;
}

/** Parses one YAML document through `schema`, then through `check`. `file` is only a name for the mistakes. */
export function parseYaml<S extends z.ZodType>(
  schema: S,
  text: string,
  file: string,
  check?: CrossCheck<z.output<S>>,
): Parsed<z.output<S>> {
  if (text.length > TEXT_MAX) {
    const message = `the file has ${text.length} characters, at most ${TEXT_MAX} are read`;
    return { ok: false, mistakes: [{ file, line: 1, column: 1, message }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const places = placesIn(document, lines, text, file);
  const tree = toTree(document, lines, file);
  if (!tree.ok) return tree;

  const result = schema.safeParse(tree.value, { error: tellKnownKeys });
  if (!result.success) {
    return failed(result.error.issues.flatMap((issue) => issueMistakes(issue, tree.value, places)));
  }
  const mistakes = check?.(result.data, places) ?? [];
  return mistakes.length > 0 ? failed(mistakes) : { ok: true, value: result.data };
}

function failed(mistakes: readonly Mistake[]): Parsed<never> {
  const inOrder = mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, mistakes: inOrder.slice(0, MISTAKES_MAX) };
}

/** The document as plain values, or what is wrong with its YAML. */
function toTree(document: Document.Parsed, lines: LineCounter, file: string): Parsed<unknown> {
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    return failed(
      problems.map(({ pos, message }) => {
        const { line, col } = lines.linePos(pos[0]);
        return {
          file,
          line: Math.max(line, 1),
          column: Math.max(col, 1),
          message: plainYamlError(message),
        };
      }),
    );
  }
  try {
    return { ok: true, value: document.toJS() };
  } catch (error) {
    // The only errors left to this step are aliases: unresolved ones and bombs.
    const message =
      error instanceof Error ? plainYamlError(error.message) : 'the aliases cannot be resolved';
    return failed([{ file, line: 1, column: 1, message }]);
  }
}

function plainYamlError(message: string): string {
  const firstLine = message.split('\n', 1)[0] ?? message;
  return `not valid YAML: ${firstLine}`;
}

function issueMistakes(issue: Issue, tree: unknown, places: Places): readonly Mistake[] {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split('\n');
    return issue.keys.map((key) =>
      places.atKey([...issue.path, key], `unknown key "${key}"${suggestion(key, known)}`),
    );
  }
  const inside = issue.code === 'invalid_union' ? mistakesInside(issue) : undefined;
  if (inside !== undefined) return inside.flatMap((each) => issueMistakes(each, tree, places));
  const words = mistakeWords(issue, valueAt(tree, issue.path));
  return [
    issue.code === 'invalid_key' ? places.atKey(issue.path, words) : places.at(issue.path, words),
  ];
}

/** What a schema says of a value that is of another type altogether. */
const otherTypeCodes: readonly string[] = ['invalid_type', 'invalid_union', 'invalid_value'];

/** Where only one of several forms is of the value's own type, that one is meant, and its mistakes are told. */
function mistakesInside(issue: Issue & { code: 'invalid_union' }): readonly Issue[] | undefined {
  const ofItsType = issue.errors.filter((issues) =>
    issues.every(({ code, path }) => path.length > 0 || !otherTypeCodes.includes(code)),
  );
  return ofItsType.length === 1
    ? ofItsType[0]?.map((each) => ({ ...each, path: [...issue.path, ...each.path] }))
    : undefined;
}

function valueAt(tree: unknown, path: YamlPath): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function placesIn(
  document: Document.Parsed,
  lines: LineCounter,
  text: string,
  file: string,
): Places {
  const mistakeAt = (offset: number, message: string): Mistake => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), message };
  };
  return {
    at(path, message, range) {
      const node = nearestNode(document, path);
      const start = node?.range?.[0] ?? 0;
      if (range === undefined) return mistakeAt(start, message);
      const offset = offsetInScalar(node, text, range);
      return offset === undefined ? mistakeAt(start, message) : mistakeAt(offset, message);
    },
    atKey(path, message) {
      const parent = nearestNode(document, path.slice(0, -1));
      const key = isMap(parent) ? keyNode(parent, path.at(-1)) : undefined;
      return mistakeAt((key ?? parent)?.range?.[0] ?? 0, message);
    },
  };
}

/** The node at `path`, or the key of the deepest part that exists: a missing value is best shown at its parent's name. */
function nearestNode(document: Document.Parsed, path: YamlPath): Node | undefined {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const found: unknown =
      depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (!isNode(found) || found.range === undefined || found.range === null) continue;
    if (depth === path.length || depth === 0) return found;
    const parent: unknown =
      depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const key = isMap(parent) ? keyNode(parent, path[depth - 1]) : undefined;
    return key ?? found;
  }
  return undefined;
}

function keyNode(map: YAMLMap, name: PropertyKey | undefined): Node | undefined {
  const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
  return isNode(pair?.key) ? pair.key : undefined;
}

/** Where `range` of a scalar's value is in the file; only known when the text stands there letter by letter. */
function offsetInScalar(
  node: Node | undefined,
  text: string,
  range: TextRange,
): number | undefined {
  if (
    !isScalar(node) ||
    typeof node.value !== 'string' ||
    node.range === undefined ||
    node.range === null
  ) {
    return undefined;
  }
  const from = text.indexOf(node.value, node.range[0]);
  const within = from >= 0 && from + node.value.length <= node.range[1];
  return within ? from + Math.min(range.start, node.value.length) : undefined;
}
