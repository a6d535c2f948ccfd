// Ends a run: the plan's next state, the ledger, the locks and the messages, in one transaction and only for who holds the run.

import type { PlanRecord, RunId } from '../ports.ts';
import type { RunHold } from './keep-run.ts';
import { limits } from './limits.ts';
import { movePlan, wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';

export type RunResult =
  | { readonly kind: 'applied' }
  | {
      readonly kind: 'failed';
      readonly because: string;
      readonly code: string;
      /** What it wrote into templates is back as it was. */
      readonly reverted: boolean;
    }
  | { readonly kind: 'unknown'; readonly because: string };

/** False when the run was lost to somebody else meanwhile; then nothing is stored. */
export function endRun(
  result: RunResult,
  at: { readonly run: RunId; readonly record: PlanRecord; readonly hold: RunHold },
  parts: Parts,
): Promise<boolean> {
  const { run, hold } = at;
  return parts.store.transaction(async (tx) => {
    const now = parts.clock.now();
    const record = await tx.plans.lock(run.planId);
    const held = await tx.runs.renew(run, hold.holder, now, limits.runHoldMs);
    if (record === undefined || !held) return false;
    const by = 'headroom';
    const detail = { run: run.number };
    switch (result.kind) {
      case 'applied': {
        const test = record.plan.outcomeTest;
        const outcome =
          test === undefined
            ? {}
            : ({
                outcome: 'pending',
                outcomeBy: new Date(now.getTime() + test.withinSeconds * 1000),
              } as const);
        await movePlan(tx, record, { to: 'applied', by, detail, ...outcome }, parts);
        if (test === undefined) await wantInThread(tx, record, { kind: 'outcome' }, parts);
        break;
      }
      case 'failed': {
        const reason = result.because;
        const failed = await movePlan(
          tx,
          record,
          { to: 'failed', by, reason, detail: { ...detail, code: result.code } },
          parts,
        );
        const to = result.reverted ? 'reverted' : 'left';
        await movePlan(tx, failed, { to, by, reason, detail }, parts);
        await wantInThread(tx, record, { kind: 'outcome' }, parts);
        break;
      }
      case 'unknown':
        await movePlan(tx, record, { to: 'unknown', by, reason: result.because, detail }, parts);
        break;
    }
    await tx.runs.end(run, result.kind === 'unknown' ? 'lost' : 'ended', now);
    // While it is not known what happened, nobody else may touch the target.
    if (result.kind !== 'unknown') await tx.locks.release(run.planId);
    await wantInThread(tx, record, { kind: 'progress', run: run.number }, parts);
    return true;
  });
}
