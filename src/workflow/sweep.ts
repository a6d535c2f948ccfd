// What happens because time passes: proposals expire, approvals lapse, leases end, lost runs are found, late runs are offered again.

import { isRisky } from '../approval/needed.ts';
import { isHeldByDoubt } from '../plan/doubt-finding.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanRecord, RunId } from '../ports.ts';
import { approveWhenComplete } from './cast-vote.ts';
import { limits } from './limits.ts';
import { findAbandonedRuns, lookAgain } from './look-again.ts';
import { findAbandonedGiveBacks, lookAtGiveBacks } from './look-at-give-back.ts';
import { mindLeases } from './mind-leases.ts';
import { type Move, movePlan } from './move-plan.ts';
import { offerRun } from './offer-run.ts';
import type { Parts } from './parts.ts';

/** Begins a run without waiting for its end. */
export type StartRun = (run: RunId) => void;

/** One pass over everything that has a clock. `startRun` is called for runs the queue seems to have lost. */
export async function sweep(parts: Parts, startRun: StartRun): Promise<void> {
  await endWhatIsDue(parts);
  await findAbandonedRuns(parts);
  await findAbandonedGiveBacks(parts);
  // Before looking: a cluster that does not answer must not keep the runs of others waiting.
  await offerRuns(parts, startRun);
  await lookAgain(parts);
  await lookAtGiveBacks(parts);
  await mindLeases(parts);
  await mindProposals(parts);
  parts.wake('messages');
}

/** Pure: how time alone ends a plan, or undefined. */
export function dueMove(record: PlanRecord, now: Date): Move | undefined {
  const by = 'headroom';
  if (record.state === 'proposed') {
    if (
      record.clearedAt !== undefined &&
      now.getTime() >= record.clearedAt.getTime() + limits.clearedMs
    ) {
      return {
        to: 'withdrawn',
        by,
        reason: 'The alert had cleared and nobody approved it anyway within 15 minutes.',
      };
    }
    return now.getTime() >= Date.parse(record.plan.expiresAt) ? { to: 'expired', by } : undefined;
  }
  if (record.state === 'approved' && record.startBy !== undefined && now >= record.startBy) {
    return { to: 'lapsed', by, reason: 'It was approved, but did not start in time.' };
  }
  return undefined;
}

async function endWhatIsDue(parts: Parts): Promise<void> {
  const waiting = await parts.store.transaction((tx) =>
    tx.plans.list({ states: ['proposed', 'approved'], limit: 1_000 }),
  );
  for (const { plan } of waiting.filter(
    (record) => dueMove(record, parts.clock.now()) !== undefined,
  )) {
    await parts.store.transaction(async (tx) => {
      const record = await tx.plans.lock(plan.id);
      const move = record && dueMove(record, parts.clock.now());
      if (record === undefined || move === undefined) return;
      const run = await tx.runs.latest(plan.id);
      if (run?.state === 'queued') await tx.runs.end(run, 'ended', parts.clock.now());
      await movePlan(tx, record, move, parts);
    });
  }
}

/** What is proposed and waits for something else than a vote. */
async function mindProposals(parts: Parts): Promise<void> {
  const proposed = await parts.store.transaction((tx) =>
    tx.plans.list({ states: ['proposed'], limit: 1_000 }),
  );
  for (const { plan } of proposed) {
    if (plan.finding?.kind === 'frozen' || isHeldByDoubt(plan)) await relook(plan, parts);
    else if (isRisky(plan) || plan.origin.kind === 'schedule') await approveIfDue(plan, parts);
  }
}

/** A finding that had nothing to base a size on may have it now; a doubt that kept one back may be gone. */
async function relook({ id, createdAt }: Plan, parts: Parts): Promise<void> {
  const age = parts.clock.now().getTime() - Date.parse(createdAt);
  // Once a minute: in the one sweep that falls into the first second of each.
  if (age < limits.relookMs || age % limits.relookMs >= limits.sweepEveryMs) return;
  await parts.store.transaction((tx) => tx.alerts.reopen(id));
  parts.wake('alerts');
}

/**
 * A restart that everybody agreed to waits for its hours; what takes something away, and what a rule approves by itself,
 * for the end of a freeze.
 */
async function approveIfDue({ id }: Plan, parts: Parts): Promise<void> {
  const starts = await parts.store.transaction((tx) => approveWhenComplete(tx, id, parts));
  if (starts) await offerRun({ planId: id, number: 1 }, parts);
}

/** Deletes what nobody will ask for again. */
export async function forget({
  store,
  clock,
  log,
}: Pick<Parts, 'store' | 'clock' | 'log'>): Promise<void> {
  const before = new Date(clock.now().getTime() - limits.keepMs);
  const alerts = await store.transaction((tx) => tx.alerts.forget(before));
  const commands = await store.transaction((tx) => tx.commands.forget(before));
  if (alerts + commands > 0) log.info({ alerts, commands }, 'deleted what is a month old');
}

/** The queue is offered what waits; what it still has not delivered after a while is run here, without it. */
async function offerRuns(parts: Parts, startRun: StartRun): Promise<void> {
  const now = parts.clock.now().getTime();
  const waiting = await parts.store.transaction((tx) =>
    tx.runs.waiting(new Date(now - limits.runOfferMs)),
  );
  for (const { planId, number, queuedAt } of waiting) {
    if (now - queuedAt.getTime() >= limits.runDirectMs) startRun({ planId, number });
    else await offerRun({ planId, number }, parts);
  }
}
