// Gives back what a plan has lent: the exact undo of its own changes, announced, conditional, and found out about when it was cut off.

import { evaluateGiveBack } from '../approval/evaluate.ts';
import { whyHalted } from '../approval/why-halted.ts';
import { undoOf } from '../change/change.ts';
import { assert, unreachable } from '../errors.ts';
import type { LentChange } from '../lease/lease.ts';
import { asDrift, givenByOthers } from '../lease/may-give-back.ts';
import { movedTo } from '../lease/terms.ts';
import { targetsOf } from '../plan/step.ts';
import type { LockProof, PlanRecord, RunId, Transaction } from '../ports.ts';
import type { ChangeEnd } from './change-at-hand.ts';
import { keepRun, type RunHold } from './keep-run.ts';
import { type Both, endLease, given, keep, toUnknown } from './lease-ends.ts';
import { writtenChanges } from './lend.ts';
import { limits } from './limits.ts';
import { moveLease } from './move-lease.ts';
import type { Parts } from './parts.ts';
import { type PutBack, putBack } from './put-back.ts';
import { readCase } from './read-plan.ts';

/** `not-given-back`: it stays for a reason that is stored, or is no longer ours. */
export type GiveBackEnd = 'given-back' | 'not-given-back' | 'unknown' | 'handed-over' | 'not-ours';

/** Runs one attempt. Called twice for the same run, the second call does nothing. */
export async function giveBack(
  run: RunId,
  shutdown: AbortSignal,
  parts: Parts,
): Promise<GiveBackEnd> {
  const begun = await parts.store.transaction((tx) => begin(tx, run, parts));
  parts.wake('messages');
  if (begun === undefined) return 'not-ours';
  const ended = await keepRun(run, begun.hold, parts, () => carryOut(begun, shutdown, parts));
  parts.checkpoint('give-back-ended');
  parts.wake('messages');
  return ended;
}

interface Begun {
  readonly run: RunId;
  readonly record: PlanRecord;
  readonly lock: LockProof;
  readonly hold: RunHold;
  readonly purpose: 'give-back';
  readonly changes: readonly Step[];
}

interface Step {
  readonly position: number;
  readonly change: LentChange;
  /** An earlier run may have given it back before it was cut off. */
  readonly wasSent: boolean;
}

/** What was decided when the run was opened is looked at once more, with the locks in hand. */
async function begin(tx: Transaction, run: RunId, parts: Parts): Promise<Begun | undefined> {
  const record = await tx.plans.lock(run.planId);
  const lease = await tx.leases.lock(run.planId);
  const stored = await tx.runs.find(run);
  if (record === undefined || stored?.state !== 'queued') return undefined;
  const now = parts.clock.now();
  if (lease?.state !== 'giving') {
    await tx.runs.end(run, 'ended', now);
    return undefined;
  }
  const input = await readCase(tx, record, parts);
  const verdict = evaluateGiveBack(input);
  const because = whyHalted(verdict, input.mode);
  if (because !== undefined) {
    await tx.runs.end(run, 'ended', now);
    await keep(tx, { record, lease }, { reason: 'approval', because }, parts);
    return undefined;
  }
  if (now.getTime() - stored.queuedAt.getTime() > limits.giveBackFreshMs) {
    // What was measured for it is old by now, so it is decided anew.
    await tx.runs.end(run, 'ended', now);
    const after = movedTo(lease, 'lent', now);
    const move = { event: 'lease.delayed', by: 'headroom', isNews: false } as const;
    await moveLease(tx, { record, before: lease, after }, move, parts);
    return undefined;
  }
  const lock = await tx.locks.take(targetsOf(record.plan), run.planId, now);
  if (lock.kind === 'held') {
    await tx.runs.end(run, 'ended', now);
    const busy = `plan ${lock.planId} is at work on the same target`;
    await keep(tx, { record, lease }, { reason: 'other-plan', because: busy }, parts);
    return undefined;
  }
  const hold: RunHold = { holder: parts.newId('h') };
  await tx.runs.claim(run, hold.holder, now, limits.runHoldMs);
  const changes: Step[] = [];
  for (const { position, change } of await writtenChanges(tx, record.plan)) {
    const wasSent = await tx.runs.mayHaveWritten(run, position, 'give-back');
    changes.push({ position, change, wasSent });
  }
  return { run, record, lock: lock.proof, hold, changes, purpose: 'give-back' };
}

