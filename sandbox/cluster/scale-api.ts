// The verbs on /scale.

import type { DecodedBody, Expected } from './bodies.ts';
import { decodeBody } from './bodies.ts';
import { timestamp } from './clock.ts';
import type { JsonObject } from './json.ts';
import { object, text } from './json.ts';
import type { ObjectAnswer } from './object-checks.ts';
import { checkIdentity, requireObject } from './object-checks.ts';
import type { Applied, Writer } from './patch/managed-fields.ts';
import { afterUpdate, readManagers } from './patch/managed-fields.ts';
import type { ApiRequest, Target, WriteQuery } from './request.ts';
import { optionsOf, parseObjectBody } from './request.ts';
import { byPlural } from './resources/resource.ts';
import {
  ownersFromScale,
  scaleApiVersion,
  scaleOf,
  scaleSchema,
  validateScale,
  withReplicas,
} from './resources/scale.ts';
import type { ClusterState } from './state.ts';
import { conflict, invalid, modified } from './status.ts';

/** What a body sent to /scale must be. */
export const scaleExpected: Expected = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  schema: scaleSchema,
};

/** PUT of a scale. */
export function replaceScale(
  state: ClusterState,
  target: Target,
  request: ApiRequest,
  query: WriteQuery,
): ObjectAnswer {
  const decoded = decodeBody(parseObjectBody(request, 'Scale'), scaleExpected, query);
  checkIdentity(decoded.value, target);
  return writeScale(state, target, requireObject(state, target), decoded, query);
}

/** Stores a decoded Scale; `applied` is there when it comes from a server-side apply. */
export function writeScale(
  state: ClusterState,
  target: Target,
  current: JsonObject,
  decoded: DecodedBody,
  query: WriteQuery,
  applied?: Applied,
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
  const errors = validateScale(resource, decoded.value);
  if (errors.length > 0) throw invalid({ group: 'autoscaling', kind: 'Scale', name }, errors);
  const replicas = Number(object(decoded.value, 'spec')['replicas'] ?? 0);
  const shown = scaleOf(resource, current);
  const next = { ...shown, spec: replicas === 0 ? {} : { replicas } };
  const before = readManagers(shown);
  const owners =
    applied?.owners ??
    (before.length === 0
      ? []
      : afterUpdate(before, {
          old: shown,
          next,
          schema: scaleSchema,
          writer: scaleWriter(query.fieldManager, 'Update'),
          now: timestamp(state.clock.now()),
        }));
  const { namespace, subresource } = target;
  const pending = { resource, subresource, namespace, name, next, old: shown };
  query.admit({ ...pending, operation: 'UPDATE', dryRun: query.dryRun });
  const written = state.writer.update(
    resource,
    current,
    withReplicas(resource, current, replicas),
    {
      ...optionsOf(query),
      subresource: 'scale',
      owners: ownersFromScale(resource, current, owners),
    },
  );
  return { status: 200, body: scaleOf(resource, written), warnings: decoded.warnings };
}

/** Who writes through scale. */
export const scaleWriter = (manager: string, operation: Writer['operation']): Writer => ({
  manager,
  operation,
  apiVersion: scaleApiVersion,
  subresource: 'scale',
});
