// Who asks and whether they may: bearer tokens, and verbs that tests forbid.

import type { ApiError } from './status.ts';
import { failure } from './status.ts';

/** The name of a caller without a token. */
export const anonymous = 'system:anonymous';
/** The name of a caller with the administrator's token. */
export const administrator = 'system:admin';

/** A verb that is not allowed. `*` stands for all; a missing namespace means every one. */
export interface Prohibition {
  readonly verb: string;
  /** The plural, with `/scale` and the like for subresources. */
  readonly resource: string;
  readonly namespace?: string;
}

/** What a request wants to do. */
export interface Access {
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The caller behind an Authorization header. Throws 401 for an unknown token. */
export function callerOf(
  authorization: string | undefined,
  tokens: ReadonlyMap<string, string>,
): string {
  if (authorization === undefined || authorization === '') return anonymous;
  const token = /^Bearer (.+)$/i.exec(authorization)?.[1] ?? '';
  const user = tokens.get(token);
  if (user === undefined) throw failure(401, 'Unauthorized', 'Unauthorized');
  return user;
}

/** Whether an access is allowed. */
export function isAllowed(access: Access, prohibitions: readonly Prohibition[]): boolean {
  if (access.user === anonymous) return false;
  const resource =
    access.subresource === '' ? access.resource : `${access.resource}/${access.subresource}`;
  return !prohibitions.some(
    (item) =>
      (item.verb === '*' || item.verb === access.verb) &&
      (item.resource === '*' || item.resource === resource) &&
      (item.namespace === undefined || item.namespace === access.namespace),
  );
}

/** The 403 that names user, verb and resource. */
export function refusal(access: Access): ApiError {
  const { user, verb, group, resource, subresource, namespace, name } = access;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const subject = group === '' ? resource : `${resource}.${group}`;
  const named = name === '' ? '' : ` "${name}"`;
  return failure(
    403,
    'Forbidden',
    `${subject}${named} is forbidden: User "${user}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`,
    {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
    },
  );
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** The verb of a request, as rules name it. */
export function verbOf(method: string, named: boolean, watch: boolean): string {
  if (method === 'GET' || method === 'HEAD') {
    if (named) return 'get';
    return watch ? 'watch' : 'list';
  }
  if (method === 'DELETE' && !named) return 'deletecollection';
  return verbs[method] ?? method.toLowerCase();
}
