// Reads a request: which kind, object and subresource the path means, and what the query asks for.
import { parse as parseYaml, YAMLParseError } from 'yaml';
import type { Caller } from './auth.ts';
import { isCustomGroup } from './custom/discovery.ts';
import { findKind } from './custom/kinds.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';
import type { Admit } from './pending-write.ts';
import { resources } from './resources/registry.ts';
import { byPlural, type Resource } from './resources/resource.ts';
import { badRequest, failure, invalid, notFound, unknownPath } from './status.ts';
import type { Store } from './store.ts';
import type { WriteOptions } from './writer.ts';

/** A request as it came, body still text. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly accept: string;
  readonly userAgent: string;
  readonly caller: Caller;
  readonly body: string;
  /** Judges what is written on behalf of the caller. */
  readonly admit: Admit;
}

/** What a path under /api or /apis points at. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

const missingResource = () =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {});

/** Finds the target of a path; undefined when the path is not about objects at all. Throws 404 for unknown ones. */
export function parseTarget(path: string, store: Store): Target | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const group = core ? '' : (parts[1] ?? '');
  const version = core ? (parts[1] ?? '') : (parts[2] ?? '');
  const rest = parts.slice(core ? 2 : 3);
  if (rest.length === 0) return undefined;
  const isCustom = isCustomGroup(store, group);
  const known = isCustom || resources.some((item) => item.group === group);
  if (!known) throw unknownPath();
  const scoped = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = scoped ? (rest[1] ?? '') : '';
  const [plural = '', name = '', subresource = '', ...more] = scoped ? rest.slice(2) : rest;
  const resource = findKind(store, group, version, plural);
  if (resource === undefined && isCustom) throw unknownPath();
  if (resource === undefined || more.length > 0) throw missingResource();
  if (name.includes('/')) throw missingResource();
  if (scoped && !resource.namespaced) throw missingResource();
  const subresources = [
    '',
    ...(resource.statusSubresource ? ['status'] : []),
    ...(resource.scale ? ['scale'] : []),
    ...(resource.plural === 'pods' ? ['eviction', 'log', 'resize'] : []),
    ...(resource.plural === 'serviceaccounts' ? ['token'] : []),
  ];
  if (!subresources.includes(subresource)) {
    throw resource.custom === undefined ? missingResource() : notFound(byPlural(resource, name));
  }
  return { resource, namespace, name, subresource };
}

/** Options of a write. */
export interface WriteQuery {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  readonly force: boolean;
  readonly admit: Admit;
}

/** How the writer does what a request asks for. */
export const optionsOf = ({ fieldManager, dryRun, admit }: WriteQuery): WriteOptions => ({
  manager: fieldManager,
  dryRun,
  admit,
});

const optionsKind: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

function rejectOption(method: string, error: Parameters<typeof invalid>[1][number]): never {
  throw invalid({ group: 'meta.k8s.io', kind: optionsKind[method] ?? '', name: '' }, [error]);
}

/** Reads and checks the options of a write. Throws 422 for values the server does not know. */
export function parseWriteQuery(request: ApiRequest, apply: boolean): WriteQuery {
  const { query, method } = request;
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All')) {
    rejectOption(method, {
      reason: 'FieldValueNotSupported',
      field: 'dryRun',
      message: `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`,
    });
  }
  const validation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation)) {
    rejectOption(method, {
      reason: 'FieldValueNotSupported',
      field: 'fieldValidation',
      message: `Unsupported value: ${JSON.stringify(validation)}: supported values: "", "Ignore", "Strict", "Warn"`,
    });
  }
  const manager = query.get('fieldManager') ?? '';
  if (manager.length > 128) {
    rejectOption(method, {
      reason: 'FieldValueTooLong',
      field: 'fieldManager',
      message: 'Too long: may not be more than 128 bytes',
    });
  }
  if (apply && manager === '') {
    rejectOption(method, {
      reason: 'FieldValueRequired',
      field: 'fieldManager',
      message: 'Required value: is required for apply patch',
    });
  }
  if (!apply && method === 'PATCH' && query.has('force')) {
    rejectOption(method, {
      reason: 'FieldValueForbidden',
      field: 'force',
      message: 'Forbidden: may not be specified for non-apply patch',
    });
  }
  const byAgent = request.userAgent.split('/')[0] ?? '';
  return {
    dryRun: dryRun.length > 0,
    fieldManager: manager === '' ? byAgent : manager,
    fieldValidation: validation === 'Ignore' || validation === 'Strict' ? validation : 'Warn',
    force: query.get('force') === 'true',
    admit: request.admit,
  };
}

/** Parses a YAML text. Throws 400 for broken text. */
export function parseYamlBody(body: string): Json {
  try {
    // Kubernetes reads YAML 1.1, where an unquoted y is a boolean.
    const parsed: Json = parseYaml(body, { version: '1.1' });
    return parsed;
  } catch (error) {
    if (error instanceof YAMLParseError) throw badRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
}

/** The object of that kind in the body of a POST or PUT. Throws what the server throws for a broken one. */
export function parseObjectBody(request: ApiRequest, kind: string): JsonObject {
  const type = request.contentType.split(';')[0]?.trim() ?? '';
  if (type !== '' && !['application/json', 'application/yaml'].includes(type)) {
    throw failure(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  if (type === 'application/yaml') {
    const parsed = parseYamlBody(request.body);
    if (isObject(parsed)) return parsed;
    throw badRequest('the body of the request was not an object');
  }
  const parsed = parseJsonBody(request.body, kind);
  if (isObject(parsed)) return parsed;
  throw badRequest(
    'couldn\'t get version/kind; json parse error: json: cannot unmarshal value into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }',
  );
}

function parseJsonBody(body: string, kind: string): Json {
  try {
    const parsed: Json = JSON.parse(body);
    return parsed;
  } catch {
    const shown = body === '' ? '<empty>' : body;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${jsonMistake(body)} (${shown})`,
    );
  }
}

/** What the Go decoder says about a broken JSON text. */
export function jsonMistake(body: string): string {
  try {
    JSON.parse(body);
    return '';
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (/Unexpected end|Unterminated/.test(message) || body.trim() === '') {
      return 'unexpected end of JSON input';
    }
    const token = /Unexpected token '(.)'|in JSON at position/.exec(message);
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? Number.NaN);
    const found = token?.[1] ?? body[at] ?? '';
    const where = body.slice(0, at).trimEnd().endsWith('{') || /property name/.test(message);
    return `invalid character '${found}' looking for beginning of ${where ? 'object key string' : 'value'}`;
  }
}
