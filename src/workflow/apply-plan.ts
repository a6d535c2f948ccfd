// Carries an approved plan out: locks, looks again, evaluates again, then change by change: announce, write, verify, store.

import { type ApprovedPlan, evaluateApproval } from '../approval/evaluate.ts';
import { isTakenBack } from '../change/change.ts';
import { isChange, type Step, targetsOf } from '../plan/step.ts';
import type { LockProof, PlanRecord, RunId, Transaction } from '../ports.ts';
import { applyChange } from './apply-change.ts';
import type { ChangeAtHand, ChangeEnd } from './change-at-hand.ts';
import { whyNotWrite } from './check-before-write.ts';
import { endRun } from './end-run.ts';
import { type GiveBackEnd, giveBack } from './give-back.ts';
import { keepRun, type RunHold } from './keep-run.ts';
import { limits } from './limits.ts';
import { movePlan, wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';
import { passGate } from './pass-gate.ts';
import { readCase } from './read-plan.ts';
import { takeBack } from './take-back.ts';

/** `waiting` runs stay queued: for a resume, or for another plan to let go of the target. */
export type RunEnd =
  | 'applied'
  | 'failed'
  | 'unknown'
  | 'waiting'
  | 'not-ours'
  | 'handed-over'
  | GiveBackEnd;

export type ApplyPlan = (run: RunId, shutdown: AbortSignal) => Promise<RunEnd>;

/** Runs one attempt. Called twice for the same run, the second call does nothing. */
export function applyPlan(parts: Parts): ApplyPlan {
  return async (run, shutdown) => {
    const started = parts.clock.now();
    const begun = await begin(run, parts);
    if (begun.kind === 'gives-back') return giveBack(run, shutdown, parts);
    if (begun.kind !== 'begun') return begun.kind;
    parts.checkpoint('run-claimed');
    parts.wake('messages');
    const end = await keepRun(run, begun.hold, parts, (hold) =>
      carryOut(begun, hold, shutdown, parts),
    );
    parts.checkpoint('run-ended');
    parts.wake('messages');
    if (end === 'applied' || end === 'failed' || end === 'unknown') {
      parts.counters.run(end, (parts.clock.now().getTime() - started.getTime()) / 1000);
    }
    return end;
  };
}

interface Begun {
  readonly kind: 'begun';
  readonly run: RunId;
  readonly record: PlanRecord;
  readonly plan: ApprovedPlan;
  readonly lock: LockProof;
  readonly hold: RunHold;
}

/** Evaluates the approval as it stands now, takes all locks and makes the run this process's own, in one transaction. */
function begin(
  run: RunId,
  parts: Parts,
): Promise<Begun | { readonly kind: 'waiting' | 'failed' | 'not-ours' | 'gives-back' }> {
  return parts.store.transaction(async (tx) => {
    const record = await tx.plans.lock(run.planId);
    const queued = await tx.runs.find(run);
    if (record === undefined || queued?.state !== 'queued') return { kind: 'not-ours' };
    if (queued.purpose === 'give-back') return { kind: 'gives-back' };
    if (record.state !== 'approved' && record.state !== 'unknown') {
      await tx.runs.end(run, 'ended', parts.clock.now());
      return { kind: 'not-ours' };
    }
    const stored = await readCase(tx, record, parts);
    // A run that was cut off before anything was written has not started: its approval lapses like any other.
    const state = (await hasStarted(tx, record, run)) ? record.state : 'approved';
    const input = { ...stored, state };
    const verdict = evaluateApproval(input);
    if (verdict.kind === 'waiting' && verdict.condition === 'notStopped')
      return { kind: 'waiting' };
    if (verdict.kind !== 'approved' || input.mode !== 'apply') {
      const because =
        verdict.kind === 'approved'
          ? `${record.plan.system} is no longer in apply mode`
          : verdict.because;
      await giveUp(tx, record, run, because, parts);
      return { kind: 'failed' };
    }
    const lock = await tx.locks.take(targetsOf(verdict.plan), record.plan.id, parts.clock.now());
    if (lock.kind === 'held') return { kind: 'waiting' };
    const hold: RunHold = { holder: parts.newId('h') };
    await tx.runs.claim(run, hold.holder, parts.clock.now(), limits.runHoldMs);
    const moved = await movePlan(
      tx,
      record,
      { to: 'applying', by: 'headroom', detail: { run: run.number, approvedBy: verdict.by } },
      parts,
    );
    await wantInThread(tx, record, { kind: 'progress', run: run.number }, parts);
    return { kind: 'begun', run, record: moved, plan: verdict.plan, lock: lock.proof, hold };
  });
}

/** Something of it may be written, or somebody was asked to do something. */
async function hasStarted(
  tx: Transaction,
  { plan, state }: PlanRecord,
  run: RunId,
): Promise<boolean> {
  if (state === 'approved') return false;
  if (await tx.runs.mayHaveWritten(run)) return true;
  if (plan.steps[0]?.kind !== 'human') return false;
  return (await tx.runs.stepDone(plan.id, 0)).since !== undefined;
}

/** An approval that is no longer in force: nothing was written by this run. */
async function giveUp(
  tx: Transaction,
  record: PlanRecord,
  run: RunId,
  because: string,
  parts: Parts,
): Promise<void> {
  await tx.runs.end(run, 'ended', parts.clock.now());
  await tx.locks.release(record.plan.id);
  const move = { by: 'headroom', reason: `Not started: ${because}` };
  if (record.state === 'approved') {
    await movePlan(tx, record, { ...move, to: 'lapsed' }, parts);
    return;
  }
  const failed = await movePlan(tx, record, { ...move, to: 'failed' }, parts);
  await movePlan(tx, failed, { ...move, to: 'left' }, parts);
}

async function carryOut(
  { run, record, plan, lock }: Begun,
  hold: RunHold,
  shutdown: AbortSignal,
  parts: Parts,
): Promise<RunEnd> {
  const at = { run, record, lock, hold, shutdown };
  parts.checkpoint('locks-taken');
  const gaveUp = await failedEarlier(plan, run, parts);
  if (gaveUp !== undefined) return fail({ code: 'not-ready', because: gaveUp }, plan, at, parts);
  const inTheWay = shutdown.aborted ? undefined : await whyNotWrite(plan, run, parts);
  if (inTheWay !== undefined) return fail(inTheWay, plan, at, parts);
  for (const [position, change] of plan.steps.entries()) {
    const end = isChange(change)
      ? await applyChange(
          { ...at, position, change, rolloutMs: rolloutMsOf(plan.steps[position + 1]) },
          parts,
        )
      : await passGate({ ...at, position, gate: change }, parts);
    if (end.kind === 'failed') return fail(end, plan, at, parts);
    if (end.kind !== 'done') return breakOff(end, at, parts);
  }
  return (await endRun({ kind: 'applied' }, at, parts)) ? 'applied' : 'not-ours';
}

/** A gate right behind a change may give its rollout longer than usual. */
function rolloutMsOf(next: Step | undefined): number {
  const given = next?.kind === 'check' && next.look.rollout ? (next.look.withinSeconds ?? 0) : 0;
  return Math.max(limits.rolloutDeadlineMs, given * 1000);
}

type At = Omit<ChangeAtHand, 'position' | 'change'>;

/** A plan that has failed is not begun anew: what it wrote is taken back, and a run that was cut off there goes on there. */
async function failedEarlier(
  { steps }: ApprovedPlan,
  run: RunId,
  { store }: Parts,
): Promise<string | undefined> {
  if (!steps.some(isTakenBack)) return undefined;
  return store.transaction((tx) => tx.runs.gaveUp(run));
}

async function fail(
  { code, because }: { readonly code: string; readonly because: string },
  { steps }: ApprovedPlan,
  at: At,
  parts: Parts,
): Promise<RunEnd> {
  // After a stop nothing more is written, not even an undo.
  const end =
    code === 'stopped'
      ? ({ kind: 'ended', reverted: false, because } as const)
      : await takeBack({ ...at, steps, because }, parts);
  if (end.kind !== 'ended') return breakOff(end, at, parts);
  return (await endRun({ ...end, kind: 'failed', code }, at, parts)) ? 'failed' : 'not-ours';
}

async function breakOff(
  end: Extract<ChangeEnd, { kind: 'unknown' | 'handed-over' | 'lost' }>,
  at: At,
  parts: Parts,
): Promise<RunEnd> {
  if (end.kind === 'lost') return 'not-ours';
  const stored = await endRun({ kind: 'unknown', because: end.because }, at, parts);
  return stored ? end.kind : 'not-ours';
}
