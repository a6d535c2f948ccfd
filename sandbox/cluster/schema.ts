// The shape of API objects: drives decoding, defaults for empty fields, merge keys and field ownership from one table.

import type { Json, JsonObject } from './json.ts';

/** How a scalar is checked. */
export type ScalarKind =
  | 'string'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'quantity'
  | 'int-or-string'
  | 'time'
  | 'micro-time'
  | 'bytes'
  | 'any';

interface Flags {
  /** The field is a pointer: a zero in it is kept. */
  readonly pointer?: true;
  /** The field is always written, with its zero when missing. */
  readonly always?: true;
}

export interface ScalarSchema extends Flags {
  readonly type: 'scalar';
  readonly kind: ScalarKind;
}
export interface MapSchema extends Flags {
  readonly type: 'map';
  readonly of: Schema;
  /** Owned as a whole. */
  readonly atomic?: true;
}
export interface ListSchema extends Flags {
  readonly type: 'list';
  readonly of: Schema;
  /** Keys that tell items apart for field ownership. Without them the list is owned as a whole. */
  readonly keys: readonly string[];
  /** Key by which strategic merge joins items; without it the list is replaced. */
  readonly mergeKey?: string;
  /** A list of scalars owned one by one. */
  readonly set?: true;
  /** What a key counts as where an item leaves it out. */
  readonly keyDefaults?: Readonly<Record<string, Json>>;
}
export interface StructSchema extends Flags {
  readonly type: 'struct';
  readonly name: string;
  readonly fields: Readonly<Record<string, Schema>>;
  /** Owned as a whole. */
  readonly atomic?: true;
  /** What fields without a name of their own hold; without it there are none. */
  readonly rest?: Schema;
  /** Decodes by rules of its own: custom resources keep what built-in kinds leave out. */
  readonly prune?: (body: JsonObject) => {
    readonly value: JsonObject;
    readonly unknown: readonly string[];
  };
}
export type Schema = ScalarSchema | MapSchema | ListSchema | StructSchema;

const scalar = (kind: ScalarKind): ScalarSchema => ({ type: 'scalar', kind });

export const string = scalar('string');
export const int32 = scalar('int32');
export const int64 = scalar('int64');
export const bool = scalar('bool');
export const quantity = scalar('quantity');
export const intOrString = scalar('int-or-string');
export const time = scalar('time');
export const microTime = scalar('micro-time');
/** Bytes, written in base64. */
export const bytes = scalar('bytes');
/** Anything, kept as it came. */
export const any = scalar('any');

/** A pointer field: zero and empty are kept, missing stays missing. */
export function pointer<T extends Schema>(schema: T): T & { readonly pointer: true } {
  return { ...schema, pointer: true };
}

/** A field that is written even when empty. */
export function always<T extends Schema>(schema: T): T & { readonly always: true } {
  return { ...schema, always: true };
}

/** A map with text keys. */
export const map = (of: Schema): MapSchema => ({ type: 'map', of });

/** A map with text keys that is owned as a whole. */
export const atomicMap = (of: Schema): MapSchema => ({ type: 'map', of, atomic: true });

/** A list that is owned and replaced as a whole. */
export const list = (of: Schema): ListSchema => ({ type: 'list', of, keys: [] });

/** A list of scalars owned one by one. */
export const set = (of: Schema): ListSchema => ({ type: 'list', of, keys: [], set: true });

/** A list whose items are told apart by keys; the first one is the key for strategic merge. */
export const keyed = (
  of: Schema,
  keys: readonly string[],
  mergeKey: string | undefined = keys[0],
): ListSchema => ({
  type: 'list',
  of,
  keys,
  ...(mergeKey === undefined ? {} : { mergeKey }),
});

/** A list whose items are told apart by keys when they are owned, and which strategic merge replaces. */
export const told = (of: Schema, keys: readonly string[]): ListSchema => ({
  type: 'list',
  of,
  keys,
});

/** An object with known fields. As a field it is a pointer (left out when missing) unless wrapped in `always`. */
export const struct = (
  name: string,
  fields: Readonly<Record<string, Schema>>,
  options: { readonly atomic?: true } = {},
): StructSchema => ({ type: 'struct', name, fields, ...options });
