// Asks everything of a plan once more before a run writes: what became impossible since it was approved stops it with words.

import type { ApprovedPlan } from '../approval/evaluate.ts';
import { targetKey, type WorkloadRef } from '../change/change.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanCheck } from '../plan/plan-check.ts';
import { changesOf, type Step } from '../plan/step.ts';
import type { RunId } from '../ports.ts';
import type { ChangeEnd } from './change-at-hand.ts';
import { checkPlan } from './check-plan.ts';
import { lookAtBackups } from './look-at-backup.ts';
import type { LookedAt } from './look-at-changes.ts';
import type { Parts } from './parts.ts';
import { whoReverts } from './who-reverts.ts';

/**
 * Undefined when nothing stands in the way as far as is known; what cannot be asked does not stop a run, because each
 * write is conditional in itself.
 */
export async function whyNotWrite(
  plan: ApprovedPlan,
  run: RunId,
  parts: Parts,
): Promise<Extract<ChangeEnd, { kind: 'failed' }> | undefined> {
  const steps = await stepsLeft(plan, run, parts);
  const moment = { mode: 'apply', isBeforeWrite: true } as const;
  const { checks: asked, looked } = await checkPlan({ ...plan, steps }, moment, parts);
  const checks = [...asked, ...(await lookAtBackups(plan, parts))];
  const written = run.number === 1 ? 'nothing was written' : 'nothing more was written';
  const stop = (code: string, because: string) =>
    ({ kind: 'failed', code, because: `${because}; ${written}` }) as const;
  for (const each of looked) {
    if (each.kind === 'seen' && each.drift !== undefined) return stop('drift', each.drift);
  }
  const before = new Set((plan.checks ?? []).map(({ text }) => text));
  const news = checks.find((check) => isInTheWay(check, plan) && !before.has(check.text));
  if (news !== undefined) return stop('check', `since this plan was drawn: ${news.text}`);
  const undone = await whyNotLasting({ ...plan, steps }, looked, parts);
  return undone === undefined ? undefined : stop('check', `since this plan was drawn: ${undone}`);
}

/** A change that somebody puts back within minutes is not written, however it was when the plan was drawn. */
async function whyNotLasting(
  plan: Plan,
  looked: readonly LookedAt[],
  parts: Parts,
): Promise<string | undefined> {
  const stateOf = (workload: WorkloadRef) => {
    const same = looked.find(({ change }) => targetKey(change.workload) === targetKey(workload));
    return same?.kind === 'seen' ? same.state : undefined;
  };
  const reverts = await whoReverts(changesOf(plan), stateOf, parts);
  return reverts.find(({ when }) => when !== 'later')?.note.replace(/\.$/, '');
}

/** What an earlier run has seen in place is over: a later step may have moved it on since. */
async function stepsLeft(
  { steps }: ApprovedPlan,
  run: RunId,
  { store }: Parts,
): Promise<readonly Step[]> {
  if (run.number === 1) return steps;
  return store.transaction(async (tx) => {
    const left: Step[] = [];
    for (const [position, step] of steps.entries()) {
      if (!(await tx.runs.stepDone(run.planId, position)).isDone) left.push(step);
    }
    return left;
  });
}

/** A budget that came up meanwhile was not known to whoever agreed to take pods away. */
function isInTheWay({ kind, result }: PlanCheck, { decrease }: ApprovedPlan): boolean {
  return result === 'refused' || (kind === 'disruption' && result === 'warning' && decrease);
}
