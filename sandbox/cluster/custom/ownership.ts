// Turns the schema of a custom resource into the shape that field ownership and server-side apply work with.

import type { Decoded } from '../decode.ts';
import type { JsonObject } from '../json.ts';
import { objectMeta, typeMeta } from '../resources/shapes.ts';
import type { ListSchema, MapSchema, Schema, StructSchema } from '../schema.ts';
import { string, any as whatever } from '../schema.ts';
import { decodeCustom } from './prune.ts';
import type { Structural } from './structural.ts';

/** Free-form parts: every key of every object is owned by itself, lists as a whole. */
const deduced: MapSchema & { of: Schema } = { type: 'map', of: whatever };
deduced.of = deduced;

function listShape(node: Structural): ListSchema {
  const of = node.items === undefined ? deduced : shapeOf(node.items);
  if (node.listType === 'set') return { type: 'list', of, keys: [], set: true };
  if (node.listType === 'atomic') return { type: 'list', of, keys: [] };
  const keyDefaults = Object.fromEntries(
    node.listKeys.flatMap((key) => {
      const value = node.items?.properties.get(key)?.default;
      return value === undefined ? [] : [[key, value]];
    }),
  );
  return { type: 'list', of, keys: node.listKeys, keyDefaults };
}

function fieldsOf(node: Structural): Record<string, Schema> {
  return Object.fromEntries([...node.properties].map(([key, item]) => [key, shapeOf(item)]));
}

function restOf(node: Structural): Schema | undefined {
  if (typeof node.additional === 'object') return shapeOf(node.additional);
  return node.additional === 'anything' || node.preserve || node.embedded ? deduced : undefined;
}

function shapeOf(node: Structural): Schema {
  if (node.type === 'array') return listShape(node);
  if (node.type !== 'object') return node.preserve ? deduced : whatever;
  const rest = restOf(node);
  const fields = fieldsOf(node);
  const atomic = node.atomicMap ? { atomic: true as const } : {};
  if (rest !== undefined && node.properties.size === 0 && !node.atomicMap) {
    return { type: 'map', of: rest };
  }
  return {
    type: 'struct',
    name: '',
    fields,
    ...(rest === undefined ? {} : { rest }),
    ...atomic,
  };
}

/** The shape of a custom kind; decoding by it prunes. */
export function customShape(kind: string, node: Structural): StructSchema {
  const rest = restOf(node);
  return {
    type: 'struct',
    name: kind,
    fields: { ...fieldsOf(node), ...typeMeta, kind: string, metadata: objectMeta },
    ...(rest === undefined ? {} : { rest }),
    prune: (body: JsonObject): Decoded => decodeCustom(body, node),
  };
}
