// Holds a built-in object to the schemas a real server publishes, which lie beside the checkout where there are any.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../shared/openapi');

interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

const schemas = new Map<string, Schema>();
if (existsSync(folder)) {
  for (const file of readdirSync(folder)) {
    const document = JSON.parse(readFileSync(resolve(folder, file), 'utf8')) as {
      readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      schemas.set(`#/components/schemas/${name}`, schema);
    }
  }
}

/** What is wrong with it, by pointer: a field nobody knows, one that is missing, a value of another type. */
export function mistakesIn(object: Readonly<Record<string, unknown>>): readonly string[] {
  const [version = '', group = ''] = String(object['apiVersion']).split('/').toReversed();
  const schema = [...schemas.values()].find((each) =>
    each['x-kubernetes-group-version-kind']?.some(
      (is) => is.group === group && is.version === version && is.kind === object['kind'],
    ),
  );
  return schema === undefined ? [] : wrongIn(object, schema, '');
}

function wrongIn(value: unknown, schema: Schema, at: string): readonly string[] {
  const { $ref, allOf, oneOf, type, items, properties, additionalProperties } = schema;
  if ($ref !== undefined) return wrongIn(value, schemas.get($ref) ?? {}, at);
  if (allOf !== undefined) return allOf.flatMap((each) => wrongIn(value, each, at));
  if (oneOf !== undefined) {
    const none = oneOf.every((each) => wrongIn(value, each, at).length > 0);
    return none ? [`${at}: none of ${oneOf.map((each) => each.type).join(', ')}`] : [];
  }
  if (type !== undefined && !isOf(value, type)) return [`${at}: no ${type}`];
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => wrongIn(each, items ?? {}, `${at}/${index}`));
  }
  if (typeof value !== 'object' || value === null) return [];
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
  return [
    ...missing.map((key) => `${at}/${key}: missing`),
    ...Object.entries(value).flatMap(([key, part]) => {
      const known = properties?.[key] ?? additionalProperties;
      if (known !== undefined) return wrongIn(part, known, `${at}/${key}`);
      return properties === undefined ? [] : [`${at}/${key}: unknown`];
    }),
  ];
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && !Array.isArray(value);
  return typeof value === type;
}
