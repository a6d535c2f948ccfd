// Sets of fields, in the FieldsV1 form the server shows in managedFields: who owns what is set arithmetic.

import type { Json, JsonObject } from '../json.ts';
import { equal, isList, isObject, sortedText } from '../json.ts';
import type { ListSchema, Schema } from '../schema.ts';

/** A set of field paths. `own` says that this path itself is a member; `kids` hold longer paths. */
export interface FieldSet {
  own: boolean;
  readonly kids: Map<string, FieldSet>;
}

export const emptySet = (): FieldSet => ({ own: false, kids: new Map() });

/** True when the set has no member. */
export const isEmpty = (set: FieldSet): boolean =>
  !set.own && [...set.kids.values()].every(isEmpty);

function kid(set: FieldSet, key: string): FieldSet {
  const found = set.kids.get(key);
  if (found !== undefined) return found;
  const made = emptySet();
  set.kids.set(key, made);
  return made;
}

/** Reads the FieldsV1 form. */
export function parseFields(fields: Json | undefined): FieldSet {
  const set = emptySet();
  if (!isObject(fields)) return set;
  const keys = Object.keys(fields);
  if (keys.length === 0) set.own = true;
  for (const key of keys) {
    if (key === '.') set.own = true;
    else set.kids.set(key, parseFields(fields[key]));
  }
  return set;
}

/** Writes the FieldsV1 form, keys sorted. */
export function printFields(set: FieldSet): JsonObject {
  const kids = [...set.kids].filter(([, item]) => !isEmpty(item));
  const printed: JsonObject = set.own && kids.length > 0 ? { '.': {} } : {};
  for (const [key, item] of kids.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    printed[key] = printFields(item);
  }
  return printed;
}

function combine(
  a: FieldSet | undefined,
  b: FieldSet | undefined,
  keep: (inA: boolean, inB: boolean) => boolean,
): FieldSet {
  const result = emptySet();
  result.own = keep(a?.own ?? false, b?.own ?? false);
  for (const key of new Set([...(a?.kids.keys() ?? []), ...(b?.kids.keys() ?? [])])) {
    const item = combine(a?.kids.get(key), b?.kids.get(key), keep);
    if (!isEmpty(item)) result.kids.set(key, item);
  }
  return result;
}

export const union = (a: FieldSet, b: FieldSet): FieldSet =>
  combine(a, b, (inA, inB) => inA || inB);
export const difference = (a: FieldSet, b: FieldSet): FieldSet =>
  combine(a, b, (inA, inB) => inA && !inB);
export const intersection = (a: FieldSet, b: FieldSet): FieldSet =>
  combine(a, b, (inA, inB) => inA && inB);

/** Every member as the list of its path elements, in order. */
export function paths(set: FieldSet, before: readonly string[] = []): string[][] {
  const own = set.own ? [[...before]] : [];
  const sorted = [...set.kids].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [...own, ...sorted.flatMap(([key, item]) => paths(item, [...before, key]))];
}

/** A path as conflict messages write it: `.spec.containers[name="main"].image`. */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      const [kind, rest] = [element.slice(0, 2), element.slice(2)];
      if (kind === 'f:') return `.${rest}`;
      if (kind === 'v:') return `[=${rest}]`;
      const keys: unknown = JSON.parse(rest);
      const pairs = Object.entries(keys ?? {}).map(
        ([key, value]) => `${key}=${JSON.stringify(value)}`,
      );
      return `[${pairs.join(',')}]`;
    })
    .join('');
}

const serverMetadata = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
]);

/** A copy without the fields nobody can own. */
export function ownable(value: JsonObject): JsonObject {
  const metadata = isObject(value['metadata'])
    ? Object.fromEntries(
        Object.entries(value['metadata']).filter(([key]) => !serverMetadata.has(key)),
      )
    : {};
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = value;
  return { ...rest, metadata };
}

