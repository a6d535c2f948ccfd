// ServiceAccounts and Secrets: who programs are, and what they must not show.

import type { JsonObject } from '../json.ts';
import { equal, object, show, text } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { forbidden, invalidValue } from '../status.ts';
import { localReference } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { objectMeta, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

const shared = {
  group: '',
  version: 'v1',
  namespaced: true,
  generation: 'none',
  statusSubresource: false,
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
} as const satisfies Partial<Resource>;

/** ServiceAccounts. */
export const serviceAccount: Resource = {
  ...shared,
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  storageVersionHash: 'pbx9ZvyFpBE=',
  deleteAnswers: 'object',
  schema: s.struct('ServiceAccount', {
    ...typeMeta,
    metadata: objectMeta,
    secrets: s.keyed(s.any, ['name']),
    imagePullSecrets: s.list(localReference),
    automountServiceAccountToken: s.pointer(s.bool),
  }),
  applyDefaults: () => undefined,
  validate: () => [],
};

/** The server refuses Secrets above this size (bytes of the decoded values). */
const secretBytesMax = 1_048_576;
const secretKey = /^[-._a-zA-Z0-9]+$/;

function validateSecret(given: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(object(given, 'data'))) {
    if (!secretKey.test(key)) {
      errors.push(
        invalidValue(
          `data[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      );
    }
    bytes += Buffer.from(show(value), 'base64').length;
  }
  if (bytes > secretBytesMax) {
    errors.push({
      reason: 'FieldValueTooLong',
      field: 'data',
      message: `Too long: may not be more than ${secretBytesMax} bytes`,
    });
  }
  if (old === undefined) return errors;
  if (given['type'] !== old['type']) {
    errors.push(invalidValue('type', text(given, 'type'), 'field is immutable'));
  }
  if (old['immutable'] === true) {
    const frozen = 'field is immutable when `immutable` is set';
    if (given['immutable'] !== true) errors.push(forbidden('immutable', frozen));
    if (!equal(given['data'], old['data'])) errors.push(forbidden('data', frozen));
  }
  return errors;
}

/** Texts in `stringData` are only a way to write `data`. */
function defaultSecret(given: JsonObject): void {
  setDefault(given, 'type', 'Opaque');
  const texts = Object.entries(object(given, 'stringData'));
  delete given['stringData'];
  if (texts.length === 0) return;
  const encoded = texts.map(([key, value]) => [key, Buffer.from(show(value)).toString('base64')]);
  given['data'] = { ...object(given, 'data'), ...Object.fromEntries(encoded) };
}

/** Secrets. */
export const secret: Resource = {
  ...shared,
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  shortNames: [],
  storageVersionHash: 'S6u1pOWzb84=',
  deleteAnswers: 'status',
  schema: s.struct('Secret', {
    ...typeMeta,
    metadata: objectMeta,
    immutable: s.pointer(s.bool),
    data: s.map(s.bytes),
    stringData: s.map(s.string),
    type: s.string,
  }),
  applyDefaults: defaultSecret,
  validate: validateSecret,
};
