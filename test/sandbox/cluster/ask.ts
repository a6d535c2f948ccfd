// Asks a sandbox cluster over HTTP with a token, for tests of what the server answers to whom.
import type { Json, JsonObject } from '../../../sandbox/cluster/json.ts';
import { isObject } from '../../../sandbox/cluster/json.ts';
import type { Cluster } from '../../../sandbox/cluster/server.ts';

export interface Answered {
  readonly status: number;
  readonly warning: string;
  readonly body: JsonObject;
}

/** What is sent besides method and path. */
export interface Sent {
  readonly body?: Json;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const patchType = 'application/merge-patch+json';

/** A client with one token. A body is JSON; a PATCH is a merge patch unless told otherwise. */
export function clientOf(cluster: Cluster, token: string) {
  return async (method: string, path: string, sent: Sent = {}): Promise<Answered> => {
    const type = sent.type ?? (method === 'PATCH' ? patchType : 'application/json');
    const response = await fetch(cluster.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': type, ...sent.headers },
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
    });
    const text = await response.text();
    const parsed: Json = /^[[{]/.test(text) ? JSON.parse(text) : { text };
    return {
      status: response.status,
      warning: response.headers.get('warning') ?? '',
      body: isObject(parsed) ? parsed : {},
    };
  };
}
