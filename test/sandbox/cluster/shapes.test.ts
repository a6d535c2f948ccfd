// The shapes of built-in kinds against the schemas a real server publishes, which lie beside the checkout where there are any.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../sandbox/cluster/json.ts';
import { at, isObject, list, object, objects, show, text } from '../../../sandbox/cluster/json.ts';
import { resources } from '../../../sandbox/cluster/resources/registry.ts';
import type { Resource } from '../../../sandbox/cluster/resources/resource.ts';
import type { Schema } from '../../../sandbox/cluster/schema.ts';

const folder = resolve(import.meta.dirname, '../../../../shared/openapi');
const files = existsSync(folder)
  ? readdirSync(folder).filter((file) => file.endsWith('.json'))
  : [];
const published = new Map<string, JsonObject>(
  files.flatMap((file) => {
    const parsed: Json = JSON.parse(readFileSync(resolve(folder, file), 'utf8'));
    const schemas = at(parsed, 'components', 'schemas') ?? parsed;
    return Object.entries(isObject(schemas) ? schemas : {}).flatMap(([name, schema]) =>
      isObject(schema) ? [[name, schema] as const] : [],
    );
  }),
);

/** A schema without references; what stands beside a reference is kept. */
function resolved(node: JsonObject): JsonObject {
  const [only, ...more] = objects(node, 'allOf');
  const reference = text(node, '$ref').split('/').at(-1) ?? '';
  if (reference !== '') return resolved(published.get(reference) ?? {});
  return only === undefined || more.length > 0 ? node : { ...resolved(only), ...node };
}

/** What the published schema calls a scalar, in the words of the sandbox's shapes. */
function scalarKind(node: JsonObject): string {
  const named = /(MicroTime|IntOrString|Quantity)"/.exec(JSON.stringify(node))?.[1];
  if (named !== undefined) {
    return { MicroTime: 'micro-time', IntOrString: 'int-or-string' }[named] ?? 'quantity';
  }
  const { type, format } = resolved(node);
  const known = { boolean: 'bool', 'date-time': 'time', byte: 'bytes' };
  const key = show(format ?? type);
  return Object.entries(known).find(([name]) => name === key)?.[1] ?? key;
}

const isAtomic = (node: JsonObject) => node['x-kubernetes-map-type'] === 'atomic';

function listForm(node: JsonObject): string {
  const keys = list(node, 'x-kubernetes-list-map-keys').map(show).toSorted().join(',');
  const type = text(node, 'x-kubernetes-list-type');
  const merges = text(node, 'x-kubernetes-patch-strategy').includes('merge');
  const mergeKey = merges ? text(node, 'x-kubernetes-patch-merge-key') : '';
  return `${type === '' ? 'atomic' : type} ${keys} merged by ${mergeKey}`;
}

function ownForm({ set, keys, mergeKey = '' }: Extract<Schema, { type: 'list' }>): string {
  const kind = keys.length > 0 ? 'map' : 'atomic';
  const type = set === true ? 'set' : kind;
  return `${type} ${keys.toSorted().join(',')} merged by ${mergeKey}`;
}

/** Where a shape says something else than the published schema. Parts taken as they come are not looked into. */
function deviations(api: JsonObject, own: Schema | undefined, path: string): string[] {
  const node = resolved(api);
  if (own === undefined) return [`${path} is missing`];
  if (own.type === 'scalar' && own.kind === 'any') return [];
  const differ = (theirs: string, ours: string) =>
    theirs === ours ? [] : [`${path} is ${theirs}, not ${ours}`];
  if (node['properties'] !== undefined && own.type === 'struct') {
    const fields = object(node, 'properties');
    const extra = Object.keys(own.fields).filter((key) => fields[key] === undefined);
    return [
      ...differ(isAtomic(node) ? 'one' : 'parts', own.atomic === true ? 'one' : 'parts'),
      ...extra.map((key) => `${path}.${key} is not published`),
      ...Object.keys(fields).flatMap((key) =>
        deviations(object(fields, key), own.fields[key], `${path}.${key}`),
      ),
    ];
  }
  if (node['type'] === 'array' && own.type === 'list') {
    const below = deviations(object(node, 'items'), own.of, `${path}[]`);
    return [...differ(listForm(node), ownForm(own)), ...below];
  }
  if (node['additionalProperties'] !== undefined && own.type === 'map') {
    const below = deviations(object(node, 'additionalProperties'), own.of, `${path}{}`);
    return [
      ...differ(isAtomic(node) ? 'one' : 'parts', own.atomic === true ? 'one' : 'parts'),
      ...below,
    ];
  }
  return differ(scalarKind(api), own.type === 'scalar' ? own.kind : own.type);
}

function publishedFor({ group, version, kind }: Resource): JsonObject | undefined {
  return [...published.values()].find((schema) =>
    objects(schema, 'x-kubernetes-group-version-kind').some(
      (item) => item['group'] === group && item['version'] === version && item['kind'] === kind,
    ),
  );
}

describe.skipIf(files.length === 0)('the shape of', () => {
  const known = resources.flatMap((resource) => {
    const schema = publishedFor(resource);
    return schema === undefined ? [] : [[resource.kind, resource, schema] as const];
  });

  test('most kinds is published', () => {
    expect(known.length).toBeGreaterThan(15);
  });

  test.each(known)('%s is the published one', (kind, resource, schema) => {
    expect(deviations(schema, resource.schema, kind)).toEqual([]);
  });
});
