// Server-side apply: a manifest instead of a patch, with owners and conflicts.
import type { Expected } from './bodies.ts';
import { timestamp } from './clock.ts';
import { createBounded } from './create-bounded.ts';
import { DecodeError, decode } from './decode.ts';
import type { JsonObject } from './json.ts';
import { isObject, nameOf, object, text } from './json.ts';
import type { ObjectAnswer } from './object-checks.ts';
import { checkIdentity, requireNamespace } from './object-checks.ts';
import type { Writer } from './patch/managed-fields.ts';
import { applyManifest } from './patch/managed-fields.ts';
import type { ApiRequest, Target, WriteQuery } from './request.ts';
import { optionsOf, parseYamlBody } from './request.ts';
import { apiVersionOf, byPlural } from './resources/resource.ts';
import { scaleOf, scaleSchema } from './resources/scale.ts';
import { scaleExpected, scaleWriter, writeScale } from './scale-api.ts';
import type { ClusterState } from './state.ts';
import { badRequest, internalError, modified, notFound } from './status.ts';

function parseManifest(request: ApiRequest, target: Target, expected: Expected): JsonObject {
  const manifest = parseYamlBody(request.body);
  if (!isObject(manifest)) throw badRequest('error decoding YAML: not an object');
  const version = text(manifest, 'apiVersion');
  const kind = text(manifest, 'kind');
  if (version !== apiVersionOf(expected) || kind !== expected.kind) {
    throw badRequest(`invalid object type: ${version === '' ? '/' : version}, Kind=${kind}`);
  }
  if (object(manifest, 'metadata')['managedFields'] !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  checkIdentity(manifest, target);
  return manifest;
}

/** Checks a manifest against the shape; unlike elsewhere unknown fields are 500. */
function decodeManifest(manifest: JsonObject, expected: Expected): JsonObject {
  const label = `(${text(manifest, 'metadata', 'namespace')}/${nameOf(manifest)}; ${apiVersionOf(expected)}, Kind=${expected.kind})`;
  const prefix = `failed to create typed patch object ${label}: `;
  try {
    const { value, unknown } = decode(manifest, expected.schema);
    expected.custom?.checkTypes(value);
    const [first] = unknown;
    if (first === undefined) return pruneTo(value, manifest);
    throw internalError(`${prefix}.${first}: field not declared in schema`);
  } catch (error) {
    if (error instanceof DecodeError) {
      throw internalError(prefix + error.message);
    }
    throw error;
  }
}

/** Decoding fills in empty structs; an apply must only own what its manifest says. */
function pruneTo(value: JsonObject, manifest: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => Object.hasOwn(manifest, key))
      .map(([key, item]) => {
        const stated = manifest[key];
        if (isObject(item) && isObject(stated)) return [key, pruneTo(item, stated)];
        if (Array.isArray(item) && Array.isArray(stated)) {
          return [
            key,
            item.map((entry, index) => {
              const twin: unknown = stated[index];
              return isObject(entry) && isObject(twin) ? pruneTo(entry, twin) : entry;
            }),
          ];
        }
        return [key, item];
      }),
  );
}

/** PATCH with an apply body, of an object, its status or its scale. */
export function applyTarget(
  state: ClusterState,
  target: Target,
  request: ApiRequest,
  query: WriteQuery,
): ObjectAnswer {
  const scale = target.subresource === 'scale';
  const expected = scale ? scaleExpected : target.resource;
  const manifest = decodeManifest(parseManifest(request, target, expected), expected);
  const { resource, namespace, name } = target;
  const current = state.store.get(resource, namespace, name);
  const now = timestamp(state.clock.now());
  const { force } = query;
  if (scale) {
    if (current === undefined) throw notFound(byPlural(resource, name));
    const writer = scaleWriter(query.fieldManager, 'Apply');
    const live = scaleOf(resource, current);
    const applied = applyManifest(live, manifest, { schema: scaleSchema, writer, now, force });
    const decoded = { value: applied.merged, warnings: [] };
    return writeScale(state, target, current, decoded, query, applied);
  }
  const version = text(manifest, 'metadata', 'resourceVersion');
  if (
    current !== undefined &&
    version !== '' &&
    version !== text(current, 'metadata', 'resourceVersion')
  ) {
    throw modified(byPlural(resource, name));
  }
  const writer: Writer = {
    manager: query.fieldManager,
    operation: 'Apply',
    apiVersion: apiVersionOf(resource),
    subresource: target.subresource,
  };
  const applied = applyManifest(current, manifest, { schema: resource.schema, writer, now, force });
  const options = { ...optionsOf(query), owners: applied.owners };
  const { value } = decode(applied.merged, resource.schema);
  if (current === undefined) {
    requireNamespace(state, target, name);
    const metadata = object(value, 'metadata');
    metadata['name'] = name;
    return { status: 201, body: createBounded(state, target, value, options), warnings: [] };
  }
  return {
    status: 200,
    body: state.writer.update(resource, current, value, options),
    warnings: [],
  };
}
