// Writes YAML with comments, so that a file a person goes on with can say what is not known beside what is.
import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';

/** A value of the file; maps and lists are made with `block`, `line` and `list`. */
export type YamlValue = string | number | YAMLMap | YAMLSeq;

/** A key with its value, and what stands above it. An undefined value leaves both out. */
export interface YamlEntry {
  readonly key: string;
  readonly value: YamlValue | undefined;
  readonly above?: readonly string[];
  /** A blank line goes before it. */
  readonly apart?: boolean;
}

/** A map with a key on each line; `below` stands after the last one. */
export function block(entries: readonly YamlEntry[], below: readonly string[] = []): YAMLMap {
  const map = new YAMLMap();
  for (const { key, value, above = [], apart = false } of entries) {
    if (value === undefined) continue;
    const name = new Scalar(key);
    name.spaceBefore = apart;
    if (above.length > 0) name.commentBefore = comment(above);
    map.add(new Pair(name, typeof value === 'object' ? value : new Scalar(value)));
  }
  if (below.length > 0) map.comment = comment(below);
  return map;
}

/** A map on one line. */
export function line(values: Readonly<Record<string, YamlValue | undefined>>): YAMLMap {
  const map = block(Object.entries(values).map(([key, value]) => ({ key, value })));
  map.flow = true;
  return map;
}

/** A list with one item on each line. */
export function list(items: readonly YAMLMap[]): YAMLSeq {
  const sequence = new YAMLSeq();
  for (const item of items) sequence.add(item);
  return sequence;
}

/** The text of a file: what it is, then its keys. */
export function commentedYaml(top: readonly string[], contents: YAMLMap): string {
  const document = new Document();
  document.contents = contents;
  document.commentBefore = comment(top);
  return document.toString({ lineWidth: 0 });
}

/** One line each: words from outside may hold line ends, which would end the comment. */
function comment(lines: readonly string[]): string {
  return lines
    .map((text) => ` ${text.replaceAll(/[\s\p{Cc}\p{Zl}\p{Zp}\ufeff]+/gu, ' ').trim()}`)
    .join('\n');
}
