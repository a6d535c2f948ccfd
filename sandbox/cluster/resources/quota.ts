// ResourceQuotas and LimitRanges: what the pods of a namespace may have, together and each.

import type { Json, JsonObject } from '../json.ts';
import { list, object, objects, show, text } from '../json.ts';
import { quantityNanos } from '../quantity.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { forbidden, invalidValue, notSupported } from '../status.ts';
import type { Resource } from './resource.ts';
import { objectMeta, typeMeta } from './shapes.ts';

const shared = {
  group: '',
  version: 'v1',
  namespaced: true,
  generation: 'none',
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
} as const satisfies Partial<Resource>;

const standardNames =
  /^(pods|services|secrets|configmaps|persistentvolumeclaims|replicationcontrollers|resourcequotas|services\.(loadbalancers|nodeports)|(requests\.|limits\.)?(cpu|memory|ephemeral-storage)|requests\.storage)$/;

/** Scopes the sandbox understands. */
export const quotaScopes = ['BestEffort', 'NotBestEffort', 'NotTerminating', 'Terminating'];

function validateQuota(given: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(object(given, 'spec', 'hard'))) {
    const field = `spec.hard[${name}]`;
    if (!name.includes('/') && !standardNames.test(name)) {
      errors.push(
        invalidValue(field, name, 'must be a standard resource type or fully qualified'),
        invalidValue(field, name, 'must be a standard resource for quota'),
      );
    }
    const nanos = quantityNanos(show(value));
    if (nanos !== undefined && nanos < 0n) {
      errors.push(invalidValue(field, value, 'must be greater than or equal to 0'));
    }
  }
  list(given, 'spec', 'scopes').forEach((scope, index) => {
    const isKnown = quotaScopes.includes(show(scope));
    if (!isKnown) errors.push(notSupported(`spec.scopes[${index}]`, show(scope), quotaScopes));
  });
  if (object(given, 'spec')['scopeSelector'] !== undefined) {
    errors.push(forbidden('spec.scopeSelector', 'the sandbox does not serve scope selectors'));
  }
  return errors;
}

/** ResourceQuotas. */
export const resourceQuota: Resource = {
  ...shared,
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  storageVersionHash: '8uhSgffRX6w=',
  statusSubresource: true,
  deleteAnswers: 'object',
  schema: s.struct('ResourceQuota', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('ResourceQuotaSpec', {
        hard: s.map(s.quantity),
        scopes: s.list(s.string),
        scopeSelector: s.any,
      }),
    ),
    status: s.always(
      s.struct('ResourceQuotaStatus', { hard: s.map(s.quantity), used: s.map(s.quantity) }),
    ),
  }),
  applyDefaults: () => undefined,
  validate: validateQuota,
};

/** A maximum is the default where none is given, a default the default request, a minimum what is left. */
function defaultItem(item: JsonObject): void {
  if (text(item, 'type') !== 'Container') return;
  const limits = { ...object(item, 'max'), ...object(item, 'default') };
  const requests = { ...object(item, 'min'), ...limits, ...object(item, 'defaultRequest') };
  if (Object.keys(limits).length > 0) item['default'] = limits;
  if (Object.keys(requests).length > 0) item['defaultRequest'] = requests;
}

/** Each bound against the ones that must not be below it. */
const bounds = [
  ['min', 'min', 'max', 'max'],
  ['default', 'default', 'max', 'max'],
  ['defaultRequest', 'default request', 'default', 'default limit'],
] as const;

function validateItem(item: JsonObject, field: string): FieldError[] {
  const larger = (low: Json | undefined, high: Json | undefined): boolean => {
    const [one, other] = [quantityNanos(show(low)), quantityNanos(show(high))];
    return one !== undefined && other !== undefined && one > other;
  };
  return bounds.flatMap(([low, lowName, high, highName]) =>
    Object.entries(object(item, low))
      .filter(([name, value]) => larger(value, object(item, high)[name]))
      .map(([name, value]) =>
        invalidValue(
          `${field}.${low}[${name}]`,
          value,
          `${lowName} value ${show(value)} is greater than ${highName} value ${show(object(item, high)[name])}`,
        ),
      ),
  );
}

/** LimitRanges. */
export const limitRange: Resource = {
  ...shared,
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  storageVersionHash: 'EBKMFVe6cwo=',
  statusSubresource: false,
  deleteAnswers: 'status',
  schema: s.struct('LimitRange', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('LimitRangeSpec', {
        limits: s.always(
          s.list(
            s.struct('LimitRangeItem', {
              type: s.always(s.string),
              max: s.map(s.quantity),
              min: s.map(s.quantity),
              default: s.map(s.quantity),
              defaultRequest: s.map(s.quantity),
              maxLimitRequestRatio: s.map(s.quantity),
            }),
          ),
        ),
      }),
    ),
  }),
  applyDefaults: (given) => {
    for (const item of objects(given, 'spec', 'limits')) defaultItem(item);
  },
  validate: (given) =>
    objects(given, 'spec', 'limits').flatMap((item, index) =>
      validateItem(item, `spec.limits[${index}]`),
    ),
};
