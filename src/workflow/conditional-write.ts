// What writing and taking back share: a look that is tried a few times, and a conditional write that is announced before it is sent.

import type { Case } from '../approval/condition.ts';
import { inWindow } from '../approval/conditions/in-window.ts';
import { evaluateApproval, evaluateGiveBack } from '../approval/evaluate.ts';
import { whyHalted } from '../approval/why-halted.ts';
import type { State } from '../change/compare.ts';
import type { Write } from '../change/write.ts';
import { assert, OperationError } from '../errors.ts';
import { isChange } from '../plan/step.ts';
import type { CheckpointName, Transaction, WriteAnswer } from '../ports.ts';
import { type ChangeAtHand, type ChangeEnd, keepState } from './change-at-hand.ts';
import { limits } from './limits.ts';
import { observeChange } from './observe-change.ts';
import type { Parts } from './parts.ts';
import { readCase } from './read-plan.ts';
import { tell } from './tell.ts';

export const handedOver: Extract<ChangeEnd, { kind: 'handed-over' }> = {
  kind: 'handed-over',
  because: 'Headroom was stopped before this change; it looks again and goes on',
};

/** What an earlier run or an earlier change of this one wrote stays written; only this change did not. */
export function nothingWritten({ run, position }: ChangeAtHand): string {
  return run.number === 1 && position === 0 ? 'nothing was written' : 'nothing more was written';
}

export type Seen =
  | { readonly kind: 'seen'; readonly state: State }
  | Extract<ChangeEnd, { kind: 'failed' | 'handed-over' }>;

/** Reads are harmless, so they are tried a few times; the target's lock is not held for as long as a server may ask. */
export async function observeForChange(at: ChangeAtHand, parts: Parts): Promise<Seen> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { kind: 'seen', state: await observeChange(at.change, parts) };
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

/** What a write is announced as: a change, or the taking back of one and why. */
export type Announcement =
  | { readonly state: 'writing' }
  | { readonly state: 'reverting'; readonly because: string };

export type Sending =
  | { readonly kind: 'answered'; readonly answer: WriteAnswer }
  /** Nothing was received, however often it was sent. */
  | { readonly kind: 'not-received'; readonly because: string }
  | Exclude<ChangeEnd, { kind: 'done' }>;

const pointsOfGiveBack = ['give-back-announced', 'give-back-sent'] as const;
const points = {
  writing: ['write-announced', 'write-sent'],
  reverting: ['revert-announced', 'revert-sent'],
} as const satisfies Record<Announcement['state'], readonly [CheckpointName, CheckpointName]>;

/** Announced anew before each attempt: while a request had to wait, a stop may have come, or somebody else the run. */
export async function sendAnnounced(
  at: ChangeAtHand,
  request: Write,
  as: Announcement,
  parts: Parts,
): Promise<Sending> {
  const [announcedPoint, sentPoint] =
    at.purpose === 'give-back' ? pointsOfGiveBack : points[as.state];
  for (let attempt = 1; ; attempt++) {
    const announced = await announce(at, as, parts);
    if (announced.kind !== 'go') return announced;
    parts.checkpoint(announcedPoint);
    const answer = await sendOnce(at, request, parts);
    parts.checkpoint(sentPoint);
    if (answer.kind !== 'not-received') return { kind: 'answered', answer };
    const { trouble } = answer;
    const waitMs = trouble.retryAfterMs ?? limits.readRetryMs;
    if (!trouble.retryable || attempt >= limits.readAttempts || waitMs > limits.waitMaxMs) {
      return { kind: 'not-received', because: trouble.message };
    }
    await parts.clock.sleep(waitMs, at.shutdown);
    if (at.shutdown.aborted) return handedOver;
  }
}

/** The adapter throws only for a request that provably was not received; that one may be sent again. */
async function sendOnce(
  at: ChangeAtHand,
  request: Write,
  parts: Parts,
): Promise<WriteAnswer | { readonly kind: 'not-received'; readonly trouble: OperationError }> {
  try {
    if (request.how !== 'sql') return await parts.clusters.write(request, { dryRun: false });
    // Who loses the run meanwhile is told when the write has ended.
    const onProgress = async (words: string) => {
      await tell(at, 'writing', words, parts);
    };
    const { shutdown: signal } = at;
    return await parts.databases.write(request, { dryRun: false, signal, onProgress });
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { kind: 'not-received', trouble: error };
  }
}

/** The last look before a write, stored with the announcement: still ours, still approved, not stopped. */
function announce(
  at: ChangeAtHand,
  as: Announcement,
  parts: Parts,
): Promise<Exclude<ChangeEnd, { kind: 'done' }> | { readonly kind: 'go' }> {
  return parts.store.transaction(async (tx) => {
    const record = await tx.plans.lock(at.run.planId);
    assert(record !== undefined, 'a plan that runs is stored');
    const now = parts.clock.now();
    if (!(await tx.runs.renew(at.run, at.hold.holder, now, limits.runHoldMs)))
      return { kind: 'lost' };
    const input = await readCase(tx, record, parts);
    const verdict = at.purpose === 'give-back' ? evaluateGiveBack(input) : evaluateApproval(input);
    const halted = whyHalted(verdict, input.mode);
    if (halted !== undefined) {
      return {
        kind: 'failed',
        code: 'stopped',
        because: `Halted before change ${at.position + 1}: ${halted}`,
      };
    }
    const closed = as.state === 'writing' && (await whyNotAnyMore(tx, at, input));
    if (closed) {
      return {
        kind: 'failed',
        code: 'window',
        because: `Not begun${at.run.number > 1 ? ' again after an interruption' : ''}: ${closed}`,
      };
    }
    const because = as.state === 'reverting' ? as.because : undefined;
    const told = { change: at.change, ...(because !== undefined && { because }) };
    await keepState(tx, at, { state: as.state, detail: because, now }, told);
    return { kind: 'go' };
  });
}

/**
 * What restarts a database and was not begun before an interruption, or before a gate held the plan up, is not begun after
 * its window either: that may have taken hours. Only what was begun is ended.
 */
async function whyNotAnyMore(
  tx: Transaction,
  { run, record, position, change }: ChangeAtHand,
  input: Case,
): Promise<string | undefined> {
  const { restarts = [], steps } = record.plan;
  const isFirst = restarts.length > 0 && !steps.slice(0, position).some(isChange);
  if (run.number === 1 ? !isFirst : change.kind === 'sql') return undefined;
  if (await tx.runs.mayHaveWritten(run, position)) return undefined;
  const window = inWindow({ ...input, state: 'approved' });
  if (window.status === 'met') return undefined;
  const again = restarts.map((database) => `/scale restart ${record.plan.system} ${database}`);
  return `${window.because}; for its next hours have a new plan drawn: ${again.join(', ')}`;
}
