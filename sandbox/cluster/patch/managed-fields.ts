// Keeps metadata.managedFields: which manager wrote which field, and how that changes with each write.

import type { Json, JsonObject } from '../json.ts';
import { equal, isList, isObject, list, text } from '../json.ts';
import type { Schema } from '../schema.ts';
import { failure } from '../status.ts';
import type { FieldSet } from './field-set.ts';
import {
  compareObjects,
  difference,
  elementOf,
  emptySet,
  intersection,
  isEmpty,
  ownable,
  parseFields,
  paths,
  pathText,
  printFields,
  statedFields,
  union,
} from './field-set.ts';

/** Who writes, and through what. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

/** One entry of managedFields. Entries written through scale have no time. */
export interface Ownership extends Writer {
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

const sameWriter = (a: Writer, b: Writer) =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.apiVersion === b.apiVersion &&
  a.subresource === b.subresource;

/** Reads managedFields of an object. */
export function readManagers(object: JsonObject): Ownership[] {
  return list(object, 'metadata', 'managedFields')
    .filter(isObject)
    .map((entry) => ({
      manager: text(entry, 'manager'),
      operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
      apiVersion: text(entry, 'apiVersion'),
      subresource: text(entry, 'subresource'),
      time: typeof entry['time'] === 'string' ? entry['time'] : undefined,
      fields: parseFields(entry['fieldsV1']),
    }));
}

/** Entries as managedFields shows them: Apply before Update, oldest first. */
export function printManagers(owners: readonly Ownership[]): Json[] {
  const order = (owner: Ownership) =>
    `${owner.operation} ${owner.time ?? ''} ${owner.manager} ${owner.apiVersion} ${owner.subresource}`;
  return owners
    .filter((owner) => !isEmpty(owner.fields))
    .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
    .map((owner) => ({
      manager: owner.manager,
      operation: owner.operation,
      apiVersion: owner.apiVersion,
      ...(owner.time === undefined ? {} : { time: owner.time }),
      fieldsType: 'FieldsV1',
      fieldsV1: printFields(owner.fields),
      ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
    }));
}

interface Write {
  readonly old: JsonObject;
  readonly next: JsonObject;
  readonly schema: Schema;
  readonly writer: Writer;
  readonly now: string;
}

/** Ownership after a plain write: the writer owns what it changed, everybody else loses it. */
export function afterUpdate(
  owners: readonly Ownership[],
  { old, next, schema, writer, now }: Write,
): Ownership[] {
  const { changed, removed } = compareObjects(old, next, schema);
  if (isEmpty(changed) && isEmpty(removed)) return [...owners];
  const own = owners.find((owner) => sameWriter(owner, writer));
  const others = owners
    .filter((owner) => owner !== own)
    .map((owner) => ({
      ...owner,
      fields: difference(difference(owner.fields, changed), removed),
    }));
  const fields = union(difference(own?.fields ?? emptySet(), removed), changed);
  return [...others, { ...writer, time: now, fields }];
}

/** What an apply makes of an object, before defaults. */
export interface Applied {
  readonly merged: JsonObject;
  readonly owners: Ownership[];
}

/**
 * Applies a manifest for a manager. Throws the 409 that names managers and fields when another manager owns a field
 * with a different value and `force` is not set.
 */
export function applyManifest(
  live: JsonObject | undefined,
  manifest: JsonObject,
  options: { schema: Schema; writer: Writer; now: string; force: boolean },
): Applied {
  const { schema, writer, now, force } = options;
  const stated = statedFields(manifest, schema);
  const recorded = live === undefined ? [] : readManagers(live);
  const owners =
    live !== undefined && recorded.length === 0
      ? [beforeFirstApply(live, schema, writer)]
      : recorded;
  const previous = owners.find((owner) => sameWriter(owner, writer));
  const others = owners.filter((owner) => owner !== previous);
  const united = mergeValue(live ?? {}, manifest, schema);
  const base = isObject(united) ? united : {};
  const { changed } = compareObjects(live ?? {}, base, schema);
  const disputed = others
    .map((owner) => ({ owner, fields: intersection(owner.fields, changed) }))
    .filter(({ fields }) => !isEmpty(fields))
    .toSorted((a, b) => (describeOwner(a.owner) < describeOwner(b.owner) ? -1 : 1));
  if (disputed.length > 0 && !force) throw applyConflict(disputed);
  const kept = others.map((owner) => ({ ...owner, fields: difference(owner.fields, changed) }));
  let abandoned = previous === undefined ? emptySet() : difference(previous.fields, stated);
  for (const owner of kept) abandoned = difference(abandoned, owner.fields);
  const merged = isEmpty(abandoned) ? base : without(base, abandoned, schema);
  // An apply that changes nothing leaves the time of its entry alone, even when the entry is new and has none.
  const unchanged = live !== undefined && equal(ownable(merged), ownable(live));
  const own = { ...writer, time: unchanged ? previous?.time : now, fields: stated };
  return { merged, owners: [...kept, own] };
}

function beforeFirstApply(live: JsonObject, schema: Schema, writer: Writer): Ownership {
  return {
    ...writer,
    manager: 'before-first-apply',
    operation: 'Update',
    time: undefined,
    fields: statedFields(live, schema),
  };
}

function applyConflict(
  disputed: readonly { readonly owner: Ownership; readonly fields: FieldSet }[],
): Error {
  const items = disputed.flatMap(({ owner, fields }) =>
    paths(fields).map((path) => ({ who: describeOwner(owner), field: pathText(path) })),
  );
  const groups = disputed.map(({ owner, fields }) => {
    const names = paths(fields).map(pathText);
    const who = describeOwner(owner);
    return names.length === 1
      ? {
          who,
          one: `conflict with ${who}: ${names[0]}`,
          many: `conflicts with ${who}:\n- ${names[0]}`,
        }
      : {
          who,
          one: '',
          many: `conflicts with ${who}:\n${names.map((name) => `- ${name}`).join('\n')}`,
        };
  });
  const message =
    items.length === 1
      ? `Apply failed with 1 conflict: ${groups[0]?.one ?? ''}`
      : `Apply failed with ${items.length} conflicts: ${groups.map(({ many }) => many).join('\n')}`;
  return failure(409, 'Conflict', message, {
    causes: items.map(({ who, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who}`,
      field,
    })),
  });
}

function describeOwner({ manager, operation, apiVersion, subresource }: Ownership): string {
  const through = subresource === '' ? '' : ` with subresource "${subresource}"`;
  const version = operation === 'Update' ? ` using ${apiVersion}` : '';
  return `"${manager}"${through}${version}`;
}

function childOf(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.type === 'struct') return schema.fields[key] ?? schema.rest;
  return schema?.type === 'map' ? schema.of : undefined;
}

function mergeValue(live: Json | undefined, stated: Json, schema: Schema | undefined): Json {
  if (isObject(stated) && isObject(live) && mergeable(schema)) {
    const merged: JsonObject = { ...live };
    for (const [key, value] of Object.entries(stated)) {
      merged[key] = mergeValue(live[key], value, childOf(schema, key));
    }
    return merged;
  }
  if (isList(stated) && isList(live) && schema?.type === 'list') {
    if (schema.set === true) return [...new Set([...live, ...stated])];
    if (schema.keys.length > 0) {
      const rest = new Map(stated.map((item) => [elementOf(item, schema), item]));
      const merged = live.map((item) => {
        const key = elementOf(item, schema);
        const twin = rest.get(key);
        rest.delete(key);
        return twin === undefined ? item : mergeValue(item, twin, schema.of);
      });
      return [...merged, ...rest.values()];
    }
  }
  return stated;
}

const mergeable = (schema: Schema | undefined) =>
  (schema?.type === 'map' || schema?.type === 'struct') && schema.atomic !== true;

function without(value: JsonObject, gone: FieldSet, schema: Schema | undefined): JsonObject {
  const result: JsonObject = { ...value };
  for (const [element, below] of gone.kids) {
    const key = element.slice(2);
    const item = result[key];
    if (item === undefined) continue;
    const itemSchema = childOf(schema, key);
    if (below.own) delete result[key];
    else if (isObject(item)) result[key] = without(item, below, itemSchema);
    else if (isList(item) && itemSchema?.type === 'list') {
      result[key] = listWithout(item, below, itemSchema);
    }
  }
  return result;
}

function listWithout(
  items: readonly Json[],
  gone: FieldSet,
  schema: Extract<Schema, { type: 'list' }>,
): Json[] {
  return items.flatMap((item) => {
    const below = gone.kids.get(elementOf(item, schema) ?? '');
    if (below === undefined) return [item];
    if (below.own) return [];
    return [isObject(item) ? without(item, below, schema.of) : item];
  });
}
