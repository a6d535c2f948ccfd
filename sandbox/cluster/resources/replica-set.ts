// ReplicaSets: mostly written by the Deployment controller, read by people who want to know what a rollout did.
import { object } from '../json.ts';
import * as s from '../schema.ts';
import { labelSelector } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { conditions, objectMeta, podTemplate, typeMeta } from './shapes.ts';
import {
  defaultTemplate,
  notNegative,
  selectorUnchanged,
  setDefault,
  templateWarnings,
  validateSelector,
  validateTemplate,
} from './workload.ts';

/** ReplicaSets of apps/v1. */
export const replicaSet: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  storageVersionHash: 'P1RzHs8/mWQ=',
  namespaced: true,
  schema: s.struct('ReplicaSet', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('ReplicaSetSpec', {
        replicas: s.pointer(s.int32),
        minReadySeconds: s.int32,
        selector: labelSelector,
        template: podTemplate,
      }),
    ),
    status: s.always(
      s.struct('ReplicaSetStatus', {
        replicas: s.always(s.int32),
        fullyLabeledReplicas: s.int32,
        readyReplicas: s.int32,
        availableReplicas: s.int32,
        terminatingReplicas: s.pointer(s.int32),
        observedGeneration: s.int64,
        conditions,
      }),
    ),
  }),
  generation: 'spec',
  statusSubresource: true,
  scale: true,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
  deleteAnswers: 'status',
  applyDefaults: (given) => {
    const spec = object(given, 'spec');
    setDefault(spec, 'replicas', 1);
    defaultTemplate(spec);
  },
  validate: (given, old) => {
    const spec = object(given, 'spec');
    return [
      ...notNegative(spec, 'replicas'),
      ...validateSelector(spec),
      ...validateTemplate(spec),
      ...(old === undefined ? [] : selectorUnchanged(spec, object(old, 'spec'))),
    ];
  },
  warnings: templateWarnings,
};
