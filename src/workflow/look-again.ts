// Finds out what became of a run that was cut off: by looking, never by trying blindly.

import { type Change, isTakenBack } from '../change/change.ts';
import { compareChange } from '../change/compare.ts';
import { buildsOn } from '../change/on-top.ts';
import { OperationError } from '../errors.ts';
import { whyNotConnected } from '../plan/allowed-deed.ts';
import { changesOf, isChange } from '../plan/step.ts';
import type { PlanRecord, RunRecord, Transaction } from '../ports.ts';
import { isDone } from './apply-change.ts';
import { inParallel } from './in-parallel.ts';
import { limits } from './limits.ts';
import { movePlan, wantInThread } from './move-plan.ts';
import { observeChange } from './observe-change.ts';
import type { Parts } from './parts.ts';

/** Running, but not heard of in time: its plan's state is unknown until somebody has looked. */
export async function findAbandonedRuns(parts: Parts): Promise<void> {
  const abandoned = await parts.store.transaction((tx) =>
    tx.runs.abandoned(parts.clock.now(), 'apply'),
  );
  for (const run of abandoned) {
    await parts.store.transaction(async (tx) => {
      const record = await tx.plans.lock(run.planId);
      const still = (await tx.runs.abandoned(parts.clock.now(), 'apply')).some(
        (other) => other.planId === run.planId && other.number === run.number,
      );
      if (record === undefined || !still) return;
      await tx.runs.end(run, 'lost', parts.clock.now());
      await movePlan(
        tx,
        record,
        {
          to: 'unknown',
          by: 'headroom',
          reason: 'The process that carried it out stopped answering.',
          detail: { run: run.number },
        },
        parts,
      );
    });
  }
}

/** Looks at the cluster for every lost run and opens the next one; real drift ends the plan instead. */
export async function lookAgain(parts: Parts): Promise<void> {
  const lost = await parts.store.transaction((tx) => tx.runs.lost('apply'));
  await inParallel(lost, async (run) => {
    const record = await parts.store.transaction((tx) => tx.plans.find(run.planId));
    if (record?.state !== 'unknown') return;
    const seen = await look(record, run, parts);
    if (seen.kind === 'not-seen') {
      parts.log.warn(
        { planId: run.planId, run: run.number, err: seen.error },
        'looking at what a lost run did',
      );
      return;
    }
    await parts.store.transaction((tx) => settle(tx, run, seen, parts));
  });
}

type Look =
  | { readonly kind: 'seen'; readonly changes: readonly string[]; readonly drift?: string }
  | { readonly kind: 'not-seen'; readonly error: OperationError };

async function look({ plan }: PlanRecord, run: RunRecord, parts: Parts): Promise<Look> {
  const changes: string[] = [];
  const system = parts.systems.get(plan.system);
  const isElsewhere = plan.procedure === undefined && system?.cluster !== plan.workload.cluster;
  if (system === undefined || isElsewhere) {
    const drift = `${plan.system} is no longer in headroom.yaml, so nobody looks at what became of its change; look yourself`;
    return { kind: 'seen', changes, drift };
  }
  const unconnected = changesOf(plan)
    .map((change) => change.kind === 'sql' && whyNotConnected(change.database, parts.systems))
    .find((because) => because !== undefined && because !== false);
  if (unconnected) {
    const drift = `${unconnected} any more, so nobody looks at what became of its change; look yourself`;
    return { kind: 'seen', changes, drift };
  }
  // A plan that is being taken back goes on with that; what has moved is judged there, change by change.
  const next = { planId: run.planId, number: run.number + 1 };
  const gaveUp = await parts.store.transaction((tx) => tx.runs.gaveUp(next));
  const goesBack = gaveUp !== undefined && plan.steps.some(isTakenBack);
  try {
    const before: Change[] = [];
    for (const [position, change] of plan.steps.entries()) {
      if (!isChange(change) || (!goesBack && (await isDone({ run: next, position }, parts))))
        continue;
      const comparison = compareChange(change, await observeChange(change, parts));
      changes.push(comparison.kind);
      // What an earlier change is still to write cannot be there yet.
      const isEarly = buildsOn(change, before);
      before.push(change);
      if (comparison.kind === 'drifted' && !goesBack && !isEarly)
        return { kind: 'seen', changes, drift: comparison.because };
    }
    return { kind: 'seen', changes };
  } catch (error) {
    if (error instanceof OperationError) return { kind: 'not-seen', error };
    throw error;
  }
}

async function settle(
  tx: Transaction,
  run: RunRecord,
  seen: Extract<Look, { kind: 'seen' }>,
  parts: Parts,
): Promise<void> {
  const record = await tx.plans.lock(run.planId);
  const still = (await tx.runs.find(run))?.state === 'lost';
  if (record?.state !== 'unknown' || !still) return;
  const now = parts.clock.now();
  await tx.audit.append({
    at: now.toISOString(),
    event: 'run.looked',
    by: 'headroom',
    planId: run.planId,
    detail: { run: run.number, changes: seen.changes },
  });
  await tx.runs.end(run, 'ended', run.endedAt ?? now);
  const tooMany =
    run.number >= limits.runsMax
      ? `${run.number} runs could not finish it; Headroom's log says why`
      : undefined;
  if (tooMany !== undefined) parts.counters.limitMet('runs of a plan');
  const because = seen.drift ?? tooMany;
  if (because === undefined) {
    await tx.runs.queue({ planId: run.planId, number: run.number + 1 }, now);
    parts.wake('runs');
    return;
  }
  const move = { by: 'headroom', reason: because, detail: { run: run.number } };
  const failed = await movePlan(tx, record, { ...move, to: 'failed' }, parts);
  await movePlan(tx, failed, { ...move, to: 'left' }, parts);
  await tx.locks.release(run.planId);
  await wantInThread(tx, record, { kind: 'outcome' }, parts);
}
