// Slack waits three seconds. What is not stored after two is not acknowledged, and Slack tells the person that it failed.

import { setTimeout } from 'node:timers/promises';
import { OperationError } from '../src/errors.ts';

const ackTimeMs = 2_000;

/** @throws OperationError when `storing` takes too long; it may still succeed, and a second click then counts once. */
export async function withinAckTime<T>(storing: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = setTimeout(ackTimeMs, undefined, { signal: stop.signal, ref: false }).then(
    () => {
      throw new OperationError('storing it before Slack stops waiting', {
        code: 'timeout',
        retryable: true,
      });
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([storing, late]);
  } finally {
    stop.abort();
  }
}
