// What becomes of a custom resource on its way in: unknown fields go, defaults come, keys are sorted.
import { type Decoded, DecodeError, decode } from '../decode.ts';
import type { Json, JsonObject } from '../json.ts';
import { clone, isList, isObject, sortedText } from '../json.ts';
import { objectMeta, typeMeta } from '../resources/shapes.ts';
import { struct } from '../schema.ts';
import { childOf, type Structural } from './structural.ts';

const envelope = struct('', { ...typeMeta, metadata: objectMeta });
/** Fields of an object inside an object that are not pruned. */
const embeddedFields = ['apiVersion', 'kind', 'metadata'];

function isKnown(node: Structural, key: string): boolean {
  if (node.properties.has(key) || node.additional !== undefined || node.preserve) return true;
  return node.embedded && embeddedFields.includes(key);
}

function prune(value: Json, node: Structural, path: string, unknown: string[]): Json {
  if (isList(value)) {
    const { items } = node;
    return items === undefined
      ? value
      : value.map((item, index) => prune(item, items, `${path}[${index}]`, unknown));
  }
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const key of Object.keys(value).toSorted()) {
    const here = path === '' ? key : `${path}.${key}`;
    const child = childOf(node, key);
    const item = value[key] ?? null;
    if (!isKnown(node, key)) unknown.push(here);
    else kept[key] = child === undefined ? item : prune(item, child, here, unknown);
  }
  return kept;
}

/** Decodes an object of a custom kind: fields its schema does not name are left out and named. Throws {@link DecodeError} for broken metadata. */
export function decodeCustom(body: JsonObject, node: Structural): Decoded {
  const { apiVersion, kind, metadata, ...rest } = body;
  const head = decode(
    {
      ...(apiVersion === undefined ? {} : { apiVersion }),
      ...(kind === undefined ? {} : { kind }),
      ...(metadata === undefined ? {} : { metadata }),
    },
    envelope,
  );
  const unknown = [...head.unknown];
  const pruned = prune(rest, node, '', unknown);
  return { value: { ...head.value, ...(isObject(pruned) ? pruned : {}) }, unknown };
}

/** Fills in defaults in place. A null where a default is and no null may be counts as missing. */
export function fillDefaults(value: Json | undefined, node: Structural): void {
  if (isList(value)) {
    if (node.items !== undefined) for (const item of value) fillDefaults(item, node.items);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, child] of node.properties) {
    if (child.default === undefined) continue;
    const isMissing = value[key] === undefined || (value[key] === null && !child.nullable);
    if (isMissing) value[key] = clone(child.default);
  }
  for (const [key, item] of Object.entries(value)) {
    const child = childOf(node, key);
    if (child !== undefined) fillDefaults(item, child);
  }
}

/** Refuses a manifest whose values are of another type than the schema says, in the words of the code that merges manifests. */
export function checkTypes(value: Json, node: Structural, path: string): void {
  const refuse = (wanted: string, found: string): never => {
    throw new DecodeError(`${path}: expected ${wanted}, got ${found}`);
  };
  if (value === null || node.intOrString) return;
  if (node.type === 'object' || node.properties.size > 0) {
    if (!isObject(value)) refuse('map', `&{${sortedText(value)}}`);
    else {
      for (const [key, item] of Object.entries(value)) {
        const child = childOf(node, key);
        if (child !== undefined) checkTypes(item, child, `${path}.${key}`);
      }
    }
  } else if (node.type === 'array') {
    if (!isList(value)) refuse('list', `&{${sortedText(value)}}`);
    else if (node.items !== undefined) {
      for (const [index, item] of value.entries())
        checkTypes(item, node.items, `${path}[${index}]`);
    }
  } else if (node.type === 'string' && typeof value !== 'string') {
    refuse('string', `&value.valueUnstructured{Value:${sortedText(value)}}`);
  } else if (['integer', 'number'].includes(node.type) && typeof value !== 'number') {
    refuse('numeric (int or float)', typeof value);
  } else if (node.type === 'boolean' && typeof value !== 'boolean') {
    refuse('boolean', `&{${sortedText(value)}}`);
  }
}
