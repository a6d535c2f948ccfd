// Carries one change out: look, announce, write on the condition that nothing moved, see it ready.

import { compareBeforeWrite, type State } from '../change/compare.ts';
import { type Write, writeFor } from '../change/write.ts';
import { maybeLeft } from '../database/sql-deed.ts';
import { assert, unreachable } from '../errors.ts';
import type { WriteAnswer } from '../ports.ts';
import { type ChangeAtHand, type ChangeEnd, note } from './change-at-hand.ts';
import {
  handedOver,
  nothingWritten,
  observeForChange,
  sendAnnounced,
} from './conditional-write.ts';
import type { Parts } from './parts.ts';
import { tellCluster } from './tell-cluster.ts';
import { verifyChange } from './verify-change.ts';

export async function applyChange(at: ChangeAtHand, parts: Parts): Promise<ChangeEnd> {
  assert(at.lock.planId === at.run.planId, "the lock is this plan's own");
  if (at.shutdown.aborted) return handedOver;
  if (at.run.number > 1 && (await isDone(at, parts))) {
    // What is seen now may be what a later step made of it.
    return (await note(at, 'verified', 'an earlier run carried it out', parts))
      ? { kind: 'done' }
      : { kind: 'lost' };
  }
  const seen = await observeForChange(at, parts);
  if (seen.kind === 'handed-over') return seen;
  if (seen.kind === 'failed') {
    // What an interrupted run did is only known by looking, so a later run that cannot look does not know either.
    if (at.run.number === 1) return seen;
    const left = at.change.kind === 'sql' ? maybeLeft(at.change.deed) : '';
    return { kind: 'unknown', because: seen.because + left };
  }
  parts.checkpoint('observed-again');
  const comparison = compareBeforeWrite(at.change, seen.state);
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
      return write(at, requestFor(at, seen.state), parts);
    default:
      return unreachable(comparison);
  }
}

function requestFor({ change, run }: ChangeAtHand, state: State): Write {
  const request = writeFor(change, run.planId, state);
  assert(request !== undefined, 'what is unchanged can be written');
  return request;
}

/** Whether an earlier run of the plan saw this change in place. */
export async function isDone(
  { run, position }: Pick<ChangeAtHand, 'run' | 'position'>,
  { store }: Pick<Parts, 'store'>,
): Promise<boolean> {
  const done = await store.transaction((tx) => tx.runs.stepDone(run.planId, position));
  return done.isDone;
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
  if (ours) await tellCluster(at, 'HeadroomApplied', parts);
  return verifyChange(at, ours ? 'verified' : 'reached', parts);
}

/** How often a write is built anew, because something that it tests but does not change has moved right before it. */
const churnMax = 3;

async function write(
  at: ChangeAtHand,
  request: Write,
  parts: Parts,
  attempt = 1,
): Promise<ChangeEnd> {
  const sent = await sendAnnounced(at, request, { state: 'writing' }, parts);
  switch (sent.kind) {
    case 'answered': {
      const { answer } = sent;
      if (answer.kind === 'refused') {
        const { because, partly } = answer;
        return refused(at, { request, attempt, because, ...(partly && { partly }) }, parts);
      }
      return afterWrite(at, answer, parts);
    }
    case 'not-received':
      return refused(at, { request, attempt, because: sent.because }, parts);
    case 'failed':
    case 'unknown':
    case 'handed-over':
    case 'lost':
      return sent;
    default:
      return unreachable(sent);
  }
}

async function afterWrite(
  at: ChangeAtHand,
  answer: Exclude<WriteAnswer, { kind: 'refused' }>,
  parts: Parts,
): Promise<ChangeEnd> {
  switch (answer.kind) {
    case 'unknown':
      return (await note(at, 'unknown', answer.because, parts)) ? answer : { kind: 'lost' };
    case 'written': {
      if (!(await note(at, 'written', undefined, parts))) return { kind: 'lost' };
      parts.checkpoint('write-stored');
      await tellCluster(at, 'HeadroomApplied', parts);
      return verifyChange(at, 'verified', parts);
    }
    default:
      return unreachable(answer);
  }
}

interface RefusedWrite {
  readonly request: Write;
  readonly attempt: number;
  readonly because: string;
  /** Something of it was done and stays. */
  readonly partly?: true;
}

/**
 * The server does not say which test failed, so it is read: moved by somebody, already there, or a plain no. Where only
 * something beside the change has moved, such as the first annotation, the write for what is there now is another one.
 */
async function refused(
  at: ChangeAtHand,
  { request, attempt, because, partly }: RefusedWrite,
  parts: Parts,
): Promise<ChangeEnd> {
  const seen = await observeForChange(at, parts);
  const { run, position, change } = at;
  if (seen.kind === 'failed' && change.kind === 'sql') {
    // What an earlier run had the server begin, such as a build that was waited for here, may have ended anyhow.
    const may = await parts.store.transaction((tx) => tx.runs.mayHaveWritten(run, position));
    const unknown = { kind: 'unknown', because: because + maybeLeft(change.deed) } as const;
    if (may)
      return (await note(at, 'unknown', unknown.because, parts)) ? unknown : { kind: 'lost' };
  }
  const comparison = seen.kind === 'seen' ? compareBeforeWrite(at.change, seen.state) : undefined;
  if (comparison?.kind === 'reached') return reached(at, parts);
  if (seen.kind === 'seen' && comparison?.kind === 'unchanged' && attempt < churnMax) {
    const next = requestFor(at, seen.state);
    if (JSON.stringify(next) !== JSON.stringify(request))
      return write(at, next, parts, attempt + 1);
  }
  const why = comparison?.kind === 'drifted' ? comparison.because : because;
  const code = comparison?.kind === 'drifted' ? 'drift' : 'refused';
  const state = partly ? 'failed' : 'refused';
  if (!(await note(at, state, why, parts))) return { kind: 'lost' };
  return { kind: 'failed', code, because: partly ? why : `${why}; ${nothingWritten(at)}` };
}
