// Waits for something, but not for ever: for work whose own library sets no deadline.

import { setTimeout } from 'node:timers/promises';

/**
 * What `work` comes to, or the error of `late` when that takes longer than `ms`.
 * The work itself goes on; it only is no longer waited for.
 */
export async function withinTime<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  const done = new AbortController();
  const tooLate = setTimeout(ms, undefined, { signal: done.signal, ref: false }).then(
    () => Promise.reject(late()),
    () => work,
  );
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    done.abort();
  }
}
