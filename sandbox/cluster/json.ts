// JSON values and small readers for them, because every object the API server handles is untyped text from outside.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** True for a JSON object, false for lists, null and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a JSON list. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function copy(value: Json): Json {
  if (isList(value)) return value.map(copy);
  if (!isObject(value)) return value;
  const made: JsonObject = {};
  for (const key in value) {
    const item = value[key];
    if (item !== undefined) made[key] = typeof item === 'object' ? copy(item) : item;
  }
  return made;
}

/** A deep copy; everything that is stored or handed to somebody who changes it is copied, so it must be quick. */
export function clone<T extends Json>(value: T): T {
  // A copy has the type of what it was made of.
  return copy(value) as T;
}

/** Deep equality in which the order of keys does not count. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
  );
}

/** The value at a path of keys and indices, undefined when anything on the way is missing. */
export function at(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): Json | undefined {
  let here: Json | undefined = value;
  for (const step of path) {
    if (isList(here) && typeof step === 'number') here = here[step];
    else if (isObject(here) && Object.hasOwn(here, step)) here = here[String(step)];
    else return undefined;
  }
  return here;
}

/** The text at a path, or an empty text. */
export function text(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** The number at a path, or the fallback. */
export function count(
  value: Json | undefined,
  path: readonly (string | number)[],
  fallback = 0,
): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : fallback;
}

/** The object at a path, or an empty object that is not attached to anything. */
export function object(value: Json | undefined, ...path: readonly (string | number)[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

/** The list at a path, or an empty list. */
export function list(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): readonly Json[] {
  const found = at(value, ...path);
  return isList(found) ? found : [];
}

/** The objects in the list at a path. */
export function objects(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): JsonObject[] {
  return list(value, ...path).filter(isObject);
}

/** `metadata.name`. */
export const nameOf = (held: JsonObject): string => text(held, 'metadata', 'name');
/** `metadata.namespace`, empty for objects without one. */
export const namespaceOf = (held: JsonObject): string => text(held, 'metadata', 'namespace');
/** `metadata.uid`. */
export const uidOf = (held: JsonObject): string => text(held, 'metadata', 'uid');

/** JSON text with sorted keys: equal values give equal text. */
export function sortedText(value: Json | undefined): string {
  if (isList(value)) return `[${value.map(sortedText).join(',')}]`;
  if (isObject(value)) {
    const parts = Object.keys(value)
      .toSorted()
      .map((key) => `${JSON.stringify(key)}:${sortedText(value[key])}`);
    return `{${parts.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** A scalar as text; lists and objects as JSON. */
export function show(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}
