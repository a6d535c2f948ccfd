// Deployments: shape, defaults and rules as Kubernetes 1.36 was recorded to have them.

import type { Json, JsonObject } from '../json.ts';
import { at, isObject, object } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { forbidden, invalidValue, notSupported } from '../status.ts';
import { labelSelector } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { objectMeta, podTemplate, typeMeta, updatedConditions } from './shapes.ts';
import {
  defaultTemplate,
  notNegative,
  selectorUnchanged,
  setDefault,
  templateWarnings,
  validateSelector,
  validateTemplate,
} from './workload.ts';

const schema = s.struct('Deployment', {
  ...typeMeta,
  metadata: objectMeta,
  spec: s.always(
    s.struct('DeploymentSpec', {
      replicas: s.pointer(s.int32),
      selector: labelSelector,
      template: podTemplate,
      strategy: s.always(
        s.struct('DeploymentStrategy', {
          type: s.string,
          rollingUpdate: s.struct('RollingUpdateDeployment', {
            maxUnavailable: s.intOrString,
            maxSurge: s.intOrString,
          }),
        }),
      ),
      minReadySeconds: s.int32,
      revisionHistoryLimit: s.pointer(s.int32),
      paused: s.bool,
      progressDeadlineSeconds: s.pointer(s.int32),
    }),
  ),
  status: s.always(
    s.struct('DeploymentStatus', {
      observedGeneration: s.int64,
      replicas: s.int32,
      updatedReplicas: s.int32,
      readyReplicas: s.int32,
      availableReplicas: s.int32,
      unavailableReplicas: s.int32,
      terminatingReplicas: s.pointer(s.int32),
      conditions: updatedConditions,
      collisionCount: s.pointer(s.int32),
    }),
  ),
});

function applyDefaults(deployment: JsonObject): void {
  const spec = object(deployment, 'spec');
  setDefault(spec, 'replicas', 1);
  defaultTemplate(spec);
  const strategy = object(spec, 'strategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    setDefault(strategy, 'rollingUpdate', {});
    const rolling = object(strategy, 'rollingUpdate');
    setDefault(rolling, 'maxUnavailable', '25%');
    setDefault(rolling, 'maxSurge', '25%');
  }
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'progressDeadlineSeconds', 600);
}

const isZero = (value: Json | undefined) => value === 0 || value === '0%';

function validateStrategy(strategy: JsonObject): FieldError[] {
  const field = 'spec.strategy';
  const rolling = strategy['rollingUpdate'];
  if (strategy['type'] === 'Recreate') {
    return rolling === undefined
      ? []
      : [
          forbidden(
            `${field}.rollingUpdate`,
            "may not be specified when strategy `type` is 'Recreate'",
          ),
        ];
  }
  if (strategy['type'] !== 'RollingUpdate') {
    return [notSupported(`${field}.type`, strategy['type'] ?? '', ['Recreate', 'RollingUpdate'])];
  }
  if (!isObject(rolling)) return [];
  const errors: FieldError[] = [];
  for (const key of ['maxUnavailable', 'maxSurge']) {
    const value = rolling[key];
    const path = `${field}.rollingUpdate.${key}`;
    if (typeof value === 'number' && value < 0) {
      errors.push(invalidValue(path, value, 'must be greater than or equal to 0'));
    } else if (typeof value === 'string' && !/^\d+%$/.test(value)) {
      errors.push(
        invalidValue(
          path,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%', regex used for validation is '[0-9]+%')",
        ),
      );
    }
  }
  if (isZero(rolling['maxUnavailable']) && isZero(rolling['maxSurge'])) {
    errors.push(
      invalidValue(
        `${field}.rollingUpdate.maxUnavailable`,
        rolling['maxUnavailable'] ?? 0,
        'may not be 0 when `maxSurge` is 0',
      ),
    );
  }
  return errors;
}

function validate(deployment: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = object(deployment, 'spec');
  const errors = [
    ...notNegative(spec, 'replicas'),
    ...validateSelector(spec),
    ...validateTemplate(spec),
    ...validateStrategy(object(spec, 'strategy')),
    ...notNegative(spec, 'minReadySeconds'),
    ...notNegative(spec, 'revisionHistoryLimit'),
  ];
  const deadline = at(spec, 'progressDeadlineSeconds');
  const minReady = Number(spec['minReadySeconds'] ?? 0);
  if (typeof deadline === 'number') {
    errors.push(...notNegative(spec, 'progressDeadlineSeconds'));
    if (deadline <= minReady) {
      errors.push(
        invalidValue(
          'spec.progressDeadlineSeconds',
          deadline,
          'must be greater than minReadySeconds',
        ),
      );
    }
  }
  if (old !== undefined) errors.push(...selectorUnchanged(spec, object(old, 'spec')));
  return errors;
}

/** Deployments of apps/v1. */
export const deployment: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  storageVersionHash: '8aSe+NMegvE=',
  namespaced: true,
  schema,
  generation: 'spec-and-annotations',
  statusSubresource: true,
  scale: true,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
  deleteAnswers: 'status',
  applyDefaults,
  validate,
  warnings: templateWarnings,
};
