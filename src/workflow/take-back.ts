// Takes back what a failed plan wrote into templates and targets: its exact undo, as conditional and as audited as the change itself.

import {
  isTakenBack,
  type PatchChange,
  type RemoveChange,
  removalOf,
  undoOf,
} from '../change/change.ts';
import { clusterWrite } from '../change/cluster-write.ts';
import { type ClusterState, type Comparison, compareChange } from '../change/compare.ts';
import { shownValue } from '../change/compare-patch.ts';
import { markOf } from '../change/plan-mark.ts';
import { unreachable } from '../errors.ts';
import { isChange, type Step } from '../plan/step.ts';
import { type ChangeAtHand, type ChangeEnd, note } from './change-at-hand.ts';
import { handedOver, observeForChange, sendAnnounced } from './conditional-write.ts';
import { limits } from './limits.ts';
import type { Parts } from './parts.ts';
import { tellCluster } from './tell-cluster.ts';
import { watch } from './verify-change.ts';

/** A run that failed, with everything its changes need. */
export type FailedRun = Omit<ChangeAtHand, 'position' | 'change'> & {
  readonly steps: readonly Step[];
  readonly because: string;
};

export type TakenBack =
  /** `reverted`: everything there was to take back is back; then the plan is. */
  | { readonly kind: 'ended'; readonly reverted: boolean; readonly because: string }
  | Extract<ChangeEnd, { kind: 'unknown' | 'handed-over' | 'lost' }>;

/** What became of one change. */
type OneBack =
  | { readonly kind: 'back'; readonly unready?: string }
  | { readonly kind: 'kept'; readonly because: string }
  | Extract<TakenBack, { kind: 'unknown' | 'handed-over' | 'lost' }>;

/** Last written, first taken back. Replicas and limits that were added stay: they serve. */
export async function takeBack(failed: FailedRun, parts: Parts): Promise<TakenBack> {
  const { run, steps } = failed;
  if (!steps.some(isTakenBack)) {
    return { kind: 'ended', reverted: false, because: failed.because };
  }
  const afterThis = { planId: run.planId, number: run.number + 1 };
  const written = await parts.store.transaction(async (tx) => {
    const positions = [];
    for (const [position, change] of steps.entries()) {
      if (!isChange(change)) continue;
      if (await tx.runs.mayHaveWritten(afterThis, position)) positions.push({ position, change });
    }
    return positions;
  });
  const back: string[] = [];
  const open: string[] = [];
  let isKept = false;
  for (const { position, change } of written.toReversed()) {
    if (!isTakenBack(change)) continue;
    const undo = change.kind === 'patch' ? undoOf(change) : removalOf(change, run.planId);
    const one = await backOne({ ...failed, position, change: undo }, failed.because, parts);
    switch (one.kind) {
      case 'back':
        back.push(...backWords(undo));
        if (one.unready !== undefined) open.push(`not all pods are ready yet (${one.unready})`);
        break;
      case 'kept':
        isKept = true;
        open.push(`${whatOf(undo)} could not be put back: ${one.because}`);
        break;
      case 'unknown':
      case 'handed-over':
      case 'lost':
        return one;
      default:
        unreachable(one);
    }
  }
  const stays = written.some(({ change }) => change.floor);
  const because = [
    failed.because,
    ...(back.length === 0 ? [] : [`put back: ${back.join(', ')}`]),
    ...open,
    ...(stays ? ['the replicas that were added stay'] : []),
  ].join('; ');
  return { kind: 'ended', reverted: back.length > 0 && !isKept, because };
}

function backWords(undo: PatchChange | RemoveChange): readonly string[] {
  return undo.kind === 'remove'
    ? [`${whatOf(undo)} is gone again`]
    : undo.fields.map(({ what, after }) => `${what} ${shownValue(after)}`);
}

function whatOf(undo: PatchChange | RemoveChange): string {
  return undo.kind === 'remove'
    ? `${undo.object.kind} ${undo.object.name}`
    : undo.fields.map(({ what }) => what).join(', ');
}

async function backOne(at: ChangeAtHand, because: string, parts: Parts): Promise<OneBack> {
  if (at.shutdown.aborted) return handedOver;
  const seen = await observeForChange(at, parts);
  if (seen.kind === 'handed-over') return seen;
  // That it failed is stored; what is there now is only known by looking, so somebody looks again later.
  if (seen.kind === 'failed') return { kind: 'unknown', because: seen.because };
  const comparison = compareChange(at.change, seen.state);
  switch (comparison.kind) {
    case 'reached':
      return isBack(at, because, parts);
    case 'drifted':
      return kept(at, comparison.because, parts);
    case 'unchanged':
      return writeBack(at, { comparison, because, state: seen.state }, parts);
    default:
      return unreachable(comparison);
  }
}

async function writeBack(
  at: ChangeAtHand,
  {
    comparison,
    because,
    state,
  }: {
    readonly comparison: Extract<Comparison, { kind: 'unchanged' }>;
    readonly because: string;
    readonly state: ClusterState;
  },
  parts: Parts,
): Promise<OneBack> {
  const mark = markOf(at.change, at.run.planId, state);
  const request = clusterWrite(at.change, comparison.resourceVersion, mark);
  const sent = await sendAnnounced(at, request, { state: 'reverting', because }, parts);
  switch (sent.kind) {
    case 'answered':
      if (sent.answer.kind === 'written') return isBack(at, because, parts);
      return sent.answer.kind === 'unknown' ? sent.answer : kept(at, sent.answer.because, parts);
    case 'not-received':
    case 'failed':
      return kept(at, sent.because, parts);
    case 'unknown':
    case 'handed-over':
    case 'lost':
      return sent;
    default:
      return unreachable(sent);
  }
}

async function kept(at: ChangeAtHand, because: string, parts: Parts): Promise<OneBack> {
  return (await note(at, 'kept', because, parts)) ? { kind: 'kept', because } : { kind: 'lost' };
}

/** Stored first, then watched: the old pods may need a moment, and that they do is no reason to say less. */
async function isBack(at: ChangeAtHand, because: string, parts: Parts): Promise<OneBack> {
  if (!(await note(at, 'reverted', because, parts))) return { kind: 'lost' };
  parts.checkpoint('revert-stored');
  await tellCluster(at, 'HeadroomReverted', parts);
  const deadline = parts.clock.now().getTime() + limits.rolloutDeadlineMs;
  for (;;) {
    const rollout = await watch(at, parts);
    if (rollout.kind === 'ready') return { kind: 'back' };
    if (rollout.kind === 'failed') return { kind: 'back', unready: rollout.because };
    if (parts.clock.now().getTime() >= deadline) {
      return { kind: 'back', unready: rollout.progress };
    }
    if (at.shutdown.aborted) return handedOver;
    await parts.clock.sleep(limits.rolloutPollMs, at.shutdown);
  }
}
