// How requests reach an API server: credentials that cannot hang, connections that are kept, and a deadline for every answer.

import {
  type KubeConfig,
  type RequestContext,
  ResponseContext,
  type SecurityAuthentication,
} from '@kubernetes/client-node';
import { fetch } from 'undici';
import { assert } from '../errors.ts';
import { withinTime } from '../within-time.ts';
import { NoCredentials, NotKubernetes } from './kubernetes-errors.ts';

/** A kubeconfig may name a program that makes a token; when it fails nothing was sent. */
export function withCredentials(config: KubeConfig, deadlineMs: number): SecurityAuthentication {
  return {
    getName: () => config.getName(),
    async applySecurityAuthentication(request) {
      try {
        // Such a program may hang, and the client would wait for it for ever.
        await withinTime(
          deadlineMs,
          config.applySecurityAuthentication(request),
          () => new Error(`no credentials within ${deadlineMs} ms`),
        );
      } catch (error) {
        throw new NoCredentials(error);
      }
    },
  };
}

/**
 * The client makes a new connection pool for each request, and with it a new TLS handshake. Its factory is private,
 * so this one cast replaces it on the instance by one that remembers.
 */
export function reuseConnections(config: KubeConfig): void {
  const inside = config as unknown as {
    createDispatcher: (...args: readonly unknown[]) => unknown;
  };
  const original = inside.createDispatcher.bind(config);
  const made = new Map<string, unknown>();
  inside.createDispatcher = (...args) => {
    const key = JSON.stringify(args, (_, value: unknown) =>
      Buffer.isBuffer(value) ? value.toString('base64') : value,
    );
    const known = made.get(key);
    if (known !== undefined) return known;
    const dispatcher = original(...args);
    made.set(key, dispatcher);
    return dispatcher;
  };
}

export async function sendWithin(
  deadlineMs: number,
  request: RequestContext,
): Promise<ResponseContext> {
  const body = request.getBody();
  assert(body === undefined || typeof body === 'string', 'the client sends text');
  const dispatcher = request.getDispatcher();
  const response = await fetch(request.getUrl(), {
    method: request.getHttpMethod(),
    headers: request.getHeaders(),
    signal: AbortSignal.timeout(deadlineMs),
    ...(body !== undefined && { body }),
    ...(dispatcher !== undefined && { dispatcher }),
  });
  const text = await response.text();
  // A login page or a proxy's greeting with status 200 is no answer of a cluster.
  if (response.ok && !isJsonObject(text)) throw new NotKubernetes();
  return new ResponseContext(response.status, Object.fromEntries(response.headers), {
    text: async () => text,
    binary: async () => Buffer.from(text),
    // Nothing that is asked here streams.
    stream: () => null,
  });
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
