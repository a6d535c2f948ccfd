// Tells people in the thread how far a change has come.

import type { RunChangeState } from '../ports.ts';
import type { ChangeAtHand } from './change-at-hand.ts';
import { limits } from './limits.ts';
import { wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';

/** Progress is for people; it moves no state and needs no audit entry. False when the run is somebody else's now. */
export function tell(
  at: ChangeAtHand,
  state: RunChangeState,
  progress: string,
  parts: Parts,
): Promise<boolean> {
  return parts.store.transaction(async (tx) => {
    const now = parts.clock.now();
    if (!(await tx.runs.renew(at.run, at.hold.holder, now, limits.runHoldMs))) return false;
    await tx.runs.setChange(at.run, { position: at.position, state, detail: progress }, now);
    await wantInThread(tx, at.record, { kind: 'progress', run: at.run.number }, parts);
    parts.wake('messages');
    return true;
  });
}
