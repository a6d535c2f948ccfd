// Takes back what a failed plan wrote into templates and targets: its exact undo, as conditional and as audited as the change itself.

import { inBackOrder } from '../change/back-order.ts';
import {
  isTakenBack,
  type PatchChange,
  type RemoveChange,
  removalOf,
  type SqlChange,
  undoOf,
} from '../change/change.ts';
import { shownValue } from '../change/compare-patch.ts';
import { sqlDeedWords } from '../database/sql-deed.ts';
import { unreachable } from '../errors.ts';
import { isChange, type Step } from '../plan/step.ts';
import type { ChangeAtHand, ChangeEnd } from './change-at-hand.ts';
import type { Parts } from './parts.ts';
import { type KeptCode, putBack } from './put-back.ts';

/** A run that failed, with everything its changes need. */
export type FailedRun = Omit<ChangeAtHand, 'position' | 'change'> & {
  readonly steps: readonly Step[];
  readonly because: string;
};

export type TakenBack =
  /** `reverted`: everything there was to take back is back; then the plan is. */
  | { readonly kind: 'ended'; readonly reverted: boolean; readonly because: string }
  | Extract<ChangeEnd, { kind: 'unknown' | 'handed-over' | 'lost' }>;

/** Replicas and limits that were added stay: they serve. */
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
  for (const { position, change } of inBackOrder(written)) {
    if (!isTakenBack(change)) continue;
    const undo = change.kind === 'create' ? removalOf(change, run.planId) : undoOf(change);
    const one = await putBack({ ...failed, position, change: undo }, failed.because, parts);
    switch (one.kind) {
      case 'back':
        back.push(...backWords(undo, one.unready));
        if (one.unready !== undefined && undo.kind !== 'remove')
          open.push(`not all pods are ready yet (${one.unready})`);
        break;
      case 'kept':
        isKept = true;
        open.push(`${whatOf(undo)} could not be put back: ${one.because}${byHand(undo, one.code)}`);
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

type PutBackChange = PatchChange | SqlChange | RemoveChange;

function backWords(undo: PutBackChange, unready?: string): readonly string[] {
  if (undo.kind === 'sql') return [sqlDeedWords(undo.deed)];
  const still = unready === undefined ? 'is gone again' : `is on its way out (${unready})`;
  return undo.kind === 'remove'
    ? [`${whatOf(undo)} ${still}`]
    : undo.fields.map(({ what, after }) => `${what} ${shownValue(after)}`);
}

/** What the cluster refused a person can still do; what somebody else has set is theirs. */
function byHand(undo: PutBackChange, code: KeptCode): string {
  return code === 'refused' && undo.kind === 'patch'
    ? `; set it by hand: ${backWords(undo).join(', ')}`
    : '';
}

function whatOf(undo: PutBackChange): string {
  if (undo.kind === 'sql') return sqlDeedWords(undo.deed);
  return undo.kind === 'remove'
    ? `${undo.object.kind} ${undo.object.name}`
    : undo.fields.map(({ what }) => what).join(', ');
}
