// Keeps a run while it is carried out: a heartbeat that tells other processes that somebody is on it.

import { OperationError } from '../errors.ts';
import type { RunId } from '../ports.ts';
import { limits } from './limits.ts';
import type { Parts } from './parts.ts';

/** Who holds the run. Every stored step checks that it is still so. */
export interface RunHold {
  readonly holder: string;
}

/** Holds the run and renews that until `work` ends. A renewal that fails is no news: the next stored step finds out. */
export async function keepRun<T>(
  run: RunId,
  hold: RunHold,
  parts: Parts,
  work: (hold: RunHold) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  // Settled at once, so that a bug in the heartbeat surfaces when the work ends and not as an unheard rejection.
  const beating = Promise.allSettled([beat(run, hold, parts, done.signal)]);
  try {
    return await work(hold);
  } finally {
    done.abort();
    const [beaten] = await beating;
    if (beaten.status === 'rejected')
      parts.log.error({ planId: run.planId, err: beaten.reason }, 'the heartbeat of a run failed');
  }
}

async function beat(run: RunId, hold: RunHold, parts: Parts, done: AbortSignal): Promise<void> {
  for (;;) {
    await parts.clock.sleep(limits.runRenewMs, done);
    if (done.aborted) return;
    try {
      const kept = await parts.store.transaction((tx) =>
        tx.runs.renew(run, hold.holder, parts.clock.now(), limits.runHoldMs),
      );
      if (!kept) return;
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      parts.log.warn(
        { planId: run.planId, run: run.number, err: error },
        'renewing the hold on a run',
      );
    }
  }
}
