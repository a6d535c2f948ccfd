// Keeps a run while it is carried out: a heartbeat that tells other processes that somebody is on it.

import { OperationError } from '../errors.ts';
import type { RunId } from '../ports.ts';
import { limits } from './limits.ts';
import type { Parts } from './parts.ts';

/** Who holds the run. Every stored step checks that it is still so. */
export interface RunLease {
  readonly holder: string;
}

/** Lends the lease and renews it until `work` ends. A renewal that fails is no news: the next stored step finds out. */
export async function keepRun<T>(
  run: RunId,
  lease: RunLease,
  parts: Parts,
  work: (lease: RunLease) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  // Settled at once, so that a bug in the heartbeat surfaces when the work ends and not as an unheard rejection.
  const beating = Promise.allSettled([beat(run, lease, parts, done.signal)]);
  try {
    return await work(lease);
  } finally {
    done.abort();
    const [beaten] = await beating;
    if (beaten.status === 'rejected')
      parts.log.error({ planId: run.planId, err: beaten.reason }, 'the heartbeat of a run failed');
  }
}

async function beat(run: RunId, lease: RunLease, parts: Parts, done: AbortSignal): Promise<void> {
  for (;;) {
    await parts.clock.sleep(limits.runRenewMs, done);
    if (done.aborted) return;
    try {
      const kept = await parts.store.transaction((tx) =>
        tx.runs.renew(run, lease.holder, parts.clock.now(), limits.runLeaseMs),
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
