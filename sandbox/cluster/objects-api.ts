// The verbs on objects: create, replace, patch, apply, scale, delete.

import type { DecodedBody, Expected, PatchFormat } from './bodies.ts';
import { decodeBody, decodePatched, patchFormat, patchObject } from './bodies.ts';
import { timestamp } from './clock.ts';
import { decode } from './decode.ts';
import type { DeleteQuery } from './deletion.ts';
import { deleteObject } from './deletion.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject, nameOf, object, text } from './json.ts';
import type { Writer } from './patch/managed-fields.ts';
import { afterUpdate, applyManifest, readManagers } from './patch/managed-fields.ts';
import { goText } from './patch/strategic-merge-patch.ts';
import type { ApiRequest, Target, WriteQuery } from './request.ts';
import { parseObjectBody, parseWriteQuery, parseYamlBody } from './request.ts';
import { namespace as namespaceResource } from './resources/core.ts';
import type { Resource } from './resources/resource.ts';
import { apiVersionOf, byPlural } from './resources/resource.ts';
import {
  ownersFromScale,
  scaleApiVersion,
  scaleOf,
  scaleSchema,
  validateScale,
} from './resources/scale.ts';
import type { ClusterState } from './state.ts';
import {
  badRequest,
  conflict,
  failure,
  internalError,
  invalid,
  methodNotAllowed,
  modified,
  notFound,
} from './status.ts';
import { missingNamespace } from './writer.ts';

/** An answer with an object in it. */
export interface ObjectAnswer {
  readonly status: number;
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

const scaleExpected: Expected = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  schema: scaleSchema,
};

/** The object a target names. Throws 404. */
export function requireObject(state: ClusterState, target: Target): JsonObject {
  const { resource, namespace, name } = target;
  const found = state.store.get(resource, namespace, name);
  if (found === undefined) throw notFound(byPlural(resource, name));
  return found;
}

