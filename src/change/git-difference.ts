// Shows a change as a difference of YAML, for whoever keeps the object in Git: the fields it writes, each at its place.

import { stringify } from 'yaml';
import type { ClusterChange, FieldValue } from './change.ts';
import { objectKinds } from './kinds.ts';
import { keysOf } from './pointer.ts';
import { writtenFields } from './written-fields.ts';

/**
 * A unified diff of the object reduced to what the change writes. An item of a list stands there with its name, so the
 * lines that are not taken away are a patch as kustomize reads it.
 */
export function gitDifference(change: ClusterChange): readonly string[] {
  const { object, fields } = writtenFields(change);
  const title = `${object.kind} ${object.namespace}/${object.name}`;
  const head = {
    apiVersion: objectKinds[object.kind].apiVersion,
    kind: object.kind,
    metadata: { name: object.name, namespace: object.namespace },
  };
  if (change.kind === 'create') {
    const made = linesOf({ ...head, ...change.fields });
    return ['--- /dev/null', `+++ ${title}`, ...hunk([], made)];
  }
  const guards = change.kind === 'patch' ? change.guards : [];
  const tree = (side: 'before' | 'after') => {
    const root: Tree = new Map();
    for (const { pointer, equals } of guards) put(root, keysOf(pointer), equals);
    for (const field of fields) {
      const value = field[side];
      if (value !== undefined) put(root, keysOf(field.pointer), value);
    }
    return linesOf({ ...head, ...plain(root, object.kind === 'ConfigMap') });
  };
  return [`--- ${title}`, `+++ ${title}`, ...hunk(tree('before'), tree('after'))];
}

type Tree = Map<string, Tree | { readonly value: FieldValue }>;

function put(tree: Tree, keys: readonly string[], value: FieldValue): void {
  const [key, ...rest] = keys;
  if (key === undefined) return;
  if (rest.length === 0) {
    tree.set(key, { value });
    return;
  }
  const below = tree.get(key);
  const next: Tree = below instanceof Map ? below : new Map();
  tree.set(key, next);
  put(next, rest, value);
}

/** Numbers are places in a list, and only the items that are spoken of stand in it; a ConfigMap has no lists. */
function plain(tree: Tree, withoutLists: boolean): { readonly [key: string]: unknown } {
  return Object.fromEntries(
    [...tree].map(([key, below]) => [key, plainBelow(below, withoutLists)] as const),
  );
}

function plainBelow(below: Tree | { readonly value: FieldValue }, withoutLists: boolean): unknown {
  if (!(below instanceof Map)) return below.value;
  const isList = !withoutLists && [...below.keys()].every((key) => /^\d+$/.test(key));
  return isList
    ? [...below]
        .toSorted(([a], [b]) => Number(a) - Number(b))
        .map(([, item]) => plainBelow(item, withoutLists))
    : plain(below, withoutLists);
}

function linesOf(object: unknown): readonly string[] {
  return stringify(object, { lineWidth: 0 }).trimEnd().split('\n');
}

/** One hunk with everything around it: there is nothing else in these documents. */
function hunk(before: readonly string[], after: readonly string[]): readonly string[] {
  const from = (lines: readonly string[]) => (lines.length === 0 ? '0,0' : `1,${lines.length}`);
  return [`@@ -${from(before)} +${from(after)} @@`, ...difference(before, after)];
}

/** The shortest way from one text to the other, by the longest lines they have in common. */
function difference(before: readonly string[], after: readonly string[]): readonly string[] {
  const common = commonLengths(before, after);
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(` ${before[i] ?? ''}`);
      i += 1;
      j += 1;
    } else if (i < before.length && (j >= after.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`-${before[i] ?? ''}`);
      i += 1;
    } else {
      lines.push(`+${after[j] ?? ''}`);
      j += 1;
    }
  }
  return lines;
}

function commonLengths(
  before: readonly string[],
  after: readonly string[],
): readonly (readonly number[])[] {
  const table = Array.from({ length: before.length + 1 }, () =>
    Array.from({ length: after.length + 1 }, () => 0),
  );
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      if (row === undefined) continue;
      row[j] =
        before[i] === after[j]
          ? (table[i + 1]?.[j + 1] ?? 0) + 1
          : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
