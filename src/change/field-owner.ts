// Says who wrote a field of an object last, from its managed fields: a drift is only useful with a name.

import type { SeenObject } from './compare.ts';
import { keysOf } from './pointer.ts';

/** "kubectl-edit, 2026-11-22 03:12 UTC"; undefined where the cluster does not say. */
export function whoWrote({ value, writers }: SeenObject, pointer: string): string | undefined {
  return writers.find(({ fields }) => owns(fields, value, keysOf(pointer)))?.who;
}

/** The names of all that own a field, newest first: several may, when they wrote the same value. */
export function ownersOf(
  { value, writers }: Pick<SeenObject, 'value' | 'writers'>,
  pointer: string,
): readonly string[] {
  const keys = keysOf(pointer);
  return writers.flatMap(({ manager, fields }) => (owns(fields, value, keys) ? [manager] : []));
}

/** The names of those among them that applied it, and will want it so again. */
export function appliersOf({ value, writers }: SeenObject, pointer: string): readonly string[] {
  const appliers = writers.filter(({ applies }) => applies === true);
  return ownersOf({ value, writers: appliers }, pointer);
}

/** The end of a sentence about a drift. */
export function changedBy(who: string | undefined): string {
  return who === undefined ? '' : ` (changed by ${who})`;
}

/** Walks the set of owned fields and the object side by side: an item of a list is known by its key, not by its place. */
function owns(fields: unknown, value: unknown, keys: readonly string[]): boolean {
  const [key, ...rest] = keys;
  if (key === undefined) return true;
  if (!isMap(fields)) return false;
  const names = Object.keys(fields);
  // A set without entries stands for the whole value.
  if (names.length === 0) return true;
  const item = isMap(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined;
  const name = Array.isArray(value)
    ? names.find((owned) => owned.startsWith('k:') && isKeyOf(owned.slice(2), item))
    : `f:${key}`;
  return name !== undefined && Object.hasOwn(fields, name) && owns(fields[name], item, rest);
}

function isKeyOf(text: string, item: unknown): boolean {
  const key: unknown = JSON.parse(text);
  return (
    isMap(key) && isMap(item) && Object.entries(key).every(([name, part]) => item[name] === part)
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
