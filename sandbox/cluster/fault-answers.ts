// What the server says with a failure that was injected: the words of the real one, as far as clients read them.
import type { Access } from './auth.ts';
import { refusal } from './auth.ts';
import type { Fault, WebhookFault } from './faults.ts';
import type { JsonObject } from './json.ts';
import { type ApiError, failure, modified, patchRejected } from './status.ts';

/** An injected answer. */
interface FaultAnswer {
  readonly body: JsonObject | string;
  readonly headers: Readonly<Record<string, string>>;
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'NotFound',
  410: 'Expired',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function bodyOf(status: number, access: Access): JsonObject | string {
  const { group, resource, name } = access;
  switch (status) {
    case 401:
      return failure(401, 'Unauthorized', 'Unauthorized').body;
    case 403:
      return refusal(access).body;
    case 409:
      return modified({ group, kind: resource, name }).body;
    case 422:
      return patchRejected().body;
    case 429:
      return 'Too many requests, please try again later.\n';
    case 500:
      return failure(500, 'InternalError', 'Internal error occurred: injected fault', {
        causes: [{ message: 'injected fault' }],
      }).body;
    default:
      return failure(status, reasons[status] ?? '', 'injected fault').body;
  }
}

/** The answer of a fault with a status. A 429 says to come again in a second unless it says otherwise. */
export function faultAnswer(fault: Fault, status: number, access: Access): FaultAnswer {
  const body = fault.body ?? bodyOf(status, access);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  return {
    body,
    headers: {
      'content-type': type,
      ...(status === 429 ? { 'retry-after': '1' } : {}),
      ...fault.headers,
    },
  };
}

/** What a write ends with that a webhook denies, or that waits for one that is down. */
export function webhookError({ name, message, code = 400, isDown }: WebhookFault): ApiError {
  if (isDown === true) {
    const because = `failed calling webhook "${name}": failed to call webhook: Post "https://${name}/validate?timeout=10s": context deadline exceeded`;
    return failure(500, 'InternalError', `Internal error occurred: ${because}`, {
      causes: [{ message: because }],
    });
  }
  const denied = `admission webhook "${name}" denied the request`;
  const words = message === undefined ? `${denied} without explanation` : `${denied}: ${message}`;
  return failure(code, code === 403 ? 'Forbidden' : '', words);
}
