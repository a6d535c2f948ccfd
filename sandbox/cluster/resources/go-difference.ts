// The difference of two values in the form the server quotes when it refuses a change: Go field names, three lines around.
import type { Json } from '../json.ts';
import { isList, isObject } from '../json.ts';

const contextLines = 3;

/** A value as the indented JSON text whose lines are compared. */
function linesOf(value: Json, indent: string, prefix: string, comma: string): string[] {
  const deeper = `${indent} `;
  const entries: readonly (readonly [string, Json])[] = isList(value)
    ? value.map((item) => ['', item] as const)
    : isObject(value)
      ? Object.entries(value).map(([key, item]) => [`${JSON.stringify(key)}: `, item] as const)
      : [];
  if (!isList(value) && !isObject(value)) {
    return [`${indent}${prefix}${JSON.stringify(value)}${comma}`];
  }
  const [open, close] = isList(value) ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return [`${indent}${prefix}${open}${close}${comma}`];
  const inner = entries.flatMap(([key, item], index) =>
    linesOf(item, deeper, key, index < entries.length - 1 ? ',' : ''),
  );
  return [`${indent}${prefix}${open}`, ...inner, `${indent}${close}${comma}`];
}

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** The shortest way from one list of lines to the other. */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  const common: number[][] = Array.from({ length: before.length + 1 }, () =>
    Array.from({ length: after.length + 1 }, () => 0),
  );
  const at = (a: number, b: number) => common[a]?.[b] ?? 0;
  for (let a = before.length - 1; a >= 0; a -= 1) {
    for (let b = after.length - 1; b >= 0; b -= 1) {
      const row = common[a];
      if (row === undefined) continue;
      row[b] = before[a] === after[b] ? at(a + 1, b + 1) + 1 : Math.max(at(a + 1, b), at(a, b + 1));
    }
  }
  const edits: Edit[] = [];
  let [a, b] = [0, 0];
  while (a < before.length || b < after.length) {
    const [old, next] = [before[a], after[b]];
    if (old !== undefined && old === next) {
      edits.push({ sign: ' ', line: old });
      a += 1;
      b += 1;
    } else if (old !== undefined && (next === undefined || at(a + 1, b) >= at(a, b + 1))) {
      edits.push({ sign: '-', line: old });
      a += 1;
    } else {
      edits.push({ sign: '+', line: next ?? '' });
      b += 1;
    }
  }
  return edits;
}

/** The difference of two values, empty when there is none. */
export function goDifference(before: Json, after: Json): string {
  const edits = editsOf(linesOf(before, '', '', ''), linesOf(after, '', '', ''));
  const isNear = edits.map((_edit, index) =>
    edits
      .slice(Math.max(0, index - contextLines), index + contextLines + 1)
      .some(({ sign }) => sign !== ' '),
  );
  let text = '';
  let [old, next] = [1, 1];
  for (let index = 0; index < edits.length; ) {
    let end = index;
    while (isNear[end] === true) end += 1;
    const hunk = edits.slice(index, end);
    const oldLines = hunk.filter(({ sign }) => sign !== '+').length;
    const newLines = hunk.filter(({ sign }) => sign !== '-').length;
    if (hunk.length > 0) {
      text += `@@ -${old},${oldLines} +${next},${newLines} @@\n`;
      text += hunk.map(({ sign, line }) => `${sign}${line}\n`).join('');
    }
    old += oldLines;
    next += newLines;
    index = end;
    if (index < edits.length && isNear[index] !== true) {
      old += 1;
      next += 1;
      index += 1;
    }
  }
  return text;
}
