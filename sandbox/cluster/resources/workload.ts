// Rules that Deployments, ReplicaSets and StatefulSets share.

import type { Json, JsonObject } from '../json.ts';
import { at, equal, isObject, list, object, objects, show, text } from '../json.ts';
import { matchesSelector } from '../selector.ts';
import type { FieldError } from '../status.ts';
import { invalidValue, required } from '../status.ts';
import { validateLabels } from './metadata.ts';
import { validateMounts } from './placement-rules.ts';
import { defaultPodSpec, podSpecWarnings, validatePodSpec } from './pod-spec.ts';

/** Sets a value unless there is one. */
export function setDefault(target: JsonObject, key: string, value: Json): void {
  if (target[key] === undefined) target[key] = value;
}

/** Defaults of `spec.template`. */
export function defaultTemplate(spec: JsonObject): void {
  const podSpec = at(spec, 'template', 'spec');
  if (isObject(podSpec)) defaultPodSpec(podSpec);
}

/** A rule for counters: zero or more. */
export function notNegative(spec: JsonObject, key: string, field = 'spec'): FieldError[] {
  const value = spec[key];
  return typeof value === 'number' && value < 0
    ? [invalidValue(`${field}.${key}`, value, 'must be greater than or equal to 0')]
    : [];
}

/** Rules of `spec.selector` against the template. */
export function validateSelector(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const selector = spec['selector'];
  const labels = at(spec, 'template', 'metadata', 'labels');
  const labelMap = isObject(labels) ? labels : {};
  const empty =
    isObject(selector) &&
    Object.keys(object(selector, 'matchLabels')).length === 0 &&
    list(selector, 'matchExpressions').length === 0;
  if (!isObject(selector)) errors.push(required('spec.selector'));
  else if (empty) {
    errors.push(
      invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'),
    );
  }
  if (!isObject(selector) || empty || !matchesSelector(selector, labelMap)) {
    errors.push(
      invalidValue(
        'spec.template.metadata.labels',
        labels ?? null,
        '`selector` does not match template `labels`',
      ),
    );
  }
  return errors;
}

/** Rules of `template` in a spec. Pods of most workloads always start again. */
export function validateTemplate(
  spec: JsonObject,
  field = 'spec',
  policies: readonly string[] = ['Always'],
): FieldError[] {
  return [
    ...validateLabels(
      object(spec, 'template', 'metadata', 'labels'),
      `${field}.template.metadata.labels`,
    ),
    ...validatePodSpec(object(spec, 'template', 'spec'), `${field}.template.spec`, policies),
    ...validateMounts(
      object(spec, 'template', 'spec'),
      `${field}.template.spec`,
      objects(spec, 'volumeClaimTemplates'),
    ),
  ];
}

/** The selector of a workload cannot change once it is there. */
export function selectorUnchanged(spec: JsonObject, old: JsonObject): FieldError[] {
  return equal(spec['selector'], old['selector'])
    ? []
    : [invalidValue('spec.selector', spec['selector'] ?? null, 'field is immutable')];
}

/** The selector as text, as Scale objects show it. */
export function selectorText(selector: JsonObject): string {
  const labels = Object.entries(object(selector, 'matchLabels')).map(
    ([key, value]) => `${key}=${show(value)}`,
  );
  const expressions = list(selector, 'matchExpressions').map((item) => {
    const key = text(item, 'key');
    const values = list(item, 'values').map(show).join(',');
    const operator = text(item, 'operator');
    if (operator === 'Exists') return key;
    return operator === 'DoesNotExist' ? `!${key}` : `${key} ${operator.toLowerCase()} (${values})`;
  });
  return [...labels, ...expressions].toSorted().join(',');
}

/** Warnings about `spec.template`. */
export const templateWarnings = (workload: JsonObject): string[] =>
  podSpecWarnings(object(workload, 'spec', 'template', 'spec'), 'spec.template.spec');
