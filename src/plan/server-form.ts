// Writes an object the way a server keeps it: later writes and the undo test for exactly what stands there.

import { type ObjectKind, objectKinds } from '../change/kinds.ts';
import {
  canonicalCpu,
  canonicalMemory,
  parseCpuMillicores,
  parseMemoryMi,
} from '../profile/quantity.ts';
import type { Tree } from '../sizing/step-values.ts';
import { isMap } from './merge-fields.ts';

type Fields = Readonly<Record<string, Tree>>;

/** Amounts in their canonical text; those of custom kinds are kept as they are. */
export function withCanonicalAmounts(kind: ObjectKind, fields: Fields): Fields {
  return isBuiltIn(kind) ? mapped(fields, amount) : fields;
}

/** With what a server fills in besides, where an item of a list is written as a whole. */
export function asServerKeeps(kind: ObjectKind, fields: Fields): Fields {
  return isBuiltIn(kind)
    ? mapped(fields, (tree, keys) => amount(filledIn(tree, keys.at(-1)), keys))
    : fields;
}

function isBuiltIn(kind: ObjectKind): boolean {
  return kind !== 'ConfigMap' && !objectKinds[kind].apiVersion.split('/')[0]?.includes('.');
}

type Change = (tree: Tree, keys: readonly string[]) => Tree;

/** Every value with the keys of the maps it stands in, from outside in. */
function mapped(fields: Fields, change: Change): Fields {
  const entries = Object.entries(fields).map(([key, part]) => [key, each(part, [key], change)]);
  return Object.fromEntries(entries) as Fields;
}

function each(tree: Tree, keys: readonly string[], change: Change): Tree {
  const own = change(tree, keys);
  if (Array.isArray(own)) return own.map((item: Tree) => each(item, keys, change));
  return isMap(own)
    ? (Object.fromEntries(
        Object.entries(own).map(([key, part]) => [key, each(part, [...keys, key], change)]),
      ) as Tree)
    : own;
}

function amount(value: Tree, keys: readonly string[]): Tree {
  const [resource = '', parent] = keys.toReversed();
  const isAmount = parent === 'requests' || parent === 'limits';
  if (!isAmount || (typeof value !== 'string' && typeof value !== 'number')) return value;
  const text = String(value);
  const isBytes = resource === 'memory' || resource === 'storage';
  const cpu = resource === 'cpu' ? parseCpuMillicores(text) : undefined;
  const mi = isBytes ? parseMemoryMi(text) : undefined;
  if (cpu !== undefined) return canonicalCpu(cpu);
  return mi === undefined ? text : canonicalMemory(mi);
}

const fileMode = 0o644;

function filledIn(item: Tree, list: string | undefined): Tree {
  if (!isMap(item)) return item;
  if (list === 'ports') return { protocol: 'TCP', ...item };
  if (list !== 'volumes') return item;
  const source = ['configMap', 'secret'].find((key) => isMap(item[key]));
  if (source === undefined) return item;
  return { ...item, [source]: { defaultMode: fileMode, ...(item[source] as Fields) } };
}
