// Offers a queued run to the queue. The queue only speeds things up: what it loses, the sweeper finds.

import { OperationError } from '../errors.ts';
import type { RunId } from '../ports.ts';
import type { Parts } from './parts.ts';

export async function offerRun(
  run: RunId,
  { queue, log }: Pick<Parts, 'queue' | 'log'>,
): Promise<void> {
  try {
    await queue.add(run);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    log.warn({ planId: run.planId, run: run.number, err: error }, 'the queue did not take a run');
  }
}
