// Finds a value in plain JSON by its JSON Pointer (RFC 6901), the way conditional patches name fields.

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
