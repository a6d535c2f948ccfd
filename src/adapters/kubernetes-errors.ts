// The Kubernetes client's errors in our words: what was refused, what was not received, and what nobody knows.

import { ApiException } from '@kubernetes/client-node';
import { z } from 'zod';
import { OperationError } from '../errors.ts';
import type { WriteAnswer } from '../ports.ts';

/** Codes of connections that never came about: the request was certainly not received. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** No token could be had for a request, so it was not sent. */
export class NoCredentials extends Error {
  constructor(cause: unknown) {
    super('no credentials', { cause });
  }
}

/** Something answered that is no API server. */
export class NotKubernetes extends Error {}

const status = z.object({ message: z.string(), reason: z.string().optional() });

/** The error of a read. */
export function readTrouble(doing: string, error: unknown): unknown {
  if (error instanceof ApiException) {
    const message = `${doing}: ${serverWords(error)}`;
    switch (error.code) {
      case 401:
        return new OperationError(message, {
          code: 'unauthorized',
          retryable: false,
          cause: error,
        });
      case 403:
        return new OperationError(message, { code: 'forbidden', retryable: false, cause: error });
      case 429:
        return rateLimited(doing, error);
      default:
        return error.code >= 500
          ? new OperationError(message, { code: 'unavailable', retryable: true, cause: error })
          : new OperationError(message, { code: 'refused', retryable: false, cause: error });
    }
  }
  if (error instanceof NoCredentials) return withoutCredentials(doing, error);
  if (error instanceof NotKubernetes) {
    const message = notKubernetes(doing);
    return new OperationError(message, { code: 'bad-answer', retryable: true, cause: error });
  }
  return connectionTrouble(doing, error);
}

function withoutCredentials(doing: string, error: NoCredentials): OperationError {
  return new OperationError(`${doing}: the kubeconfig's credentials could not be had`, {
    code: 'unauthorized',
    retryable: true,
    cause: error,
  });
}

function notKubernetes(doing: string): string {
  return `${doing}: what answers is no Kubernetes API server`;
}

/** What the error of a write means for what was written. @throws OperationError when nothing was received. */
export function writeAnswer(doing: string, error: unknown): WriteAnswer {
  if (error instanceof ApiException) {
    if (error.code === 429) throw rateLimited(doing, error);
    const because = `${doing}: ${serverWords(error)}`;
    // A server that fails may have stored the change before it failed; one that cannot read it has not.
    if (error.code >= 500 && !isUnreadable(error)) return { kind: 'unknown', because };
    // Admission answers 403 as well, with other words.
    const forbidden = error.code === 403 && / cannot \w+ resource /.test(because);
    return { kind: 'refused', because, ...(forbidden && { forbidden }) };
  }
  if (error instanceof NoCredentials) throw withoutCredentials(doing, error);
  if (error instanceof NotKubernetes) return { kind: 'unknown', because: notKubernetes(doing) };
  const code = connectionCode(error);
  if (code === undefined) throw error;
  if (neverSent.has(code)) throw connectionTrouble(doing, error);
  return { kind: 'unknown', because: `${doing}: no answer came (${code})` };
}

/** A field that does not exist, or of another type, is answered with 500 where it is applied. */
function isUnreadable(error: ApiException<unknown>): boolean {
  return serverWords(error).startsWith('failed to create typed patch object');
}

function connectionTrouble(doing: string, error: unknown): unknown {
  const code = connectionCode(error);
  if (code === undefined) return error;
  const timeout = code === 'timeout';
  return new OperationError(
    `${doing}: ${timeout ? 'no answer in time' : `it cannot be reached (${code})`}`,
    {
      code: timeout ? 'timeout' : 'unreachable',
      retryable: true,
      cause: error,
    },
  );
}

/** A short name for a broken connection; undefined for anything that is not one. */
function connectionCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout';
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return error instanceof TypeError && error.message === 'fetch failed'
    ? 'connection lost'
    : undefined;
}

function rateLimited(doing: string, error: ApiException<unknown>): OperationError {
  const waitMs = retryAfterMs(error);
  return new OperationError(`${doing}: the API server asks us to wait`, {
    code: 'rate-limited',
    retryable: true,
    cause: error,
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  });
}

/** How long the server asks us to wait. */
export function retryAfterMs({ headers }: ApiException<unknown>): number | undefined {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

/** The longest message worth showing: admission webhooks can be wordy. */
const wordsMax = 300;

/** What is said of a group, a version or a kind that the server does not know; a missing object is named. */
const notServed = 'the server could not find the requested resource';
const whyNotServed = 'Kubernetes before 1.25, or an operator that is not installed';

/** What the server said, without its headers; the body comes as text that should be a Status. */
function serverWords(error: ApiException<unknown>): string {
  const parsed = status.safeParse(parseJson(error.body));
  const said = parsed.success ? parsed.data.message : `answer ${error.code}`;
  // Before a field that it does not know the server quotes the whole object.
  const plain = said.replace(/Invalid value: ".*": (?=strict decoding error)/s, '');
  const text = plain === notServed ? `${plain} (${whyNotServed})` : plain;
  return text.length > wordsMax ? `${text.slice(0, wordsMax)}…` : text;
}

function parseJson(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
