// What of a pod may change once it is there: its image, its end, what it tolerates, its gates, and through resize its resources.

import { qosClass } from '../controllers/pod-facts.ts';
import type { Json, JsonObject } from '../json.ts';
import { clone, equal, list, object, objects, text } from '../json.ts';
import type { FieldError } from '../status.ts';
import { forbidden, invalidValue } from '../status.ts';
import { endingPolicies, validatePodSpec } from './pod-spec.ts';

const fixed =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const parts = ['initContainers', 'containers'] as const;

/** A spec as it was, but for what may change. */
function withAllowed(next: JsonObject, old: JsonObject): JsonObject {
  const spec = clone(next);
  for (const part of parts) {
    objects(spec, part).forEach((container, index) => {
      const before = objects(old, part)[index];
      if (before !== undefined) container['image'] = text(before, 'image');
    });
  }
  const grace = [old['terminationGracePeriodSeconds'], next['terminationGracePeriodSeconds']];
  const allowed: (readonly [string, boolean])[] = [
    ['activeDeadlineSeconds', next['activeDeadlineSeconds'] !== undefined],
    [
      'tolerations',
      list(old, 'tolerations').every((item) => holds(list(next, 'tolerations'), item)),
    ],
    ['terminationGracePeriodSeconds', Number(grace[0]) < 0 && grace[1] === 1],
    [
      'schedulingGates',
      list(next, 'schedulingGates').every((item) => holds(list(old, 'schedulingGates'), item)),
    ],
  ];
  for (const [key, may] of allowed) {
    const value = old[key];
    if (!may) continue;
    if (value === undefined) delete spec[key];
    else spec[key] = clone(value);
  }
  return spec;
}

const holds = (items: readonly Json[], wanted: Json) => items.some((item) => equal(item, wanted));

/** The broken rules of an update of a pod. */
export function validatePodUpdate(given: JsonObject, old: JsonObject): FieldError[] {
  const [next, before] = [object(given, 'spec'), object(old, 'spec')];
  const errors = validatePodSpec(next, 'spec', endingPolicies);
  return equal(withAllowed(next, before), before) ? errors : [...errors, forbidden('spec', fixed)];
}

/** Whether the node of a pod has said what its containers have, without which it cannot be resized. */
const canResize = (held: JsonObject) =>
  objects(held, 'status', 'containerStatuses').every((item) => item['resources'] !== undefined);

function removed(next: JsonObject, before: JsonObject, field: string): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((key) => {
    const now = object(next, key);
    const isLess = Object.keys(object(before, key)).some((name) => now[name] === undefined);
    return isLess ? [forbidden(`${field}.${key}`, `resource ${key} cannot be removed`)] : [];
  });
}

/** The broken rules of a resize. */
export function validateResize(given: JsonObject, old: JsonObject | undefined): FieldError[] {
  if (old === undefined) return [];
  if (!canResize(old)) return [forbidden('spec', 'Pod running on node without support for resize')];
  const errors = validatePodSpec(object(given, 'spec'), 'spec', endingPolicies);
  objects(given, 'spec', 'containers').forEach((container, index) => {
    const before = objects(old, 'spec', 'containers')[index];
    const field = `spec.containers[${index}].resources`;
    errors.push(...removed(object(container, 'resources'), object(before, 'resources'), field));
  });
  const [now, then] = [qosClass(given), qosClass(old)];
  if (now !== then && errors.length === 0) {
    const because = 'Pod QOS Class may not change as a result of resizing';
    errors.push(invalidValue('spec', now, because));
  }
  return errors;
}
