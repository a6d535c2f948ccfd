// JSON merge patch (RFC 7386): null removes, lists are replaced.

import type { Json, JsonObject } from '../json.ts';
import { clone, isObject } from '../json.ts';

function merge(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return clone(patch);
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** The merged copy. */
export function applyMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = merge(clone(target), patch);
  return isObject(merged) ? merged : {};
}