/** What became of all that was lent. */
interface Back {
  readonly kind: 'done';
  /** Somebody else had put back all of it. */
  readonly byOthers: boolean;
  readonly kept: readonly Extract<PutBack, { kind: 'kept' }>[];
}

type Broken = Extract<ChangeEnd, { kind: 'unknown' | 'handed-over' | 'lost' }>;

/** Last written, first given back. */
async function carryOut(begun: Begun, shutdown: AbortSignal, parts: Parts): Promise<GiveBackEnd> {
  const kept: Extract<PutBack, { kind: 'kept' }>[] = [];
  let byOthers = true;
  for (const { position, change, wasSent } of begun.changes.toReversed()) {
    const at = { ...begun, shutdown, position, change: undoOf(change) };
    const one = await putBack(at, 'its time is over', parts);
    switch (one.kind) {
      case 'back':
        byOthers = byOthers && one.wasFound && !wasSent;
        break;
      case 'kept':
        byOthers = false;
        kept.push(one);
        break;
      case 'unknown':
      case 'handed-over':
      case 'lost':
        return end(begun, one, parts);
      default:
        unreachable(one);
    }
  }
  return end(begun, { kind: 'done', byOthers, kept }, parts);
}

/** Stores the end of the run with the lease's next state; nothing when somebody else holds the run now. */
async function end(begun: Begun, came: Back | Broken, parts: Parts): Promise<GiveBackEnd> {
  if (came.kind === 'lost') return 'not-ours';
  const { run, hold } = begun;
  return parts.store.transaction(async (tx) => {
    const now = parts.clock.now();
    const record = await tx.plans.lock(run.planId);
    const lease = await tx.leases.lock(run.planId);
    const held = await tx.runs.renew(run, hold.holder, now, limits.runHoldMs);
    if (record === undefined || lease === undefined || !held) return 'not-ours';
    assert(lease.state === 'giving', 'a lease stays in its run while that is held');
    const both = { record, lease };
    if (came.kind === 'unknown' && !(await mayBeBack(tx, run))) {
      // Nothing was ever sent, so there is nothing to find out.
      await tx.runs.end(run, 'ended', now);
      await tx.locks.release(run.planId);
      await keep(tx, both, { reason: 'cluster', because: came.because }, parts);
      return 'not-given-back';
    }
    if (came.kind !== 'done') {
      await tx.runs.end(run, 'lost', now);
      await toUnknown(tx, both, came.because, run, parts);
      return came.kind;
    }
    await tx.runs.end(run, 'ended', now);
    await tx.locks.release(run.planId);
    return settle(tx, both, came, parts);
  });
}

/** Whether this attempt or an earlier one may have written any of it. */
function mayBeBack(tx: Transaction, { planId, number }: RunId): Promise<boolean> {
  return tx.runs.mayHaveWritten({ planId, number: number + 1 }, undefined, 'give-back');
}

async function settle(
  tx: Transaction,
  both: Both,
  { kept, byOthers }: Back,
  parts: Parts,
): Promise<'given-back' | 'not-given-back'> {
  const drift = kept.find(({ code }) => code === 'drift');
  const open = kept.find(({ code }) => code !== 'drift');
  if (open !== undefined) {
    const reason = open.code === 'stopped' ? 'approval' : 'cluster';
    await keep(tx, both, { reason, because: open.because }, parts);
    return 'not-given-back';
  }
  if (drift !== undefined || byOthers) {
    const because = drift === undefined ? givenByOthers : asDrift(drift.because);
    await endLease(tx, both, because, parts);
    return 'not-given-back';
  }
  await given(tx, both, parts);
  return 'given-back';
}
