// The Status answers of the API server, since clients decide what to do by their reason, kind and causes.

import type { Json, JsonObject } from './json.ts';
import { show } from './json.ts';

/** One broken rule about one field. */
export interface FieldError {
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'FieldManagerConflict';
  readonly field: string;
  readonly message: string;
}

/** An answer that is not a success; `body` is a Status object, or text for paths nobody serves. */
export class ApiError extends Error {
  readonly code: number;
  readonly body: JsonObject | string;
  /** Some failures come with warnings. */
  warnings: readonly string[] = [];

  constructor(code: number, body: JsonObject | string) {
    super(typeof body === 'string' ? body : show(body['message']));
    this.code = code;
    this.body = body;
  }

  withWarnings(warnings: readonly string[]): this {
    this.warnings = warnings;
    return this;
  }
}

/** What a message names: the plural or kind, the group (empty for core) and the object. */
export interface Subject {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

const qualified = ({ group, kind }: Subject) => (group === '' ? kind : `${kind}.${group}`);

/** The `details` of a Status; empty parts are left out as the server does. */
export function detailsOf(subject: Subject, more: JsonObject = {}): JsonObject {
  return {
    ...(subject.name === '' ? {} : { name: subject.name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    ...(subject.kind === '' ? {} : { kind: subject.kind }),
    ...more,
  };
}

/** A failure Status. */
export function failure(
  code: number,
  reason: string,
  message: string,
  details?: JsonObject,
): ApiError {
  return new ApiError(code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  });
}

/** 404 for an object. */
export const notFound = (subject: Subject): ApiError =>
  failure(404, 'NotFound', `${qualified(subject)} "${subject.name}" not found`, detailsOf(subject));

/** 409 for a name that is taken. */
export const alreadyExists = (subject: Subject): ApiError =>
  failure(
    409,
    'AlreadyExists',
    `${qualified(subject)} "${subject.name}" already exists`,
    detailsOf(subject),
  );

/** 409 with the given explanation. */
export const conflict = (subject: Subject, because: string): ApiError =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${because}`,
    detailsOf(subject),
  );

/** 409 for a stale resourceVersion. */
export const modified = (subject: Subject): ApiError =>
  conflict(
    subject,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

/** 400 with a message and nothing else. */
export const badRequest = (message: string): ApiError => failure(400, 'BadRequest', message);

/** 405 for a verb the path does not have. */
export const methodNotAllowed = (): ApiError =>
  failure(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

/** 415 for an unknown body format. */
export const unsupportedMediaType = (): ApiError =>
  failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});

/** 422 that does not say what was wrong: every failure inside a JSON patch reads like this. */
export const patchRejected = (): ApiError =>
  failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

/** 500 with a message: the server gives no reason in these. */
export const internalError = (message: string): ApiError => failure(500, '', message);

/** 404 as plain text for paths nobody serves. */
export const unknownPath = (): ApiError => new ApiError(404, '404 page not found\n');

/** 422 with one cause for each broken rule. */
export function invalid(subject: Subject, errors: readonly FieldError[]): ApiError {
  const lines = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const joined = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const causes: Json[] = errors.map(({ reason, field, message }) => ({ reason, message, field }));
  return failure(
    422,
    'Invalid',
    `${qualified(subject)} "${subject.name}" is invalid: ${joined}`,
    detailsOf(subject, { causes }),
  );
}

/** 422 for a patch whose result cannot be decoded; `result` is the text of the patched object. */
export function undecodablePatch(result: string, because: string): ApiError {
  return invalid({ group: '', kind: '', name: '' }, [
    {
      reason: 'FieldValueInvalid',
      field: 'patch',
      message: `Invalid value: ${JSON.stringify(result)}: ${because}`,
    },
  ]);
}

/** A value that breaks a rule. */
export const invalidValue = (field: string, value: Json, because: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${because}`,
});

/** A field that must be there. */
export const required = (field: string, because = ''): FieldError => ({
  reason: 'FieldValueRequired',
  field,
  message: because === '' ? 'Required value' : `Required value: ${because}`,
});

/** A field that must not be there, or not change. */
export const forbidden = (field: string, because: string): FieldError => ({
  reason: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${because}`,
});

/** A value outside a fixed set. */
export const notSupported = (
  field: string,
  value: Json,
  supported: readonly string[],
): FieldError => ({
  reason: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported
    .map((item) => `"${item}"`)
    .join(', ')}`,
});

/** A value that names something that is not there. */
export const notFoundValue = (field: string, value: Json): FieldError => ({
  reason: 'FieldValueNotFound',
  field,
  message: `Not found: ${JSON.stringify(value)}`,
});

/** A value that is there twice. */
export const duplicate = (field: string, value: Json): FieldError => ({
  reason: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${JSON.stringify(value)}`,
});
