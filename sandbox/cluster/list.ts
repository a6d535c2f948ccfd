// LIST requests: selectors, pages and the resource version options.

import { asVersion } from './custom/kinds.ts';
import type { Json, JsonObject } from './json.ts';
import { count, nameOf, namespaceOf, text } from './json.ts';
import type { Target } from './request.ts';
import { apiVersionOf, type Resource } from './resources/resource.ts';
import { parseFieldSelector, parseLabelSelector } from './selector.ts';
import type { ClusterState } from './state.ts';
import type { FieldError } from './status.ts';
import { badRequest, failure, forbidden, invalid, notSupported } from './status.ts';

/** Tests every object of a list or watch must pass. */
export function selectorsOf(
  target: Target,
  query: URLSearchParams,
): (candidate: JsonObject) => boolean {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  const byLabel = parseLabelSelector(labels);
  const byField = parseFieldSelector(fields, target.resource);
  return (candidate) =>
    (target.namespace === '' || namespaceOf(candidate) === target.namespace) &&
    (target.name === '' || nameOf(candidate) === target.name) &&
    byLabel(candidate) &&
    byField(candidate);
}

const listOptions = (errors: readonly FieldError[]) =>
  invalid({ group: 'meta.k8s.io', kind: 'ListOptions', name: '' }, errors);

function parseLimit(query: URLSearchParams): number {
  const limit = query.get('limit') ?? '';
  if (limit === '') return 0;
  if (!/^-?\d+$/.test(limit)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limit)}: invalid syntax`);
  }
  return Math.max(0, Number(limit));
}

interface Continuation {
  readonly version: number;
  readonly start: string;
}

function parseContinue(token: string): Continuation | undefined {
  if (token === '') return undefined;
  const decoded = Buffer.from(token, 'base64url').toString('utf8');
  try {
    const parsed: Json = JSON.parse(decoded);
    return { version: count(parsed, ['rv']), start: text(parsed, 'start') };
  } catch {
    const first = JSON.stringify(decoded[0] ?? '').slice(1, -1);
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character '${first}' looking for beginning of value`,
    );
  }
}

const printContinue = (version: number, start: string) =>
  Buffer.from(
    JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start: `${start}\u0000` }),
  ).toString('base64url');

function checkVersion(state: ClusterState, query: URLSearchParams): void {
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const errors: FieldError[] = [];
  if (match !== '' && version === '') {
    errors.push(
      forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      ),
    );
  } else if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') {
    errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
  }
  if (query.has('sendInitialEvents')) {
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (errors.length > 0) throw listOptions(errors);
  if (version === '') return;
  if (!/^\d+$/.test(version)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
    );
  }
  if (match === 'Exact' && Number(version) < state.store.oldestVersion) {
    throw failure(410, 'Expired', 'The resourceVersion for the provided list is too old.');
  }
  if (Number(version) > state.store.version) {
    throw failure(
      504,
      'Timeout',
      `Timeout: Too large resource version: ${version}, current: ${state.store.version}`,
      {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    );
  }
}

function expired(start: string): never {
  const error = failure(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  if (typeof error.body !== 'string') {
    error.body['metadata'] = { continue: printContinue(-1, start.replaceAll('\u0000', '')) };
  }
  throw error;
}

const keyOf = (target: Target, held: JsonObject) =>
  target.namespace === '' && target.resource.namespaced
    ? `/${namespaceOf(held)}/${nameOf(held)}`
    : `/${nameOf(held)}`;

/** An object cut to its metadata, as some clients ask for. */
export const metadataOf = (held: JsonObject): JsonObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: held['metadata'] ?? {},
});

/** Items of custom kinds keep their kind and version. */
function listItem(resource: Resource, held: JsonObject): JsonObject {
  if (resource.custom !== undefined) return asVersion(resource, held);
  const { kind: _kind, apiVersion: _apiVersion, ...item } = held;
  return item;
}

/** The answer to a LIST. Throws ApiError for broken options, old tokens and versions from the future. */
export function listObjects(
  state: ClusterState,
  target: Target,
  query: URLSearchParams,
): JsonObject {
  const { resource } = target;
  const matches = selectorsOf(target, query);
  checkVersion(state, query);
  const asked = query.get('resourceVersion') ?? '';
  // From its cache the server answers with everything, whatever the limit.
  const limit = asked === '0' ? 0 : parseLimit(query);
  const from = parseContinue(query.get('continue') ?? '');
  const old = from !== undefined && from.version >= 0 && from.version < state.store.oldestVersion;
  if (from !== undefined && old) expired(from.start);
  const start =
    from === undefined ? '' : `/${from.start.replace(/^\//, '').replaceAll('\u0000', '')}`;
  const all = state.store.list(resource, target.namespace).filter(matches);
  const rest = all.filter((held) => from === undefined || keyOf(target, held) > start);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  // The server reads pages from its whole range: with a selector it may promise a next page that turns out empty.
  const range = state.store.list(resource, target.namespace);
  const behind = last === undefined ? 0 : range.length - 1 - range.indexOf(last);
  const left = limit > 0 && page.length === limit ? behind : 0;
  const version = from !== undefined && from.version > 0 ? from.version : state.store.version;
  const selective = query.has('labelSelector') || query.has('fieldSelector');
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: String(version),
      ...(resource.custom === undefined ? {} : { continue: '' }),
      ...(left > 0 && last !== undefined
        ? { continue: printContinue(version, keyOf(target, last)) }
        : {}),
      ...(left > 0 && !selective ? { remainingItemCount: left } : {}),
    },
    items: page.map((item) => listItem(resource, item)),
  };
}

/** The list a deletecollection answers with. */
export function listGone(
  state: ClusterState,
  target: Target,
  items: readonly JsonObject[],
): JsonObject {
  return {
    kind: `${target.resource.kind}List`,
    apiVersion: apiVersionOf(target.resource),
    metadata: { resourceVersion: String(state.store.version) },
    items: items.map((item) => listItem(target.resource, item)),
  };
}