function checkIdentity(body: JsonObject, target: Target): void {
  const name = text(body, 'metadata', 'name');
  const namespace = text(body, 'metadata', 'namespace');
  if (name !== '' && name !== target.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
  if (namespace !== '' && namespace !== target.namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
}

function warningsOf(resource: Resource, value: JsonObject, decoded: DecodedBody): string[] {
  return [...decoded.warnings, ...(resource.warnings?.(value, undefined) ?? [])];
}

/** POST to a collection. */
export function createObject(
  state: ClusterState,
  target: Target,
  request: ApiRequest,
): ObjectAnswer {
  if (target.name !== '') throw methodNotAllowed();
  const { resource } = target;
  const query = parseWriteQuery(request, false);
  const decoded = decodeBody(parseObjectBody(request, resource.kind), resource, query);
  const given = text(decoded.value, 'metadata', 'namespace');
  if (resource.namespaced && given !== '' && given !== target.namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  requireNamespace(state, target);
  if (resource.kind === 'Pod') admitPod(decoded.value, target);
  const body = state.writer.create(resource, target.namespace, decoded.value, {
    manager: query.fieldManager,
    dryRun: query.dryRun,
  });
  return { status: 201, body, warnings: warningsOf(resource, body, decoded) };
}

/** What admission asks of a pod somebody creates by hand: only the default account and no priority class exist. */
function admitPod(pod: JsonObject, { namespace }: Target): void {
  const name = nameOf(pod);
  const refuse = (because: string) =>
    failure(403, 'Forbidden', `pods "${name}" is forbidden: ${because}`, { name, kind: 'pods' });
  const account = text(pod, 'spec', 'serviceAccountName');
  if (account !== '' && account !== 'default') {
    throw refuse(
      `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
    );
  }
  const priority = text(pod, 'spec', 'priorityClassName');
  if (priority !== '') throw refuse(`no PriorityClass with name ${priority} was found`);
}

function requireNamespace(state: ClusterState, { resource, namespace }: Target): void {
  if (!resource.namespaced) return;
  if (state.store.get(namespaceResource, '', namespace) === undefined) {
    throw missingNamespace(namespace);
  }
}

/** PUT of an object, its status or its scale. */
export function replaceObject(
  state: ClusterState,
  target: Target,
  request: ApiRequest,
): ObjectAnswer {
  if (target.name === '') throw methodNotAllowed();
  const query = parseWriteQuery(request, false);
  if (target.subresource === 'scale') return replaceScale(state, target, request, query);
  const decoded = decodeBody(
    parseObjectBody(request, target.resource.kind),
    target.resource,
    query,
  );
  checkIdentity(decoded.value, target);
  const current = requireObject(state, target);
  const body = state.writer.update(target.resource, current, decoded.value, {
    manager: query.fieldManager,
    dryRun: query.dryRun,
    uidCheck: 'storage',
    ...(target.subresource === 'status' ? { subresource: 'status' } : {}),
  });
  return { status: 200, body, warnings: warningsOf(target.resource, body, decoded) };
}

/** PATCH in any format, of an object, its status or its scale. */
export function patchTarget(
  state: ClusterState,
  target: Target,
  request: ApiRequest,
): ObjectAnswer {
  if (target.name === '') throw methodNotAllowed();
  const format = patchFormat(request.contentType);
  const query = parseWriteQuery(request, format === 'apply');
  if (format === 'apply') return applyTarget(state, target, request, query);
  const current = requireObject(state, target);
  const scale = target.subresource === 'scale';
  const shown = scale ? scaleOf(current) : current;
  const expected = scale ? scaleExpected : target.resource;
  const patched = patchObject(shown, request.body, format, expected.schema);
  const quoted = quotedPatch(request, format, query);
  const decoded = decodePatched(patched, expected, query, quoted);
  checkIdentity(decoded.value, target);
  if (scale) return writeScale(state, target, current, decoded, query);
  const body = state.writer.update(target.resource, current, decoded.value, {
    manager: query.fieldManager,
    dryRun: query.dryRun,
    uidCheck: 'rule',
    ...(target.subresource === 'status' ? { subresource: 'status' } : {}),
  });
  return { status: 200, body, warnings: warningsOf(target.resource, body, decoded) };
}

/** A strict strategic patch is checked before it is merged, so its errors quote the patch and not the object. */
function quotedPatch(
  request: ApiRequest,
  format: PatchFormat,
  query: WriteQuery,
): string | undefined {
  if (format !== 'strategic' || query.fieldValidation !== 'Strict') return undefined;
  const patch: Json = JSON.parse(request.body);
  return goText(patch);
}

function replaceScale(
  state: ClusterState,
  target: Target,
  request: ApiRequest,
  query: WriteQuery,
): ObjectAnswer {
  const decoded = decodeBody(parseObjectBody(request, 'Scale'), scaleExpected, query);
  checkIdentity(decoded.value, target);
  return writeScale(state, target, requireObject(state, target), decoded, query);
}

function writeScale(
  state: ClusterState,
  target: Target,
  current: JsonObject,
  decoded: DecodedBody,
  query: WriteQuery,
  applied?: ReturnType<typeof applyManifest>,
): ObjectAnswer {
  const { resource, name } = target;
  const given = object(decoded.value, 'metadata');
  const version = text(given, 'resourceVersion');
  if (version !== '' && version !== text(current, 'metadata', 'resourceVersion')) {
    throw modified(byPlural(resource, name));
  }
  const uid = text(given, 'uid');
  const own = text(current, 'metadata', 'uid');
  if (uid !== '' && uid !== own) {
    throw conflict(
      { group: resource.group, kind: `${resource.plural}/scale`, name },
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${own}`,
    );
  }
  const errors = validateScale(decoded.value);
  if (errors.length > 0) throw invalid({ group: 'autoscaling', kind: 'Scale', name }, errors);
  const replicas = Number(object(decoded.value, 'spec')['replicas'] ?? 0);
  const shown = scaleOf(current);
  const before = readManagers(shown);
  const owners =
    applied?.owners ??
    (before.length === 0
      ? []
      : afterUpdate(before, {
          old: shown,
          next: { ...shown, spec: replicas === 0 ? {} : { replicas } },
          schema: scaleSchema,
          writer: scaleWriter(query.fieldManager, 'Update'),
          now: timestamp(state.clock.now()),
        }));
  const written = state.writer.update(
    resource,
    current,
    { ...current, spec: { ...object(current, 'spec'), replicas } },
    {
      manager: query.fieldManager,
      dryRun: query.dryRun,
      owners: ownersFromScale(resource, current, owners),
    },
  );
  return { status: 200, body: scaleOf(written), warnings: decoded.warnings };
}

const scaleWriter = (manager: string, operation: Writer['operation']): Writer => ({
  manager,
  operation,
  apiVersion: scaleApiVersion,
  subresource: 'scale',
});

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
    const [first] = unknown;
    if (first === undefined) return pruneTo(value, manifest);
    throw internalError(`${prefix}.${first}: field not declared in schema`);
  } catch (error) {
    if (error instanceof Error && error.constructor.name === 'DecodeError') {
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

function applyTarget(
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
    const live = scaleOf(current);
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
  const options = { manager: query.fieldManager, dryRun: query.dryRun, owners: applied.owners };
  const { value } = decode(applied.merged, resource.schema);
  if (current === undefined) {
    requireNamespace(state, target);
    const metadata = object(value, 'metadata');
    metadata['name'] = name;
    const body = state.writer.create(resource, namespace, value, options);
    return { status: 201, body, warnings: [] };
  }
  return {
    status: 200,
    body: state.writer.update(resource, current, value, options),
    warnings: [],
  };
}

/** DELETE of one object. */
export function deleteTarget(
  state: ClusterState,
  target: Target,
  request: ApiRequest,
  query: DeleteQuery,
): ObjectAnswer {
  if (target.subresource !== '') throw methodNotAllowed();
  const current = requireObject(state, target);
  const { dryRun } = parseWriteQuery(request, false);
  return {
    status: 200,
    body: deleteObject(state, target.resource, current, { ...query, dryRun }),
    warnings: [],
  };
}
