// The verbs on objects: create, replace, patch, delete.

import { applyTarget } from './apply-api.ts';
import type { DecodedBody, PatchFormat } from './bodies.ts';
import { decodeBody, decodePatched, patchFormat, patchObject } from './bodies.ts';
import { createBounded } from './create-bounded.ts';
import { podForbidden } from './create-pod.ts';
import type { DeleteQuery } from './deletion.ts';
import { deleteObject } from './deletion.ts';
import type { Json, JsonObject } from './json.ts';
import { nameOf, text } from './json.ts';
import type { ObjectAnswer } from './object-checks.ts';
import { checkIdentity, requireNamespace, requireObject } from './object-checks.ts';
import { goText } from './patch/strategic-merge-patch.ts';
import type { ApiRequest, Target, WriteQuery } from './request.ts';
import { optionsOf, parseObjectBody, parseWriteQuery } from './request.ts';
import type { Resource } from './resources/resource.ts';
import { scaleOf } from './resources/scale.ts';
import { replaceScale, scaleExpected, writeScale } from './scale-api.ts';
import type { ClusterState } from './state.ts';
import { badRequest, failure, methodNotAllowed } from './status.ts';

function warningsOf(resource: Resource, value: JsonObject, decoded: DecodedBody): string[] {
  return [...decoded.warnings, ...(resource.warnings?.(value) ?? [])];
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
  requireNamespace(state, target, nameOf(decoded.value));
  if (resource.custom?.isLeaving === true) throw leavingKind();
  const options = optionsOf(query);
  if (resource.kind === 'Pod') admitPod(decoded.value, target);
  const body = createBounded(state, target, decoded.value, options);
  return { status: 201, body, warnings: warningsOf(resource, body, decoded) };
}

const leavingKind = () =>
  failure(
    405,
    'MethodNotAllowed',
    'create not allowed while custom resource definition is terminating',
    {},
  );

/** What admission asks of a pod somebody creates by hand: only the default account and no priority class exist. */
function admitPod(pod: JsonObject, { namespace }: Target): void {
  const refuse = (because: string) => podForbidden(pod, because);
  const account = text(pod, 'spec', 'serviceAccountName');
  if (account !== '' && account !== 'default') {
    throw refuse(
      `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
    );
  }
  const priority = text(pod, 'spec', 'priorityClassName');
  if (priority !== '') throw refuse(`no PriorityClass with name ${priority} was found`);
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
    ...optionsOf(query),
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
  const format = patchFormat(request.contentType, target.resource);
  const query = parseWriteQuery(request, format === 'apply');
  if (format === 'apply') return applyTarget(state, target, request, query);
  const current = requireObject(state, target);
  const scale = target.subresource === 'scale';
  const shown = scale ? scaleOf(target.resource, current) : current;
  const expected = scale ? scaleExpected : target.resource;
  const patched = patchObject(shown, request.body, format, expected.schema);
  const quoted = quotedPatch(request, format, query);
  const decoded = decodePatched(patched, expected, query, quoted);
  checkIdentity(decoded.value, target);
  if (scale) return writeScale(state, target, current, decoded, query);
  const body = state.writer.update(target.resource, current, decoded.value, {
    ...optionsOf(query),
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

const keptPods =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

/** DELETE of one object. */
export function deleteTarget(
  state: ClusterState,
  target: Target,
  request: ApiRequest,
  query: DeleteQuery,
): ObjectAnswer {
  if (target.subresource !== '') throw methodNotAllowed();
  const current = requireObject(state, target);
  // The options in the query are checked like those of any write; those in the body count too.
  parseWriteQuery(request, false);
  return {
    status: 200,
    body: deleteObject(state, target.resource, current, { ...query, admit: request.admit }),
    warnings:
      target.resource.orphansChildren === true && query.propagation === undefined ? [keptPods] : [],
  };
}
