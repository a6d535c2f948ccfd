// Puts one change back as it was: as conditional and as audited as the change itself, for a plan that failed and for a lease that is over.

import { compareChange, type State } from '../change/compare.ts';
import { writeFor } from '../change/write.ts';
import { assert, unreachable } from '../errors.ts';
import { type ChangeAtHand, type ChangeEnd, note } from './change-at-hand.ts';
import { handedOver, observeForChange, sendAnnounced } from './conditional-write.ts';
import { limits } from './limits.ts';
import type { Parts } from './parts.ts';
import { tellCluster } from './tell-cluster.ts';
import { watch } from './verify-change.ts';

/** Somebody has set it to something else, the cluster said no, or nothing may be written any more. */
export type KeptCode = 'drift' | 'refused' | 'stopped';

/** What became of one change. */
export type PutBack =
  /** `wasFound`: nothing was written for it now; this plan did before it was cut off, or somebody else. */
  | { readonly kind: 'back'; readonly wasFound: boolean; readonly unready?: string }
  | { readonly kind: 'kept'; readonly code: KeptCode; readonly because: string }
  | Extract<ChangeEnd, { kind: 'unknown' | 'handed-over' | 'lost' }>;

/** Looks, and writes the undo where what the plan wrote still stands. `because` is why it is put back. */
export async function putBack(at: ChangeAtHand, because: string, parts: Parts): Promise<PutBack> {
  if (at.shutdown.aborted) return handedOver;
  const seen = await observeForChange(at, parts);
  if (seen.kind === 'handed-over') return seen;
  // That it failed is stored; what is there now is only known by looking, so somebody looks again later.
  if (seen.kind === 'failed') return { kind: 'unknown', because: seen.because };
  const comparison = compareChange(at.change, seen.state);
  switch (comparison.kind) {
    case 'reached':
      return isBack(at, { because, wasFound: true }, parts);
    case 'drifted':
      return kept(at, 'drift', comparison.because, parts);
    case 'unchanged':
      return writeBack(at, { because, state: seen.state }, parts);
    default:
      return unreachable(comparison);
  }
}

async function writeBack(
  at: ChangeAtHand,
  { because, state }: { readonly because: string; readonly state: State },
  parts: Parts,
): Promise<PutBack> {
  const request = writeFor(at.change, at.run.planId, state);
  assert(request !== undefined, 'what is unchanged can be written');
  const sent = await sendAnnounced(at, request, { state: 'reverting', because }, parts);
  switch (sent.kind) {
    case 'answered':
      if (sent.answer.kind === 'written') {
        return isBack(at, { because, wasFound: false }, parts);
      }
      return sent.answer.kind === 'unknown' ? sent.answer : refused(at, sent.answer.because, parts);
    case 'not-received':
      return kept(at, 'refused', sent.because, parts);
    case 'failed':
      return kept(at, sent.code === 'stopped' ? 'stopped' : 'refused', sent.because, parts);
    case 'unknown':
    case 'handed-over':
    case 'lost':
      return sent;
    default:
      return unreachable(sent);
  }
}

/** The server does not say which test failed, so it is read: moved by somebody, back already, or a plain no. */
async function refused(at: ChangeAtHand, because: string, parts: Parts): Promise<PutBack> {
  const seen = await observeForChange(at, parts);
  const comparison = seen.kind === 'seen' ? compareChange(at.change, seen.state) : undefined;
  if (comparison?.kind === 'reached') return isBack(at, { because, wasFound: true }, parts);
  return comparison?.kind === 'drifted'
    ? kept(at, 'drift', comparison.because, parts)
    : kept(at, 'refused', because, parts);
}

async function kept(
  at: ChangeAtHand,
  code: KeptCode,
  because: string,
  parts: Parts,
): Promise<PutBack> {
  const stored = await note(at, 'kept', because, parts);
  return stored ? { kind: 'kept', code, because } : { kind: 'lost' };
}

/** Stored first, then watched: the old pods may need a moment, and that they do is no reason to say less. */
async function isBack(
  at: ChangeAtHand,
  { because, wasFound }: { readonly because: string; readonly wasFound: boolean },
  parts: Parts,
): Promise<PutBack> {
  if (!(await note(at, 'reverted', because, parts))) return { kind: 'lost' };
  const isLease = at.purpose === 'give-back';
  parts.checkpoint(isLease ? 'give-back-stored' : 'revert-stored');
  await tellCluster(at, isLease ? 'HeadroomGaveBack' : 'HeadroomReverted', parts);
  const back = { kind: 'back', wasFound } as const;
  const deadline = parts.clock.now().getTime() + limits.rolloutDeadlineMs;
  for (;;) {
    const rollout = await watch(at, parts);
    if (rollout.kind === 'ready') return back;
    if (rollout.kind === 'failed') return { ...back, unready: rollout.because };
    if (parts.clock.now().getTime() >= deadline) {
      return { ...back, unready: rollout.progress };
    }
    if (at.shutdown.aborted) return handedOver;
    await parts.clock.sleep(limits.rolloutPollMs, at.shutdown);
  }
}
