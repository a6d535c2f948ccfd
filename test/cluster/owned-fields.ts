// Finds fields that the server holds to be Headroom's although it never wrote them.

import { z } from 'zod';
import type { SeenObject } from '../../src/change/compare.ts';

const fieldSet = z.record(z.string(), z.unknown());

/** Pointers of fields that are ours in the object's managed fields and not in what was written. */
export function ownedBeyond({ writers }: SeenObject, written: unknown): readonly string[] {
  const ours = writers.filter(({ manager }) => manager === 'headroom');
  if (ours.length === 0) return ['nothing is ours'];
  return ours.flatMap(({ fields }) => beyond(fields, written, ''));
}

function beyond(fields: unknown, written: unknown, pointer: string): readonly string[] {
  if (written === undefined) return [pointer];
  return Object.entries(fieldSet.parse(fields)).flatMap(([name, inner]) => {
    const [, how, key = ''] = /^([fkv]):(.*)$/s.exec(name) ?? [];
    // A dot stands for the map or the item itself.
    if (how === undefined) return [];
    return beyond(inner, partOf(written, how, key), `${pointer}/${key}`);
  });
}

function partOf(written: unknown, how: string, key: string): unknown {
  if (how === 'f') return isMap(written) ? written[key] : undefined;
  if (!Array.isArray(written)) return undefined;
  const items: readonly unknown[] = written;
  const wanted: unknown = JSON.parse(key);
  return items.find((item) => (how === 'v' ? item === wanted : hasKeys(item, wanted)));
}

/** The server knows an item by its keys with their defaults, which need not have been written. */
function hasKeys(item: unknown, keys: unknown): boolean {
  if (!isMap(item) || !isMap(keys)) return false;
  return Object.entries(keys).every(([key, value]) => (item[key] ?? value) === value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
