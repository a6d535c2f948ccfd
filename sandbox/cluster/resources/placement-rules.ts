// Rules about where pods may run and what they mount: tolerations, spread, affinity, volumes.
import type { Json, JsonObject } from '../json.ts';
import { list, object, objects, show, text } from '../json.ts';
import type { FieldError } from '../status.ts';
import {
  duplicate,
  forbidden,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../status.ts';
import { labelKeyMistake, labelValueMistake } from './metadata.ts';

const effects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

/** A toleration with the names its fields have inside the server, as refusals quote it. */
const goToleration = (given: JsonObject): JsonObject => ({
  Key: text(given, 'key'),
  Operator: text(given, 'operator'),
  Value: text(given, 'value'),
  Effect: text(given, 'effect'),
  TolerationSeconds: given['tolerationSeconds'] ?? null,
});

function checkToleration(given: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const [key, operator, value] = [
    text(given, 'key'),
    text(given, 'operator'),
    text(given, 'value'),
  ];
  const badKey = key === '' ? undefined : labelKeyMistake(key);
  if (badKey !== undefined) errors.push(invalidValue(`${field}.key`, key, badKey));
  if (key === '' && operator !== 'Exists') {
    const because =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalidValue(`${field}.operator`, operator, because));
  }
  const effect = text(given, 'effect');
  if (given['tolerationSeconds'] !== undefined && effect !== 'NoExecute') {
    const because = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalidValue(`${field}.effect`, effect, because));
  }
  if (operator === 'Exists') {
    const because = "value must be empty when `operator` is 'Exists'";
    if (value !== '') errors.push(invalidValue(`${field}.operator`, goToleration(given), because));
  } else if (operator === '' || operator === 'Equal') {
    const badValue = labelValueMistake(value);
    if (badValue !== undefined) errors.push(invalidValue(`${field}.operator`, value, badValue));
  } else errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']));
  if (effect !== '' && !effects.includes(effect)) {
    errors.push(notSupported(`${field}.effect`, effect, effects));
  }
  return errors;
}

const reactions = ['DoNotSchedule', 'ScheduleAnyway'];

function checkSpreads(spec: JsonObject, field: string): FieldError[] {
  const seen = new Set<string>();
  return objects(spec, 'topologySpreadConstraints').flatMap((given, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const skew = given['maxSkew'] ?? 0;
    if (Number(skew) <= 0) {
      errors.push(invalidValue(`${at}.maxSkew`, skew, 'must be greater than zero'));
    }
    const key = text(given, 'topologyKey');
    if (key === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    const reaction = text(given, 'whenUnsatisfiable');
    if (!reactions.includes(reaction)) {
      errors.push(notSupported(`${at}.whenUnsatisfiable`, reaction, reactions));
    }
    const pair = `{${key}, ${reaction}}`;
    if (seen.has(pair)) {
      errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    }
    seen.add(pair);
    return [
      ...errors,
      ...checkLabelSelector(object(given, 'labelSelector'), `${at}.labelSelector`),
    ];
  });
}

function checkValues(given: JsonObject, field: string): FieldError[] {
  const values = list(given, 'values');
  const isEmpty = values.length === 0;
  switch (text(given, 'operator')) {
    case 'In':
    case 'NotIn': {
      const because = "must be specified when `operator` is 'In' or 'NotIn'";
      return isEmpty ? [required(`${field}.values`, because)] : [];
    }
    case 'Exists':
    case 'DoesNotExist': {
      const because = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return isEmpty ? [] : [forbidden(`${field}.values`, because)];
    }
    default:
      return [];
  }
}

function checkLabelSelector(selector: JsonObject, field: string): FieldError[] {
  return objects(selector, 'matchExpressions').flatMap((given, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    const operator = text(given, 'operator');
    const isKnown = ['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator);
    return isKnown
      ? checkValues(given, at)
      : [invalidValue(`${at}.operator`, operator, 'not a valid selector operator')];
  });
}

function checkNodeRequirement(given: JsonObject, at: string): FieldError[] {
  const operator = text(given, 'operator');
  const errors = checkValues(given, at);
  if (operator === 'Gt' || operator === 'Lt') {
    const because = "must be specified single value when `operator` is 'Lt' or 'Gt'";
    if (list(given, 'values').length !== 1) errors.push(required(`${at}.values`, because));
  } else if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator)) {
    errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  }
  const badKey = labelKeyMistake(text(given, 'key'));
  if (badKey !== undefined) errors.push(invalidValue(`${at}.key`, text(given, 'key'), badKey));
  return errors;
}

