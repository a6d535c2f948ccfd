// What the writer looks at in an object: whether it changed, whether it may go, and what holds it.

import type { JsonObject } from './json.ts';
import { equal, isObject, list, object, text } from './json.ts';
import type { Resource } from './resources/resource.ts';

/** Adds a finalizer unless it is there. */
export function protect(made: JsonObject, finalizer: string): void {
  const metadata = object(made, 'metadata');
  const given = list(metadata, 'finalizers');
  if (!given.includes(finalizer)) metadata['finalizers'] = [...given, finalizer];
}

/** Whether finalizers keep an object that is leaving; namespaces are held by what stands in their spec. */
export const isHeld = (leaving: JsonObject) =>
  list(leaving, 'metadata', 'finalizers').length + list(leaving, 'spec', 'finalizers').length > 0;

/** `metadata.annotations`. */
export const annotationsOf = (held: JsonObject) => object(held, 'metadata', 'annotations');

/** Whether somebody wants the field owners forgotten: a single empty entry says so. */
export function isReset(metadata: JsonObject): boolean {
  const managed = metadata['managedFields'];
  if (!Array.isArray(managed) || managed.length !== 1) return false;
  const [only] = managed;
  return isObject(only) && Object.keys(only).length === 0;
}

/** Whether a write changed more than metadata and status; without a status subresource the status is a part like any other. */
export function specChanged(resource: Resource, current: JsonObject, next: JsonObject): boolean {
  const rest = (value: JsonObject): JsonObject => {
    const { metadata: _metadata, status, ...others } = value;
    return resource.statusSubresource || status === undefined ? others : { ...others, status };
  };
  const deleted = (value: JsonObject) => text(value, 'metadata', 'deletionTimestamp');
  return !equal(rest(current), rest(next)) || deleted(current) !== deleted(next);
}
