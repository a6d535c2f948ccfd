// The Scale view of a workload: replicas and who may be counted, with its own shape and its own share of ownership.

import type { JsonObject } from '../json.ts';
import { at, clone, count, nameOf, object, text } from '../json.ts';
import type { FieldSet } from '../patch/field-set.ts';
import { difference, intersection, isEmpty, parseFields } from '../patch/field-set.ts';
import type { Ownership } from '../patch/managed-fields.ts';
import { printManagers, readManagers } from '../patch/managed-fields.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { internalError, invalidValue } from '../status.ts';
import type { Resource, ScalePaths } from './resource.ts';
import { apiVersionOf } from './resource.ts';
import { objectMeta, typeMeta } from './shapes.ts';
import { selectorText } from './workload.ts';

/** The shape of Scale: replicas is no pointer, so zero is left out. */
export const scaleSchema = s.struct('Scale', {
  ...typeMeta,
  metadata: objectMeta,
  spec: s.always(s.struct('ScaleSpec', { replicas: s.int32 })),
  status: s.always(s.struct('ScaleStatus', { replicas: s.always(s.int32), selector: s.string })),
});

export const scaleApiVersion = 'autoscaling/v1';

const usualPaths: ScalePaths = {
  spec: ['spec', 'replicas'],
  status: ['status', 'replicas'],
  selector: undefined,
};
const pathsOf = (resource: Resource): ScalePaths => resource.custom?.scale ?? usualPaths;

function fieldAt(path: readonly string[]): FieldSet {
  let fields: JsonObject = {};
  for (const key of path.toReversed()) fields = { [`f:${key}`]: fields };
  return parseFields(fields);
}

/** The field of an object that its Scale shows as `spec.replicas`. */
export const replicasField = (resource: Resource): FieldSet => fieldAt(pathsOf(resource).spec);
const shownField = () => fieldAt(usualPaths.spec);

function ownsReplicas(resource: Resource, owner: Ownership): boolean {
  return !isEmpty(intersection(owner.fields, replicasField(resource)));
}

/** A copy of an object with another number of replicas. */
export function withReplicas(resource: Resource, held: JsonObject, replicas: number): JsonObject {
  const next = clone(held);
  let here = next;
  const path = [...pathsOf(resource).spec];
  const last = path.pop() ?? '';
  for (const key of path) {
    const below = object(here, key);
    here[key] = below;
    here = below;
  }
  here[last] = replicas;
  return next;
}

/** Selectors of custom kinds stand as text in their status. */
function shownSelector(resource: Resource, held: JsonObject): JsonObject {
  if (resource.custom === undefined) {
    return { selector: selectorText(object(held, 'spec', 'selector')) };
  }
  const { selector } = pathsOf(resource);
  const written = selector === undefined ? '' : text(held, ...selector);
  return written === '' ? {} : { selector: written };
}

/** The Scale of an object. Throws 500 for one of a custom kind that says nothing of replicas. */
export function scaleOf(resource: Resource, workload: JsonObject): JsonObject {
  const metadata = object(workload, 'metadata');
  const { spec, status } = pathsOf(resource);
  if (resource.custom !== undefined && at(workload, ...spec) === undefined) {
    throw internalError(`the spec replicas field ".${spec.join('.')}" does not exist`);
  }
  const replicas = count(workload, spec);
  const managed = printManagers(
    readManagers(workload)
      .filter((owner) => ownsReplicas(resource, owner))
      .map((owner) => ({ ...owner, apiVersion: scaleApiVersion, fields: shownField() })),
  );
  return {
    kind: 'Scale',
    apiVersion: scaleApiVersion,
    metadata: {
      name: nameOf(workload),
      namespace: text(metadata, 'namespace'),
      uid: text(metadata, 'uid'),
      resourceVersion: text(metadata, 'resourceVersion'),
      creationTimestamp: text(metadata, 'creationTimestamp'),
      ...(managed.length === 0 ? {} : { managedFields: managed }),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: count(workload, status),
      ...shownSelector(resource, workload),
    },
  };
}

/** Owners of the workload once the owners of its Scale have become these. An entry new to the workload gets no time. */
export function ownersFromScale(
  resource: Resource,
  workload: JsonObject,
  scaleOwners: readonly Ownership[],
): Ownership[] {
  const left = scaleOwners.filter((owner) => !isEmpty(owner.fields));
  const kept: Ownership[] = [];
  for (const owner of readManagers(workload)) {
    if (!ownsReplicas(resource, owner)) {
      kept.push(owner);
      continue;
    }
    const twin = left.findIndex(
      (item) =>
        item.manager === owner.manager &&
        item.operation === owner.operation &&
        item.subresource === owner.subresource,
    );
    if (twin >= 0) {
      left.splice(twin, 1);
      kept.push(owner);
    } else kept.push({ ...owner, fields: difference(owner.fields, replicasField(resource)) });
  }
  const added = left.map((owner) => ({
    ...owner,
    apiVersion: apiVersionOf(resource),
    time: undefined,
    fields: replicasField(resource),
  }));
  return [...kept, ...added];
}

/** The broken rules of a Scale. Custom kinds have their own. */
export function validateScale(resource: Resource, scale: JsonObject): FieldError[] {
  if (resource.custom !== undefined) return [];
  const replicas = at(scale, 'spec', 'replicas');
  return typeof replicas === 'number' && replicas < 0
    ? [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')]
    : [];
}
