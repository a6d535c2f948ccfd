// Turns bodies and patched objects into decoded ones, with the answers the server gives to wrong kinds, types and fields.
import { DecodeError, decode } from './decode.ts';
import type { Json, JsonObject } from './json.ts';
import { isList, isObject, nameOf, text } from './json.ts';
import { applyJsonPatch } from './patch/json-patch.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { applyStrategicMergePatch } from './patch/strategic-merge-patch.ts';
import type { WriteQuery } from './request.ts';
import { jsonMistake } from './request.ts';
import type { CustomTraits, Resource } from './resources/resource.ts';
import type { StructSchema } from './schema.ts';
import {
  badRequest,
  failure,
  invalid,
  invalidValue,
  undecodablePatch,
  unsupportedMediaType,
} from './status.ts';

/** The kind a body must have. */
export interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: StructSchema;
  readonly custom?: CustomTraits;
}

/** A decoded body and the warnings it earns. */
export interface DecodedBody {
  readonly value: JsonObject;
  readonly warnings: readonly string[];
}

const groupVersion = ({ group, version }: Expected) =>
  group === '' ? version : `${group}/${version}`;

function kindMistake(body: JsonObject, expected: Expected): string | undefined {
  const kind = text(body, 'kind');
  if (expected.custom !== undefined) return undefined;
  if (kind === '' || kind === expected.kind) return undefined;
  const version = text(body, 'apiVersion').split('/').at(-1) ?? '';
  const internal = expected.group === '' ? 'core' : (expected.group.split('.')[0] ?? '');
  return `converting (${version}.${kind}) to (${internal}.${expected.kind}): unknown conversion`;
}

const unknownFields = (fields: readonly string[]) =>
  fields.map((field) => `unknown field "${field}"`);

/** A body of a custom kind must name its kind; another version than the path's knows none of its fields. */
function checkCustomBody(body: JsonObject, expected: Expected): void {
  const kind = text(body, 'kind');
  const given = text(body, 'apiVersion');
  for (const [key, value] of [
    ['Kind', kind],
    ['apiVersion', given],
  ] as const) {
    if (value === '') throw badRequest(`Object '${key}' is missing in '${JSON.stringify(body)}'`);
  }
  if (given !== groupVersion(expected)) {
    const fields = Object.keys(body).filter(
      (key) => !['apiVersion', 'kind', 'metadata'].includes(key),
    );
    throw badRequest(otherVersion(given, expected)).withWarnings(unknownFields(fields.toSorted()));
  }
  if (kind !== expected.kind) {
    throw invalid({ group: expected.group, kind, name: nameOf(body) }, [
      invalidValue('kind', kind, `must be ${expected.kind}`),
    ]);
  }
}

const otherVersion = (given: string, expected: Expected) =>
  `the API version in the data (${given}) does not match the expected API version (${groupVersion(expected)})`;

/** Decodes the body of a POST or PUT. Throws 400 for anything that does not fit. */
export function decodeBody(body: JsonObject, expected: Expected, query: WriteQuery): DecodedBody {
  if (expected.custom !== undefined) checkCustomBody(body, expected);
  const wrongKind = kindMistake(body, expected);
  const kind = text(body, 'kind') === '' ? expected.kind : text(body, 'kind');
  const version = text(body, 'apiVersion').split('/').at(-1) ?? '';
  const prefix = `${kind} in version "${version === '' ? expected.version : version}" cannot be handled as a ${expected.kind}: `;
  if (wrongKind !== undefined) throw badRequest(prefix + wrongKind);
  const given = text(body, 'apiVersion');
  if (given !== '' && given !== groupVersion(expected)) {
    throw badRequest(otherVersion(given, expected));
  }
  try {
    const { value, unknown } = decode(body, expected.schema);
    if (unknown.length > 0 && query.fieldValidation === 'Strict') {
      throw new DecodeError(`strict decoding error: ${unknownFields(unknown).join(', ')}`);
    }
    return { value, warnings: query.fieldValidation === 'Warn' ? unknownFields(unknown) : [] };
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(prefix + error.message);
    throw error;
  }
}

/** Decodes a patched object. Throws 422 naming the whole object, as the server does. */
export function decodePatched(
  patched: JsonObject,
  expected: Expected,
  query: WriteQuery,
  /** What the server quotes when decoding fails. */
  quoted = JSON.stringify(patched),
): DecodedBody {
  try {
    const wrongKind = kindMistake(patched, expected);
    if (wrongKind !== undefined) throw new DecodeError(wrongKind);
    const { value, unknown } = decode(patched, expected.schema);
    if (unknown.length > 0 && query.fieldValidation === 'Strict') {
      throw new DecodeError(`strict decoding error: ${unknownFields(unknown).join(', ')}`);
    }
    return { value, warnings: query.fieldValidation === 'Warn' ? unknownFields(unknown) : [] };
  } catch (error) {
    if (error instanceof DecodeError) {
      throw undecodablePatch(quoted, error.message);
    }
    throw error;
  }
}

/** A patch format. */
export type PatchFormat = 'json' | 'merge' | 'strategic' | 'apply';

/** The format behind a content type. Throws 415 for others, among them strategic merge for custom kinds. */
export function patchFormat(contentType: string, resource: Resource): PatchFormat {
  switch ((contentType.split(';')[0] ?? '').trim()) {
    case 'application/json-patch+json':
      return 'json';
    case 'application/merge-patch+json':
      return 'merge';
    case 'application/strategic-merge-patch+json':
      if (resource.custom !== undefined) throw noStrategicMerge();
      return 'strategic';
    case 'application/apply-patch+yaml':
      return 'apply';
    default:
      throw unsupportedMediaType();
  }
}

const noStrategicMerge = () =>
  failure(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  );

function typeName(value: Json): string {
  if (isList(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function parsePatch(body: string): Json {
  try {
    const parsed: Json = JSON.parse(body);
    return parsed;
  } catch {
    throw badRequest(`error decoding patch: ${jsonMistake(body)}`);
  }
}

/** Applies a JSON, merge or strategic patch to an object. Throws the server's answers for broken patches. */
export function patchObject(
  current: JsonObject,
  body: string,
  format: Exclude<PatchFormat, 'apply'>,
  schema: StructSchema,
): JsonObject {
  const patch = parsePatch(body);
  if (format === 'json') {
    if (isList(patch)) return applyJsonPatch(current, patch);
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${typeName(patch)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (!isObject(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${typeName(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return format === 'merge'
    ? applyMergePatch(current, patch)
    : applyStrategicMergePatch(current, patch, schema);
}
