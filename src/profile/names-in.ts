// Finds the names that formulas and sentences anywhere inside a value use, to know what must be asked for.

/** Every name used, however deep; texts with holes count like formulas. */
export function namesIn(value: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  collect(value, names);
  return names;
}

function collect(value: unknown, names: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  if ('names' in value && ('evaluate' in value || 'withNumbers' in value)) {
    // A formula keeps its names in a map, a sentence in a list.
    const own = value.names instanceof Map ? value.names.keys() : value.names;
    if (isIterable(own)) for (const name of own) names.add(String(name));
    return;
  }
  for (const child of value instanceof Map ? value.values() : Object.values(value)) {
    collect(child, names);
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