/** The path element of a list item, undefined for lists that are owned as a whole. */
export function elementOf(item: Json, schema: ListSchema): string | undefined {
  if (schema.set === true) return `v:${sortedText(item)}`;
  if (schema.keys.length === 0 || !isObject(item)) return undefined;
  const keys: JsonObject = {};
  for (const key of [...schema.keys].toSorted()) {
    const value =
      item[key] ?? schema.keyDefaults?.[key] ?? (key === 'protocol' ? 'TCP' : undefined);
    if (value === undefined) return undefined;
    keys[key] = value;
  }
  return `k:${JSON.stringify(keys)}`;
}

interface Member {
  readonly key: string;
  readonly value: Json;
  readonly schema: Schema | undefined;
}

/** The parts of a value that are owned one by one, or undefined when it is owned as a whole. */
export function membersOf(value: Json, schema: Schema | undefined): Member[] | undefined {
  if (schema?.type === 'struct' && schema.atomic !== true && isObject(value)) {
    return Object.entries(value).map(([key, item]) => ({
      key: `f:${key}`,
      value: item,
      schema: schema.fields[key] ?? schema.rest,
    }));
  }
  if (schema?.type === 'map' && schema.atomic !== true && isObject(value)) {
    return Object.entries(value).map(([key, item]) => ({
      key: `f:${key}`,
      value: item,
      schema: schema.of,
    }));
  }
  if (schema?.type === 'list' && isList(value) && (schema.set === true || schema.keys.length > 0)) {
    return value.flatMap((item) => {
      const key = elementOf(item, schema);
      return key === undefined
        ? []
        : [{ key, value: item, schema: schema.set === true ? undefined : schema.of }];
    });
  }
  return undefined;
}

function addAll(value: Json, schema: Schema | undefined, set: FieldSet): void {
  set.own = true;
  for (const member of membersOf(value, schema) ?? []) {
    addAll(member.value, member.schema, kid(set, member.key));
  }
}

interface Changes {
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

function compare(
  old: Json | undefined,
  next: Json | undefined,
  schema: Schema | undefined,
  { changed, removed }: Changes,
): void {
  if (next === undefined || next === null) {
    if (old !== undefined && old !== null) addAll(old, schema, removed);
    return;
  }
  if (old === undefined) {
    addAll(next, schema, changed);
    return;
  }
  const after = membersOf(next, schema);
  if (after === undefined) {
    if (!equal(old, next)) changed.own = true;
    return;
  }
  const before = new Map((membersOf(old, schema) ?? []).map((member) => [member.key, member]));
  for (const member of after) {
    compare(before.get(member.key)?.value, member.value, member.schema, {
      changed: kid(changed, member.key),
      removed: kid(removed, member.key),
    });
    before.delete(member.key);
  }
  for (const member of before.values()) {
    addAll(member.value, member.schema, kid(removed, member.key));
  }
}

/** Which fields differ between two objects: set or changed, and taken away. */
export function compareObjects(old: JsonObject, next: JsonObject, schema: Schema): Changes {
  const changes = { changed: emptySet(), removed: emptySet() };
  compare(ownable(old), ownable(next), schema, changes);
  return changes;
}

function fill(value: Json, schema: Schema | undefined, set: FieldSet): void {
  const members = membersOf(value, schema);
  if (members === undefined || members.length === 0) {
    set.own = true;
    return;
  }
  for (const member of members) {
    const item = kid(set, member.key);
    fill(member.value, member.schema, item);
    if (member.key.startsWith('k:')) item.own = true;
  }
}

/** Every field a manifest states. */
export function statedFields(manifest: JsonObject, schema: Schema): FieldSet {
  const set = emptySet();
  for (const member of membersOf(ownable(manifest), schema) ?? []) {
    const empty = isObject(member.value) && Object.keys(member.value).length === 0;
    if (!empty) fill(member.value, member.schema, kid(set, member.key));
  }
  return set;
}
