// Who asks and what for: callers, the verb and object a request means, and the 403 that names both.

import type { ApiError } from './status.ts';
import { failure } from './status.ts';

/** Who asks, as tokens and impersonation say. */
export interface Caller {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The group that may do everything. */
export const masters = 'system:masters';
const authenticated = 'system:authenticated';

/** A caller without a token. */
export const anonymous: Caller = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
/** The caller with the administrator's token. */
export const administrator: Caller = { name: 'system:admin', groups: [masters, authenticated] };

const accountName = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The full name of a service account. */
export const accountUser = (namespace: string, name: string): string =>
  `system:serviceaccount:${namespace}:${name}`;

/** Namespace and name of the service account behind a user name; undefined for other users. */
export function accountOf(
  user: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = accountName.exec(user) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** A user in the given groups; without any, a service account is in those of its kind. */
export function callerNamed(name: string, groups: readonly string[] = []): Caller {
  if (name === anonymous.name) return anonymous;
  const account = accountOf(name);
  const own =
    account === undefined || groups.length > 0
      ? []
      : ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`];
  return { name, groups: [...new Set([...own, ...groups, authenticated])] };
}

/** What a request wants to do. `path` is only there when it is not about objects. */
export interface Access {
  readonly caller: Caller;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path?: string;
}

/** A verb that is not allowed. `*` stands for all; a missing namespace means every one. */
export interface Prohibition {
  readonly verb: string;
  /** The plural, with `/scale` and the like for subresources. */
  readonly resource: string;
  readonly namespace?: string;
}

/** The plural, with its subresource. */
export const fullResource = ({ resource, subresource }: Access): string =>
  subresource === '' ? resource : `${resource}/${subresource}`;

/** Whether a test switched an access off. */
export function isProhibited(access: Access, prohibitions: readonly Prohibition[]): boolean {
  if (access.path !== undefined) return false;
  const resource = fullResource(access);
  return prohibitions.some(
    (item) =>
      (item.verb === '*' || item.verb === access.verb) &&
      (item.resource === '*' || item.resource === resource) &&
      (item.namespace === undefined || item.namespace === access.namespace),
  );
}

/** The 403 that names user, verb and resource; `because` is what else the authorizer said. */
export function refusal(access: Access, because = ''): ApiError {
  const { caller, verb, group, resource, namespace, name, path } = access;
  const more = because === '' ? '' : `: ${because}`;
  if (path !== undefined) {
    return failure(
      403,
      'Forbidden',
      `forbidden: User "${caller.name}" cannot ${verb} path "${path}"${more}`,
      {},
    );
  }
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const subject = group === '' ? resource : `${resource}.${group}`;
  const named = name === '' ? '' : ` "${name}"`;
  return failure(
    403,
    'Forbidden',
    `${subject}${named} is forbidden: User "${caller.name}" cannot ${verb} resource "${fullResource(access)}" in API group "${group}" ${where}${more}`,
    {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
    },
  );
}

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const isTrue = (value: string | null) => value === 'true' || value === '1';

/** A list of one name counts as asking for that name, so that rules with names allow it. */
function nameInSelector(query: URLSearchParams): string {
  const terms = (query.get('fieldSelector') ?? '').split(',');
  const named = terms.map((term) => /^metadata\.name==?([^=]+)$/.exec(term.trim())?.[1] ?? '');
  return named.find((name) => name !== '') ?? '';
}

/** What a request wants, read from its path alone: rights are checked before it is known whether anything is there. */
export function accessOf(request: {
  readonly caller: Caller;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}): Access {
  const { caller, method, path, query } = request;
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  if ((!isCore && parts[0] !== 'apis') || parts.length < (isCore ? 3 : 4)) {
    const nothing = { group: '', resource: '', subresource: '', namespace: '', name: '' };
    return { caller, verb: method.toLowerCase(), ...nothing, path };
  }
  const group = isCore ? '' : (parts[1] ?? '');
  const rest = parts.slice(isCore ? 2 : 3);
  const namespace = rest[0] === 'namespaces' ? (rest[1] ?? '') : '';
  const isInside =
    namespace !== '' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] ?? '');
  const [resource = '', given = '', subresource = ''] = isInside ? rest.slice(2) : rest;
  const access = { caller, group, resource, subresource, namespace };
  const verb = verbs[method] ?? '';
  if (given !== '') return { ...access, verb, name: given };
  if (verb === 'delete') return { ...access, verb: 'deletecollection', name: '' };
  if (verb !== 'get') return { ...access, verb, name: '' };
  const listing = isTrue(query.get('watch')) ? 'watch' : 'list';
  return { ...access, verb: listing, name: nameInSelector(query) };
}
