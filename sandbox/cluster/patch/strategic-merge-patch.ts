// Strategic merge patch: lists are joined by their merge key, with the $patch and $retainKeys directives.

import type { Json, JsonObject } from '../json.ts';
import { clone, isList, isObject, sortedText } from '../json.ts';
import type { ListSchema, Schema } from '../schema.ts';
import { badRequest, internalError } from '../status.ts';

/** A value as Go prints it. */
export function goText(value: Json | undefined): string {
  if (isObject(value)) {
    const parts = Object.keys(value)
      .toSorted()
      .map((key) => `${key}:${goText(value[key])}`);
    return `map[${parts.join(' ')}]`;
  }
  if (isList(value)) return `[${value.map(goText).join(' ')}]`;
  return value === null || value === undefined ? '<nil>' : String(value);
}

function childSchema(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.type === 'struct') return schema.fields[key];
  return schema?.type === 'map' ? schema.of : undefined;
}

function withoutDirectives(value: Json): Json {
  if (isList(value)) return value.map(withoutDirectives);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !key.startsWith('$') && item !== null)
      .map(([key, item]) => [key, withoutDirectives(item)]),
  );
}

function mergeObject(
  target: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
): JsonObject {
  const directive = patch['$patch'];
  if (directive === 'replace') return objectOf(withoutDirectives(patch));
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw internalError(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  }
  const merged: JsonObject = { ...target };
  const retain = patch['$retainKeys'];
  if (isList(retain)) {
    for (const key of Object.keys(merged)) if (!retain.includes(key)) delete merged[key];
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) mergeDirective(merged, key, value);
    else if (value === null) delete merged[key];
    else merged[key] = mergeValue(merged[key], value, childSchema(schema, key));
  }
  return merged;
}

const objectOf = (value: Json): JsonObject => (isObject(value) ? value : {});

function mergeDirective(merged: JsonObject, key: string, value: Json): void {
  const deletion = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1];
  if (deletion === undefined || !isList(value)) return;
  const items = merged[deletion];
  if (isList(items)) merged[deletion] = items.filter((item) => !value.includes(item));
}

function mergeValue(target: Json | undefined, patch: Json, schema: Schema | undefined): Json {
  if (isObject(patch)) return mergeObject(objectOf(target ?? null), patch, schema);
  if (isList(patch) && schema?.type === 'list') {
    if (schema.mergeKey !== undefined) {
      return mergeList(isList(target) ? target : [], patch, schema, schema.mergeKey);
    }
    if (schema.set === true && isList(target)) return [...new Set([...target, ...patch])];
  }
  return clone(patch);
}

function mergeList(
  target: readonly Json[],
  patch: readonly Json[],
  schema: ListSchema,
  mergeKey: string,
): Json[] {
  const keyOf = (item: Json): string => {
    const key = isObject(item) ? item[mergeKey] : undefined;
    if (key === undefined) {
      throw internalError(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
    }
    return sortedText(key);
  };
  const items = patch.filter(
    (item) => !(isObject(item) && item['$patch'] === 'replace' && Object.keys(item).length === 1),
  );
  if (items.length < patch.length) return items.map(withoutDirectives);
  const live = new Map(target.filter(isObject).map((item) => [keyOf(item), item]));
  const order = [...live.keys()];
  const merged = new Map<string, Json>(live);
  const patched: string[] = [];
  for (const item of items) {
    const key = keyOf(item);
    const object = objectOf(item);
    if (object['$patch'] === 'delete') merged.delete(key);
    else {
      merged.set(key, mergeObject(live.get(key) ?? {}, object, schema.of));
      patched.push(key);
    }
  }
  return interleave(
    order.filter((key) => merged.has(key) && !patched.includes(key)),
    patched,
    order,
  ).flatMap((key) => {
    const value = merged.get(key);
    return value === undefined ? [] : [value];
  });
}

/** Keeps the order inside both lists; a patched item goes first unless the live order puts the other before it. */
function interleave(
  untouched: readonly string[],
  patched: readonly string[],
  liveOrder: readonly string[],
): string[] {
  const left = [...untouched];
  const right = [...patched];
  const result: string[] = [];
  while (left.length > 0 || right.length > 0) {
    const [a] = left;
    const [b] = right;
    const aAt = a === undefined ? -1 : liveOrder.indexOf(a);
    const bAt = b === undefined ? -1 : liveOrder.indexOf(b);
    const takeLeft = b === undefined || (a !== undefined && aAt >= 0 && bAt >= 0 && aAt < bAt);
    const taken = takeLeft ? left.shift() : right.shift();
    if (taken !== undefined) result.push(taken);
  }
  return result;
}

/** The merged copy. Throws 500 for a missing merge key or an unknown directive, as the server does. */
export function applyStrategicMergePatch(
  target: JsonObject,
  patch: JsonObject,
  schema: Schema,
): JsonObject {
  if (!isObject(patch)) throw badRequest('error decoding patch: not an object');
  return mergeObject(clone(target), patch, schema);
}
