// Tokens: who is behind which, for how long, and as whom an allowed caller may act.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from './auth.ts';
import { accountOf, accountUser, anonymous, callerNamed, refusal } from './auth.ts';
import { uidOf } from './json.ts';
import type { Authorizer } from './rbac.ts';
import { serviceAccount } from './resources/account.ts';
import type { ClusterState } from './state.ts';
import { failure } from './status.ts';

/** A token that was given out for a service account. */
interface Ticket {
  readonly caller: Caller;
  /** Set for accounts that are objects: without the account its tokens are worth nothing. */
  readonly boundTo?: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly expiresAt?: Date;
}

/** The tokens of one cluster. */
export class Tokens {
  private readonly state: ClusterState;
  private readonly tickets = new Map<string, Ticket>();

  constructor(state: ClusterState) {
    this.state = state;
  }

  /** Makes a token known for a caller, or with undefined unknown. */
  set(token: string, caller: Caller | undefined): void {
    if (caller === undefined) this.tickets.delete(token);
    else this.tickets.set(token, { caller });
  }

  /** A new token of a service account. It ends with the account; without `expiresAt` it lives as long. */
  issue(
    account: { readonly namespace: string; readonly name: string },
    uid: string,
    expiresAt?: Date,
  ): string {
    const { namespace, name } = account;
    const token = `sandbox.${randomBytes(24).toString('base64url')}`;
    const caller: Caller = {
      ...callerNamed(accountUser(namespace, name)),
      uid,
      extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${randomUUID()}`] },
    };
    this.tickets.set(token, {
      caller,
      boundTo: { namespace, name, uid },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    return token;
  }

  /** The caller behind an Authorization header. Throws 401 for tokens that are unknown, over or without account. */
  callerOf(authorization: string | undefined): Caller {
    const found = this.find(authorization);
    if (found === undefined) throw failure(401, 'Unauthorized', 'Unauthorized');
    return found;
  }

  /** The caller behind an Authorization header; undefined where {@link callerOf} throws. */
  find(authorization: string | undefined): Caller | undefined {
    if (authorization === undefined || authorization === '') return anonymous;
    const token = /^Bearer (.+)$/i.exec(authorization)?.[1] ?? '';
    const ticket = this.tickets.get(token);
    return ticket !== undefined && this.isGood(ticket) ? ticket.caller : undefined;
  }

  private isGood({ boundTo, expiresAt }: Ticket): boolean {
    if (expiresAt !== undefined && expiresAt <= this.state.clock.now()) return false;
    if (boundTo === undefined) return true;
    const account = this.state.store.get(serviceAccount, boundTo.namespace, boundTo.name);
    return account !== undefined && uidOf(account) === boundTo.uid;
  }
}

const valuesOf = (header: string | string[] | undefined) =>
  typeof header === 'string' ? header.split(',').map((item) => item.trim()) : (header ?? []);

/** The caller a request wants to act as; the caller itself without impersonation. Throws 403 without the right to it. */
export function actingAs(
  caller: Caller,
  headers: IncomingHttpHeaders,
  authorizer: Authorizer,
): Caller {
  const [user = ''] = valuesOf(headers['impersonate-user']);
  if (user === '') return caller;
  const groups = valuesOf(headers['impersonate-group']);
  const account = accountOf(user);
  const may = (resource: string, name: string, namespace = '') => {
    const access = {
      caller,
      verb: 'impersonate',
      group: '',
      resource,
      subresource: '',
      namespace,
      name,
    };
    const { allowed, reason } = authorizer.decide(access);
    if (!allowed) throw refusal(access, reason);
  };
  if (account === undefined) may('users', user);
  else may('serviceaccounts', account.name, account.namespace);
  for (const group of groups) may('groups', group);
  return callerNamed(user, groups);
}
