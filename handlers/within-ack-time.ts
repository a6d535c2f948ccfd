// Slack waits three seconds. What is not stored after two is not acknowledged, and Slack tells the person that it failed.

import { OperationError } from '../src/errors.ts';
import { withinTime } from '../src/within-time.ts';

const ackTimeMs = 2_000;

/** @throws OperationError when `storing` takes too long; it may still succeed, and a second click then counts once. */
export function withinAckTime<T>(storing: Promise<T>): Promise<T> {
  return withinTime(
    ackTimeMs,
    storing,
    () =>
      new OperationError('storing it before Slack stops waiting', {
        code: 'timeout',
        retryable: true,
      }),
  );
}
