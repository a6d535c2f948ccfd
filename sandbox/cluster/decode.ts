// Turns a request body into the form the server would store: checked types, unknown fields named, empty fields left out.

import type { Json, JsonObject } from './json.ts';
import { isList, isObject } from './json.ts';
import { canonicalQuantity, quantityRule } from './quantity.ts';
import type { ListSchema, MapSchema, ScalarSchema, Schema, StructSchema } from './schema.ts';

/** A body that does not fit its type; the message is the one the server gives. */
export class DecodeError extends Error {}

/** A decoded object and the paths of fields nobody knows. */
export interface Decoded {
  readonly value: JsonObject;
  readonly unknown: readonly string[];
}

const int32Max = 2 ** 31 - 1;

function jsonType(value: Json): string {
  if (isList(value)) return 'array';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

class Decoder {
  readonly unknown: string[] = [];
  private readonly structs: string[] = [];

  private mismatch(value: Json, path: string, wanted: string): never {
    const what =
      typeof value === 'number' && wanted.startsWith('int') ? `number ${value}` : jsonType(value);
    throw new DecodeError(
      `json: cannot unmarshal ${what} into Go struct field ${this.structs.at(-1) ?? ''}.${path} of type ${wanted}`,
    );
  }

  struct(value: Json, schema: StructSchema, path: string): JsonObject {
    if (!isObject(value)) return this.mismatch(value, path, schema.name);
    this.structs.push(schema.name);
    const decoded: JsonObject = {};
    for (const [key, field] of Object.entries(schema.fields)) {
      const given = value[key] ?? null;
      const result = given === null ? undefined : this.value(given, field, join(path, key));
      const kept = keepOrDrop(result, field);
      if (kept !== undefined) decoded[key] = kept;
    }
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(schema.fields, key)) this.unknown.push(join(path, key));
    }
    this.structs.pop();
    return decoded;
  }

  value(value: Json, schema: Schema, path: string): Json {
    switch (schema.type) {
      case 'struct':
        return this.struct(value, schema, path);
      case 'map':
        return this.map(value, schema, path);
      case 'list':
        return this.list(value, schema, path);
      case 'scalar':
        return this.scalar(value, schema, path);
      default:
        return schema satisfies never;
    }
  }

  private map(value: Json, schema: MapSchema, path: string): JsonObject {
    if (!isObject(value)) return this.mismatch(value, path, 'map');
    const decoded: JsonObject = {};
    for (const key of Object.keys(value).toSorted()) {
      const given = value[key] ?? null;
      if (given !== null) decoded[key] = this.value(given, schema.of, join(path, key));
      else if (schema.of.type === 'scalar' && schema.of.kind === 'string') decoded[key] = '';
    }
    return decoded;
  }

  private list(value: Json, schema: ListSchema, path: string): Json[] {
    if (!isList(value)) return this.mismatch(value, path, 'slice');
    return value.map((item, index) => this.value(item, schema.of, `${path}[${index}]`));
  }

  private scalar(value: Json, schema: ScalarSchema, path: string): Json {
    switch (schema.kind) {
      case 'any':
        return value;
      case 'string':
        return typeof value === 'string' ? value : this.mismatch(value, path, 'string');
      case 'bytes':
        return this.bytes(value, path);
      case 'bool':
        return typeof value === 'boolean' ? value : this.mismatch(value, path, 'bool');
      case 'int32':
      case 'int64':
        return this.integer(value, schema.kind, path);
      case 'int-or-string':
        if (typeof value === 'string') return value;
        return this.integer(value, 'int32', path);
      case 'quantity':
        return this.quantity(value);
      case 'time':
      case 'micro-time':
        return this.time(value, schema.kind, path);
      default:
        return schema.kind satisfies never;
    }
  }

  private bytes(value: Json, path: string): Json {
    if (typeof value !== 'string') return this.mismatch(value, path, '[]uint8');
    const [good = ''] =
      /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/.exec(value) ?? [];
    if (good.length === value.length) return value;
    throw new DecodeError(`illegal base64 data at input byte ${good.length}`);
  }

  private integer(value: Json, kind: 'int32' | 'int64', path: string): number {
    const fits =
      typeof value === 'number' &&
      Number.isInteger(value) &&
      (kind === 'int64' || Math.abs(value) <= int32Max);
    return fits ? value : this.mismatch(value, path, kind);
  }

  private quantity(value: Json): string {
    const written = typeof value === 'number' ? String(value) : value;
    const canonical = typeof written === 'string' ? canonicalQuantity(written) : undefined;
    if (canonical === undefined) throw new DecodeError(quantityRule);
    return canonical;
  }

  private time(value: Json, kind: 'time' | 'micro-time', path: string): Json {
    if (typeof value !== 'string') return this.mismatch(value, path, 'string');
    const micro = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;
    if (kind === 'micro-time' && !micro.test(value)) {
      throw new DecodeError(
        `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse`,
      );
    }
    if (Number.isNaN(Date.parse(value))) {
      throw new DecodeError(`parsing time ${JSON.stringify(value)}: cannot parse`);
    }
    return value;
  }
}

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function keepOrDrop(value: Json | undefined, schema: Schema): Json | undefined {
  if (value === undefined) return schema.always === true ? zeroOf(schema) : undefined;
  if (schema.always === true || schema.pointer === true || schema.type === 'struct') return value;
  if (schema.type === 'scalar') {
    const keepsZero =
      schema.kind === 'any' || schema.kind === 'quantity' || schema.kind === 'int-or-string';
    return !keepsZero && (value === '' || value === 0 || value === false) ? undefined : value;
  }
  if (isList(value) && value.length === 0) return undefined;
  if (isObject(value) && Object.keys(value).length === 0) return undefined;
  return value;
}

/** What a field that is always written holds when nobody set it. */
export function zeroOf(schema: Schema): Json {
  switch (schema.type) {
    case 'struct': {
      const zero: JsonObject = {};
      for (const [key, field] of Object.entries(schema.fields)) {
        if (field.always === true) zero[key] = zeroOf(field);
      }
      return zero;
    }
    case 'list':
    case 'map':
      return null;
    case 'scalar':
      if (schema.kind === 'int32' || schema.kind === 'int64') return 0;
      if (schema.kind === 'bool') return false;
      return schema.kind === 'string' ? '' : null;
    default:
      return schema satisfies never;
  }
}

/**
 * Decodes a body. Throws {@link DecodeError} for a value of the wrong type; unknown fields are left out and named.
 */
export function decode(body: JsonObject, schema: StructSchema): Decoded {
  if (schema.prune !== undefined) return schema.prune(body);
  const decoder = new Decoder();
  const value = decoder.struct(body, schema, '');
  return { value, unknown: decoder.unknown };
}
