// One change of a run while it is carried out, how it can end, and how its progress is stored.

import type { Change, RemoveChange } from '../change/change.ts';
import type {
  LockProof,
  PlanRecord,
  RunChangeState,
  RunId,
  RunPurpose,
  Transaction,
} from '../ports.ts';
import type { RunHold } from './keep-run.ts';
import { limits } from './limits.ts';
import { wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';

export interface ChangeAtHand {
  readonly run: RunId;
  readonly record: PlanRecord;
  readonly position: number;
  readonly change: Change | RemoveChange;
  /** How long its rollout may take. (Default: as long as any) */
  readonly rolloutMs?: number;
  /** Nothing is written without it. */
  readonly lock: LockProof;
  readonly hold: RunHold;
  /** (Default: to carry the plan out, or to take back what failed.) */
  readonly purpose?: RunPurpose;
  readonly shutdown: AbortSignal;
}

export type ChangeEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: string; readonly because: string }
  | { readonly kind: 'unknown'; readonly because: string }
  /** This process is asked to stop; another one goes on by looking. */
  | { readonly kind: 'handed-over'; readonly because: string }
  /** Somebody else holds the run now; nothing more is stored here. */
  | { readonly kind: 'lost' };

/** Stores where a change stands, with its audit entry; false when the run is somebody else's now. */
export function note(
  at: Pick<ChangeAtHand, 'run' | 'record' | 'position' | 'hold' | 'purpose'>,
  state: RunChangeState,
  detail: string | undefined,
  parts: Parts,
): Promise<boolean> {
  return parts.store.transaction(async (tx) => {
    const now = parts.clock.now();
    if (!(await tx.runs.renew(at.run, at.hold.holder, now, limits.runHoldMs))) return false;
    await keepState(tx, at, { state, detail, now }, detail === undefined ? {} : { detail });
    // A lease has a message of its own, which says where it stands.
    if (at.purpose !== 'give-back') {
      await wantInThread(tx, at.record, { kind: 'progress', run: at.run.number }, parts);
    }
    return true;
  });
}

/** Where a change stands, in the ledger and in the trail, in the caller's transaction; `told` stands in the trail alone. */
export async function keepState(
  tx: Transaction,
  { run, position, purpose }: Pick<ChangeAtHand, 'run' | 'position' | 'purpose'>,
  {
    state,
    detail,
    now,
  }: {
    readonly state: RunChangeState;
    readonly detail: string | undefined;
    readonly now: Date;
  },
  told: Readonly<Record<string, unknown>>,
): Promise<void> {
  await tx.runs.setChange(run, { position, state, ...(detail !== undefined && { detail }) }, now);
  await tx.audit.append({
    at: now.toISOString(),
    event: `change.${state}`,
    by: 'headroom',
    planId: run.planId,
    detail: { run: run.number, position, ...(purpose && { purpose }), ...told },
  });
}
