// StatefulSets: shape, defaults and the short list of fields that may change.

import type { JsonObject } from '../json.ts';
import { equal, isObject, object, objects } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { forbidden } from '../status.ts';
import { labelSelector } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { conditions, objectMeta, podTemplate, typeMeta } from './shapes.ts';
import { claim } from './storage.ts';
import {
  defaultTemplate,
  notNegative,
  setDefault,
  templateWarnings,
  validateSelector,
  validateTemplate,
} from './workload.ts';

const schema = s.struct('StatefulSet', {
  ...typeMeta,
  metadata: objectMeta,
  spec: s.always(
    s.struct('StatefulSetSpec', {
      replicas: s.pointer(s.int32),
      selector: labelSelector,
      template: podTemplate,
      volumeClaimTemplates: s.list(claim.schema),
      serviceName: s.string,
      podManagementPolicy: s.string,
      updateStrategy: s.always(
        s.struct('StatefulSetUpdateStrategy', {
          type: s.string,
          rollingUpdate: s.struct('RollingUpdateStatefulSetStrategy', {
            partition: s.pointer(s.int32),
            maxUnavailable: s.intOrString,
          }),
        }),
      ),
      revisionHistoryLimit: s.pointer(s.int32),
      minReadySeconds: s.int32,
      persistentVolumeClaimRetentionPolicy: s.struct('RetentionPolicy', {
        whenDeleted: s.string,
        whenScaled: s.string,
      }),
      ordinals: s.any,
    }),
  ),
  status: s.always(
    s.struct('StatefulSetStatus', {
      observedGeneration: s.int64,
      replicas: s.always(s.int32),
      readyReplicas: s.int32,
      currentReplicas: s.int32,
      updatedReplicas: s.int32,
      currentRevision: s.string,
      updateRevision: s.string,
      collisionCount: s.pointer(s.int32),
      conditions,
      availableReplicas: s.always(s.int32),
    }),
  ),
});

function applyDefaults(statefulSet: JsonObject): void {
  const spec = object(statefulSet, 'spec');
  setDefault(spec, 'replicas', 1);
  defaultTemplate(spec);
  for (const template of objects(spec, 'volumeClaimTemplates')) {
    setDefault(template, 'kind', claim.kind);
    setDefault(template, 'apiVersion', 'v1');
    claim.applyDefaults(template);
  }
  setDefault(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = object(spec, 'updateStrategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    setDefault(strategy, 'rollingUpdate', {});
    setDefault(object(strategy, 'rollingUpdate'), 'partition', 0);
  }
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'persistentVolumeClaimRetentionPolicy', {});
  const retention = spec['persistentVolumeClaimRetentionPolicy'];
  if (isObject(retention)) {
    setDefault(retention, 'whenDeleted', 'Retain');
    setDefault(retention, 'whenScaled', 'Retain');
  }
}

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function validate(statefulSet: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = object(statefulSet, 'spec');
  const errors = [
    ...notNegative(spec, 'replicas'),
    ...validateSelector(spec),
    ...validateTemplate(spec),
    ...notNegative(spec, 'minReadySeconds'),
    ...notNegative(spec, 'revisionHistoryLimit'),
  ];
  if (old === undefined) return errors;
  const rest = (from: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(from).filter(([key]) => !changeable.includes(key)));
  if (!equal(rest(spec), rest(object(old, 'spec')))) {
    errors.push(
      forbidden(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return errors;
}

/** StatefulSets of apps/v1. */
export const statefulSet: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  storageVersionHash: 'H+vl74LkKdo=',
  namespaced: true,
  schema,
  generation: 'spec',
  statusSubresource: true,
  scale: true,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
  deleteAnswers: 'status',
  applyDefaults,
  validate,
  warnings: templateWarnings,
};