const checkNodeTerm = (term: JsonObject, field: string): FieldError[] =>
  objects(term, 'matchExpressions').flatMap((given, index) =>
    checkNodeRequirement(given, `${field}.matchExpressions[${index}]`),
  );

const needed = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const weightMax = 100;

function checkWeight(weight: Json | undefined, field: string): FieldError[] {
  const value = Number(weight ?? 0);
  return value >= 1 && value <= weightMax
    ? []
    : [invalidValue(`${field}.weight`, value, `must be in the range 1-${weightMax}`)];
}

function checkNodeAffinity(affinity: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (affinity[needed] !== undefined) {
    const terms = objects(affinity, needed, 'nodeSelectorTerms');
    const at = `${field}.${needed}.nodeSelectorTerms`;
    if (terms.length === 0) {
      errors.push(required(at, 'must have at least one node selector term'));
    }
    errors.push(...terms.flatMap((term, index) => checkNodeTerm(term, `${at}[${index}]`)));
  }
  const wishes = objects(affinity, preferred).flatMap((item, index) => {
    const at = `${field}.${preferred}[${index}]`;
    return [
      ...checkWeight(item['weight'], at),
      ...checkNodeTerm(object(item, 'preference'), `${at}.preference`),
    ];
  });
  return [...errors, ...wishes];
}

function checkPodTerm(term: JsonObject, field: string): FieldError[] {
  const errors = checkLabelSelector(object(term, 'labelSelector'), `${field}.labelSelector`);
  const key = text(term, 'topologyKey');
  if (key === '') return [...errors, required(`${field}.topologyKey`, 'can not be empty')];
  const bad = labelKeyMistake(key);
  return bad === undefined ? errors : [...errors, invalidValue(`${field}.topologyKey`, key, bad)];
}

function checkPodAffinity(affinity: JsonObject, field: string): FieldError[] {
  const terms = objects(affinity, needed).flatMap((term, index) =>
    checkPodTerm(term, `${field}.${needed}[${index}]`),
  );
  const wishes = objects(affinity, preferred).flatMap((item, index) => {
    const at = `${field}.${preferred}[${index}]`;
    return [
      ...checkWeight(item['weight'], at),
      ...checkPodTerm(object(item, 'podAffinityTerm'), `${at}.podAffinityTerm`),
    ];
  });
  return [...terms, ...wishes];
}

/** The broken rules about where the pods of a spec may run. */
export function validatePlacement(spec: JsonObject, field: string): FieldError[] {
  const nodeLabels = Object.entries(object(spec, 'nodeSelector')).flatMap(([key, value]) => {
    const bad = labelKeyMistake(key) ?? labelValueMistake(show(value));
    return bad === undefined ? [] : [invalidValue(`${field}.nodeSelector`, key, bad)];
  });
  const affinity = object(spec, 'affinity');
  const at = `${field}.affinity`;
  return [
    ...nodeLabels,
    ...checkNodeAffinity(object(affinity, 'nodeAffinity'), `${at}.nodeAffinity`),
    ...checkPodAffinity(object(affinity, 'podAffinity'), `${at}.podAffinity`),
    ...checkPodAffinity(object(affinity, 'podAntiAffinity'), `${at}.podAntiAffinity`),
    ...objects(spec, 'tolerations').flatMap((given, index) =>
      checkToleration(given, `${field}.tolerations[${index}]`),
    ),
    ...checkSpreads(spec, `${field}.topologySpreadConstraints`),
  ];
}

/** Every mounted volume must be there: among the volumes, or among claims made for each pod. */
export function validateMounts(
  spec: JsonObject,
  field: string,
  claims: readonly JsonObject[] = [],
): FieldError[] {
  const names = new Set([
    ...objects(spec, 'volumes').map((item) => text(item, 'name')),
    ...claims.map((item) => text(item, 'metadata', 'name')),
  ]);
  return ['initContainers', 'containers'].flatMap((part) =>
    objects(spec, part).flatMap((container, index) =>
      objects(container, 'volumeMounts').flatMap((mount, position) => {
        const name = text(mount, 'name');
        const at = `${field}.${part}[${index}].volumeMounts[${position}].name`;
        return names.has(name) ? [] : [notFoundValue(at, name)];
      }),
    ),
  );
}
