// Finds, and sets in a copy, a value in plain JSON by its JSON Pointer (RFC 6901), the way conditional patches name fields.

/** The value a pointer names, undefined when anything on the way is missing. */
export function valueAt(value: unknown, pointer: string): unknown {
  let here = value;
  for (const key of keysOf(pointer)) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[key];
  }
  return here;
}

/** The keys of a pointer, from the root on. */
export function keysOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A key as it stands in a pointer. */
export function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A copy in which this stands at the pointer, or nothing when `after` is undefined. What is on the way must be there. */
export function withValueAt(value: unknown, pointer: string, after: unknown): unknown {
  return withValue(value, keysOf(pointer), after);
}

function withValue(value: unknown, keys: readonly string[], after: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return after;
  const inner = withValue(valueAt(value, `/${escaped(key)}`), rest, after);
  if (Array.isArray(value)) {
    const index = Number(key);
    return inner === undefined ? value.toSpliced(index, 1) : value.toSpliced(index, 1, inner);
  }
  const others = Object.entries(value ?? {}).filter(([other]) => other !== key);
  return Object.fromEntries(inner === undefined ? others : [...others, [key, inner]]);
}
