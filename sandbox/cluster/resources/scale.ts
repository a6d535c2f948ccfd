// The Scale view of a workload: replicas and who may be counted, with its own shape and its own share of ownership.

import type { JsonObject } from '../json.ts';
import { at, count, nameOf, object, text } from '../json.ts';
import { difference, isEmpty, parseFields } from '../patch/field-set.ts';
import type { Ownership } from '../patch/managed-fields.ts';
import { printManagers, readManagers } from '../patch/managed-fields.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { invalidValue } from '../status.ts';
import type { Resource } from './resource.ts';
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
const replicasField = () => parseFields({ 'f:spec': { 'f:replicas': {} } });

function ownsReplicas(owner: Ownership): boolean {
  return owner.fields.kids.get('f:spec')?.kids.get('f:replicas')?.own === true;
}

/** The Scale of a workload. */
export function scaleOf(workload: JsonObject): JsonObject {
  const metadata = object(workload, 'metadata');
  const replicas = count(workload, ['spec', 'replicas']);
  const managed = printManagers(
    readManagers(workload)
      .filter(ownsReplicas)
      .map((owner) => ({ ...owner, apiVersion: scaleApiVersion, fields: replicasField() })),
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
      replicas: count(workload, ['status', 'replicas']),
      selector: selectorText(object(workload, 'spec', 'selector')),
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
    if (!ownsReplicas(owner)) {
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
    } else kept.push({ ...owner, fields: difference(owner.fields, replicasField()) });
  }
  const added = left.map((owner) => ({
    ...owner,
    apiVersion: apiVersionOf(resource),
    time: undefined,
    fields: replicasField(),
  }));
  return [...kept, ...added];
}

/** The broken rules of a Scale. */
export function validateScale(scale: JsonObject): FieldError[] {
  const replicas = at(scale, 'spec', 'replicas');
  return typeof replicas === 'number' && replicas < 0
    ? [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')]
    : [];
}
