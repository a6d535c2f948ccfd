// Rules about names, labels and annotations, the same for every kind.

import type { JsonObject } from '../json.ts';
import { equal, object, text } from '../json.ts';
import type { FieldError } from '../status.ts';
import { invalidValue, required } from '../status.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const keyName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const keyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** Which names a kind takes: those of DNS, or (roles) whatever fits between two slashes of a path. */
export type NameRule = 'subdomain' | 'label' | 'path';

const nameRules: Readonly<Record<NameRule, (name: string) => string | undefined>> = {
  subdomain: (name) => (subdomain.test(name) ? undefined : subdomainRule),
  label: (name) => (label.test(name) ? undefined : labelRule),
  path: (name) => {
    if (name === '.' || name === '..') return `may not be '${name}'`;
    const [bad] = /[/%]/.exec(name) ?? [];
    return bad === undefined ? undefined : `may not contain '${bad}'`;
  },
};

const namePart = (key: string) => key.slice(key.lastIndexOf('/') + 1);

/** Why a text is no key of a label; undefined: it is one. */
export const labelKeyMistake = (key: string): string | undefined =>
  keyName.test(namePart(key)) ? undefined : keyRule;

/** Why a text is no value of a label; undefined: it is one. */
export const labelValueMistake = (value: string): string | undefined =>
  labelValue.test(value) ? undefined : valueRule;

/** The broken rules of a map of labels. */
export function validateLabels(labels: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    if (!keyName.test(namePart(key))) errors.push(invalidValue(field, key, keyRule));
    if (typeof value === 'string' && !labelValue.test(value)) {
      errors.push(invalidValue(field, value, valueRule));
    }
  }
  return errors;
}

/** The broken rules of `metadata`. */
export function validateMetadata(
  given: JsonObject,
  old: JsonObject | undefined,
  nameRule: NameRule,
): FieldError[] {
  const errors: FieldError[] = [];
  const metadata = object(given, 'metadata');
  const name = text(metadata, 'name');
  if (name === '') {
    errors.push(required('metadata.name', 'name or generateName is required'));
  } else {
    const broken = nameRules[nameRule](name);
    if (broken !== undefined) errors.push(invalidValue('metadata.name', name, broken));
  }
  errors.push(...validateLabels(object(metadata, 'labels'), 'metadata.labels'));
  for (const key of Object.keys(object(metadata, 'annotations'))) {
    if (!keyName.test(namePart(key))) {
      errors.push(invalidValue('metadata.annotations', key, keyRule));
    }
  }
  if (old !== undefined) errors.push(...validateUnchanged(metadata, object(old, 'metadata')));
  return errors;
}

function validateUnchanged(metadata: JsonObject, old: JsonObject): FieldError[] {
  const uid = metadata['uid'];
  if (uid === undefined || equal(uid, old['uid'])) return [];
  const error = invalidValue('metadata.uid', uid, 'field is immutable');
  return [error, error];
}
