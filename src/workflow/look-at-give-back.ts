// Finds out what became of a giving back that was cut off: by looking, never by lowering a second time.

import { undoOf } from '../change/change.ts';
import { type Comparison, compareChange } from '../change/compare.ts';
import { OperationError } from '../errors.ts';
import { lentChanges } from '../lease/lease.ts';
import { asDrift, givenByOthers } from '../lease/may-give-back.ts';
import { movedTo } from '../lease/terms.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunId, RunRecord, Transaction } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
import { type Both, endLease, given, keep, toUnknown } from './lease-ends.ts';
import { limits } from './limits.ts';
import { moveLease } from './move-lease.ts';
import { observeChange } from './observe-change.ts';
import type { Parts } from './parts.ts';

/** Running, but not heard of in time: what became of it is unknown until somebody has looked. */
export async function findAbandonedGiveBacks(parts: Parts): Promise<void> {
  const { store, clock } = parts;
  const abandoned = await store.transaction((tx) => tx.runs.abandoned(clock.now(), 'give-back'));
  for (const run of abandoned) {
    await store.transaction(async (tx) => {
      const both = await lockBoth(tx, run);
      const still = (await tx.runs.abandoned(clock.now(), 'give-back')).some(
        (other) => other.planId === run.planId && other.number === run.number,
      );
      if (both?.lease.state !== 'giving' || !still) return;
      await tx.runs.end(run, 'lost', clock.now());
      const because = 'the process that gave it back stopped answering';
      await toUnknown(tx, both, because, run, parts);
    });
  }
}

/** Looks at the cluster for every lost one; while it cannot be asked nothing else happens to the target. */
export async function lookAtGiveBacks(parts: Parts): Promise<void> {
  const lost = await parts.store.transaction((tx) => tx.runs.lost('give-back'));
  await inParallel(lost, async (run) => {
    const record = await parts.store.transaction((tx) => tx.plans.find(run.planId));
    const seen = record && (await look(record.plan, run, parts));
    if (seen === undefined) return;
    await parts.store.transaction((tx) => settle(tx, run, seen, parts));
  });
}

/** Undefined when the cluster could not be asked. */
async function look(
  plan: Plan,
  run: RunId,
  parts: Parts,
): Promise<readonly Comparison[] | undefined> {
  if (parts.systems.get(plan.system)?.cluster !== plan.workload.cluster) {
    const because = `${plan.system} is no longer in headroom.yaml, so nobody looks at what became of it; look yourself`;
    return [{ kind: 'drifted', because }];
  }
  try {
    const comparisons: Comparison[] = [];
    for (const { change } of lentChanges(plan)) {
      const undo = undoOf(change);
      comparisons.push(compareChange(undo, await observeChange(undo, parts)));
    }
    return comparisons;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const fields = { planId: run.planId, run: run.number, err: error };
    parts.log.warn(fields, 'looking at what a lost giving back did');
    return undefined;
  }
}

async function settle(
  tx: Transaction,
  run: RunRecord,
  seen: readonly Comparison[],
  parts: Parts,
): Promise<void> {
  const both = await lockBoth(tx, run);
  const still = (await tx.runs.find(run))?.state === 'lost';
  if (both?.lease.state !== 'unknown' || !still) return;
  const now = parts.clock.now();
  await tx.audit.append({
    at: now.toISOString(),
    event: 'run.looked',
    by: 'headroom',
    planId: run.planId,
    detail: { run: run.number, purpose: run.purpose, changes: seen.map(({ kind }) => kind) },
  });
  await tx.runs.end(run, 'ended', run.endedAt ?? now);
  await tx.locks.release(run.planId);
  const drift = seen.find((each) => each.kind === 'drifted');
  if (drift?.kind === 'drifted') return endLease(tx, both, asDrift(drift.because), parts);
  if (seen.every(({ kind }) => kind === 'reached')) {
    const before = { planId: run.planId, number: run.number + 1 };
    const ours = await tx.runs.mayHaveWritten(before, undefined, 'give-back');
    return ours ? given(tx, both, parts) : endLease(tx, both, givenByOthers, parts);
  }
  return again(tx, both, parts);
}

/** It still stands as it was lent, so it is decided anew; after a few times in a row only after a while. */
async function again(tx: Transaction, both: Both, parts: Parts): Promise<void> {
  const { record, lease } = both;
  if (lease.attempts >= limits.giveBackAttemptsMax) {
    const because = `${lease.attempts} attempts in a row were cut off; Headroom's log says why`;
    return keep(tx, both, { reason: 'cluster', because }, parts);
  }
  const after = movedTo(lease, 'lent', parts.clock.now());
  const move = { event: 'lease.delayed', by: 'headroom', isNews: false } as const;
  await moveLease(tx, { record, before: lease, after }, move, parts);
}

async function lockBoth(tx: Transaction, { planId }: RunId): Promise<Both | undefined> {
  const record = await tx.plans.lock(planId);
  const lease = await tx.leases.lock(planId);
  return record && lease && { record, lease };
}
