// Finds the few fields by which an object lacks what is wanted, so that a patch touches nothing else of it.

import type { FieldValue, PatchField, PatchGuard } from '../change/change.ts';
import { sameAmount } from '../change/compare-patch.ts';
import { escaped, keysOf, valueAt } from '../change/pointer.ts';
import type { Tree } from '../sizing/step-values.ts';

/** What a patch writes, and what must hold for its pointers to mean what they say. */
export interface Written {
  readonly fields: readonly PatchField[];
  readonly guards: readonly PatchGuard[];
}

/** Lists whose items are known by a key and not by their place; every other list is one value. */
const keyOfItems: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
};

export const nothing: Written = { fields: [], guards: [] };

/**
 * The fields to write so that what stands at the pointer holds all that is wanted; the rest of it stays. Null means that
 * nothing shall be there.
 */
export function fieldsToWrite(is: unknown, wanted: Tree, pointer: string): Written {
  const there = is !== undefined && is !== null;
  if (wanted === null) {
    if (!there) return nothing;
    return one({ pointer, what: whatIs(pointer), before: is as FieldValue });
  }
  if (!there) {
    const after = plain(wanted);
    return after === undefined ? nothing : one({ pointer, what: whatIs(pointer), after });
  }
  if (Array.isArray(wanted) && Array.isArray(is)) return listToWrite(is, wanted, pointer);
  if (isMap(wanted) && isMap(is)) {
    return together(
      Object.entries(wanted).map(([key, part]) =>
        fieldsToWrite(valueAt(is, `/${escaped(key)}`), part, `${pointer}/${escaped(key)}`),
      ),
    );
  }
  if (holds(is, wanted, pointer)) return nothing;
  return replaced(is, wanted, pointer);
}

function listToWrite(is: readonly unknown[], wanted: readonly Tree[], pointer: string): Written {
  const key = keyOfItems[keysOf(pointer).at(-1) ?? ''];
  const keyed = key !== undefined && [...is, ...wanted].every((item) => hasKey(item, key));
  if (!keyed) return holds(is, wanted, pointer) ? nothing : replaced(is, wanted, pointer);
  let length = is.length;
  return together(
    wanted.map((item): Written => {
      const name = valueAt(item, `/${key}`);
      const index = is.findIndex((each) => valueAt(each, `/${key}`) === name);
      const isVariable = pointer.endsWith('/env');
      const what = isVariable ? `variable ${String(name)}` : String(name);
      if (index === -1) {
        const after = plain(item) ?? {};
        return one({ pointer: `${pointer}/${length++}`, what, after, append: true });
      }
      const here = `${pointer}/${index}`;
      const written = isVariable
        ? variableToWrite(is[index], item, here)
        : fieldsToWrite(is[index], item, here);
      if (written.fields.length === 0) return nothing;
      const guard = { pointer: `${here}/${key}`, equals: String(name) };
      const fields = isVariable
        ? written.fields.map((field) => ({ ...field, what }))
        : written.fields;
      return { fields, guards: [guard, ...written.guards] };
    }),
  );
}

/** A variable has a value or a place it comes from, never both: where that changes, it is replaced as a whole. */
function variableToWrite(is: unknown, wanted: Tree, pointer: string): Written {
  const isReferred = (variable: unknown) => valueAt(variable, '/valueFrom') !== undefined;
  return isReferred(is) === isReferred(wanted)
    ? fieldsToWrite(is, wanted, pointer)
    : replaced(is, wanted, pointer);
}

/** Whether all that is wanted is there; what a server fills in besides does not count, but lists agree in length. */
function holds(is: unknown, wanted: Tree, pointer: string): boolean {
  if (wanted === null) return is === undefined || is === null;
  if (typeof wanted !== 'object') {
    return sameAmount(is, wanted, pointer);
  }
  if (Array.isArray(wanted) && (!Array.isArray(is) || is.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([key, part]) =>
    holds(valueAt(is, `/${escaped(key)}`), part, `${pointer}/${escaped(key)}`),
  );
}

function replaced(is: unknown, wanted: Tree, pointer: string): Written {
  const after = plain(wanted);
  const before = is as FieldValue;
  return one({ pointer, what: whatIs(pointer), before, ...(after !== undefined && { after }) });
}

/** Without what is null, which cannot be written. */
export function plain(tree: Tree): FieldValue | undefined {
  if (tree === null) return undefined;
  if (Array.isArray(tree)) return tree.flatMap((each: Tree) => plain(each) ?? []);
  if (!isMap(tree)) return tree as FieldValue;
  const entries = Object.entries(tree).flatMap(([key, part]) => {
    const value = plain(part);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

/** "cpu request", "affinity". */
function whatIs(pointer: string): string {
  const [key = '', parent = ''] = keysOf(pointer).toReversed();
  return parent === 'requests' || parent === 'limits' ? `${key} ${parent.slice(0, -1)}` : key;
}

function together(all: readonly Written[]): Written {
  return {
    fields: all.flatMap(({ fields }) => fields),
    guards: all.flatMap(({ guards }) => guards),
  };
}

function one(field: PatchField): Written {
  return { fields: [field], guards: [] };
}

function hasKey(item: unknown, key: string): boolean {
  return typeof valueAt(item, `/${key}`) === 'string';
}

export function isMap(value: unknown): value is Readonly<Record<string, Tree>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
