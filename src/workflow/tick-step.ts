// Keeps somebody's word that a step of a plan is done; the run that waits for it goes on.

import { whyNotRequest } from '../approval/may-request.ts';
import { askedNow } from '../plan/asked-now.ts';
import { wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';
import { readCase } from './read-plan.ts';

export interface DoneStep {
  readonly planId: string;
  readonly planHash: string;
  readonly position: number;
  /** The Slack user, from the signed payload. */
  readonly by: string;
}

export type TickResult =
  | { readonly kind: 'ticked' }
  | { readonly kind: 'refused'; readonly because: string };

export type TickStep = (step: DoneStep) => Promise<TickResult>;

/** Authorised each time: whoever may ask for changes of the system, or approve them. */
export function tickStep(parts: Parts): TickStep {
  return (step) =>
    parts.store.transaction(async (tx): Promise<TickResult> => {
      const record = await tx.plans.lock(step.planId);
      if (record === undefined || record.hash !== step.planHash) {
        return refused('This is not the plan as it stands; look at its thread.');
      }
      const { rule } = await readCase(tx, record, parts);
      const why = whyNotRequest(rule, record.plan.system, step.by);
      if (why !== undefined) return refused(`Nothing was changed: ${why}.`);
      const run = await tx.runs.latest(step.planId);
      const asked = askedNow({
        state: record.state,
        steps: record.plan.steps,
        changes: run === undefined ? [] : await tx.runs.changes(run),
        ticks: await tx.runs.ticks(step.planId),
      });
      if (asked !== step.position) return refused('This step is not waited for (any more).');
      const now = parts.clock.now();
      await tx.runs.tick(step.planId, step.position, step.by, now);
      await tx.audit.append({
        at: now.toISOString(),
        event: 'step.done',
        by: step.by,
        planId: step.planId,
        detail: { position: step.position },
      });
      if (run !== undefined)
        await wantInThread(tx, record, { kind: 'progress', run: run.number }, parts);
      parts.wake('messages');
      return { kind: 'ticked' };
    });
}

function refused(because: string): TickResult {
  return { kind: 'refused', because };
}
