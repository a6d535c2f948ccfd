// PodDisruptionBudgets: how many pods must stay when somebody evicts.
import type { Json, JsonObject } from '../json.ts';
import { object } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { invalidValue } from '../status.ts';
import { labelSelector } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { objectMeta, standardConditions, typeMeta } from './shapes.ts';

function validateAmount(field: string, value: Json | undefined): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') {
    return value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];
  }
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  if (percent === undefined) {
    return [
      invalidValue(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    ];
  }
  return Number(percent) > 100 ? [invalidValue(field, value, 'must not be greater than 100%')] : [];
}

function validate(given: JsonObject): FieldError[] {
  const spec = object(given, 'spec');
  const part = (key: string) => spec[key] ?? null;
  const errors: FieldError[] = [];
  if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined) {
    const shown = {
      MinAvailable: part('minAvailable'),
      Selector: part('selector'),
      MaxUnavailable: part('maxUnavailable'),
      UnhealthyPodEvictionPolicy: part('unhealthyPodEvictionPolicy'),
    };
    errors.push(invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  return [
    ...errors,
    ...validateAmount('spec.minAvailable', spec['minAvailable']),
    ...validateAmount('spec.maxUnavailable', spec['maxUnavailable']),
  ];
}

/** PodDisruptionBudgets. */
export const disruptionBudget: Resource = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  storageVersionHash: 'EVWiDmWqyJw=',
  namespaced: true,
  generation: 'spec',
  statusSubresource: true,
  scale: false,
  unconditionalUpdate: false,
  nameRule: 'subdomain',
  deleteAnswers: 'status',
  schema: s.struct('PodDisruptionBudget', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('PodDisruptionBudgetSpec', {
        minAvailable: s.intOrString,
        selector: labelSelector,
        maxUnavailable: s.intOrString,
        unhealthyPodEvictionPolicy: s.pointer(s.string),
      }),
    ),
    status: s.always(
      s.struct('PodDisruptionBudgetStatus', {
        observedGeneration: s.int64,
        disruptedPods: s.map(s.time),
        disruptionsAllowed: s.always(s.int32),
        currentHealthy: s.always(s.int32),
        desiredHealthy: s.always(s.int32),
        expectedPods: s.always(s.int32),
        conditions: standardConditions,
      }),
    ),
  }),
  applyDefaults: () => undefined,
  validate,
};
