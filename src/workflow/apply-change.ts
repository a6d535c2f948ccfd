// Carries one change out: look, announce, write on the condition that nothing moved, see it ready.

import { evaluateApproval } from '../approval/evaluate.ts';
import { type ClusterWrite, clusterWrite } from '../change/cluster-write.ts';
import { type ClusterState, type Comparison, compareChange } from '../change/compare.ts';
import { assert, OperationError, unreachable } from '../errors.ts';
import type { WriteAnswer } from '../ports.ts';
import { type ChangeAtHand, type ChangeEnd, note } from './change-at-hand.ts';
import { limits } from './limits.ts';
import type { Parts } from './parts.ts';
import { readCase } from './read-plan.ts';
import { verifyChange } from './verify-change.ts';

const handedOver: Extract<ChangeEnd, { kind: 'handed-over' }> = {
  kind: 'handed-over',
  because: 'Headroom was stopped before this change; it looks again and goes on',
};

export async function applyChange(at: ChangeAtHand, parts: Parts): Promise<ChangeEnd> {
  assert(at.lock.planId === at.run.planId, "the lock is this plan's own");
  if (at.shutdown.aborted) return handedOver;
  const seen = await observeForChange(at, parts);
  if (seen.kind === 'handed-over') return seen;
  if (seen.kind === 'failed') {
    // What an interrupted run did is only known by looking, so a later run that cannot look does not know either.
    return at.run.number === 1 ? seen : { kind: 'unknown', because: seen.because };
  }
  parts.checkpoint('observed-again');
  const comparison = compareChange(at.change, seen.state);
  switch (comparison.kind) {
    case 'drifted':
      return {
        kind: 'failed',
        code: 'drift',
        because: `${comparison.because}; ${nothingWritten(at)}`,
      };
    case 'reached':
      return reached(at, parts);
    case 'unchanged':
      return write(at, comparison, parts);
    default:
      return unreachable(comparison);
  }
}

/** What an earlier run or an earlier change of this one wrote stays written; only this change did not. */
function nothingWritten({ run, position }: ChangeAtHand): string {
  return run.number === 1 && position === 0 ? 'nothing was written' : 'nothing more was written';
}

type Seen =
  | { readonly kind: 'seen'; readonly state: ClusterState }
  | Extract<ChangeEnd, { kind: 'failed' | 'handed-over' }>;

/** Reads are harmless, so they are tried a few times; the target's lock is not held for as long as a server may ask. */
async function observeForChange(at: ChangeAtHand, parts: Parts): Promise<Seen> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { kind: 'seen', state: await parts.clusters.observe(at.change.workload) };
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      const waitMs = error.retryAfterMs ?? limits.readRetryMs;
      if (!error.retryable || attempt >= limits.readAttempts || waitMs > limits.waitMaxMs) {
        return {
          kind: 'failed',
          code: error.code,
          because: `${error.message}; ${nothingWritten(at)}`,
        };
      }
      await parts.clock.sleep(waitMs, at.shutdown);
      if (at.shutdown.aborted) return handedOver;
    }
  }
}

/** Already there: by us, when an earlier run was cut off in this change, else by somebody else. Both are success. */
async function reached(at: ChangeAtHand, parts: Parts): Promise<ChangeEnd> {
  const ours = await parts.store.transaction((tx) => tx.runs.mayHaveWritten(at.run, at.position));
  const stored = await note(
    at,
    ours ? 'written' : 'reached',
    ours ? 'found in place after the interruption' : undefined,
    parts,
  );
  if (!stored) return { kind: 'lost' };
  return verifyChange(at, ours ? 'verified' : 'reached', parts);
}

/** Announced anew before each attempt: while a request had to wait, a stop may have come, or somebody else the run. */
async function write(
  at: ChangeAtHand,
  unchanged: Extract<Comparison, { kind: 'unchanged' }>,
  parts: Parts,
): Promise<ChangeEnd> {
  const request = clusterWrite(at.change, unchanged.resourceVersion);
  for (let attempt = 1; ; attempt++) {
    const announced = await announce(at, parts);
    if (announced.kind !== 'go') return announced;
    parts.checkpoint('write-announced');
    const answer = await sendOnce(request, parts);
    parts.checkpoint('write-sent');
    if (answer.kind !== 'not-received') return afterWrite(at, answer, parts);
    const { trouble } = answer;
    const waitMs = trouble.retryAfterMs ?? limits.readRetryMs;
    if (!trouble.retryable || attempt >= limits.readAttempts || waitMs > limits.waitMaxMs) {
      return refused(at, trouble.message, parts);
    }
    await parts.clock.sleep(waitMs, at.shutdown);
    if (at.shutdown.aborted) return handedOver;
  }
}

type Sent = WriteAnswer | { readonly kind: 'not-received'; readonly trouble: OperationError };

/** The adapter throws only for a request that provably was not received; that one may be sent again. */
async function sendOnce(request: ClusterWrite, { clusters }: Parts): Promise<Sent> {
  try {
    return await clusters.write(request, { dryRun: false });
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { kind: 'not-received', trouble: error };
  }
}

/** The last look before the write, stored with the announcement: still ours, still approved, not stopped. */
function announce(at: ChangeAtHand, parts: Parts): Promise<ChangeEnd | { readonly kind: 'go' }> {
  return parts.store.transaction(async (tx) => {
    const record = await tx.plans.lock(at.run.planId);
    assert(record !== undefined, 'a plan that runs is stored');
    const now = parts.clock.now();
    if (!(await tx.runs.renew(at.run, at.lease.holder, now, limits.runLeaseMs)))
      return { kind: 'lost' };
    const input = await readCase(tx, record, parts);
    const verdict = evaluateApproval(input);
    if (verdict.kind !== 'approved' || input.mode !== 'apply') {
      const because =
        verdict.kind === 'approved' ? 'the system is no longer in apply mode' : verdict.because;
      return {
        kind: 'failed',
        code: 'stopped',
        because: `Halted before change ${at.position + 1}: ${because}`,
      };
    }
    await tx.runs.setChange(at.run, { position: at.position, state: 'writing' }, now);
    await tx.audit.append({
      at: now.toISOString(),
      event: 'change.writing',
      by: 'headroom',
      planId: at.run.planId,
      detail: { run: at.run.number, position: at.position, change: at.change },
    });
    return { kind: 'go' };
  });
}

async function afterWrite(at: ChangeAtHand, answer: WriteAnswer, parts: Parts): Promise<ChangeEnd> {
  switch (answer.kind) {
    case 'unknown':
      return (await note(at, 'unknown', answer.because, parts)) ? answer : { kind: 'lost' };
    case 'refused':
      return refused(at, answer.because, parts);
    case 'written': {
      if (!(await note(at, 'written', undefined, parts))) return { kind: 'lost' };
      parts.checkpoint('write-stored');
      return verifyChange(at, 'verified', parts);
    }
    default:
      return unreachable(answer);
  }
}

/** The server does not say which test failed, so it is read: moved by somebody, already there, or a plain no. */
async function refused(at: ChangeAtHand, because: string, parts: Parts): Promise<ChangeEnd> {
  const seen = await observeForChange(at, parts);
  const comparison = seen.kind === 'seen' ? compareChange(at.change, seen.state) : undefined;
  if (comparison?.kind === 'reached') return reached(at, parts);
  const why = comparison?.kind === 'drifted' ? comparison.because : because;
  const code = comparison?.kind === 'drifted' ? 'drift' : 'refused';
  if (!(await note(at, 'refused', why, parts))) return { kind: 'lost' };
  return { kind: 'failed', code, because: `${why}; ${nothingWritten(at)}` };
}
