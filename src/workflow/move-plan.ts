// The one place where a plan changes its state: with its audit entry, and with its card owed anew, all in one transaction.

import { isOpen, type OutcomeState, type PlanState } from '../plan/plan-state.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import { lend } from './lend.ts';
import type { Parts } from './parts.ts';

export interface Move {
  readonly to: PlanState;
  /** A Slack user id, "headroom", or who else made it happen. */
  readonly by: string;
  readonly reason?: string;
  readonly startBy?: Date;
  readonly supersededBy?: string;
  readonly outcome?: OutcomeState;
  readonly outcomeBy?: Date;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Moves a locked plan; answers the record as it now stands. */
export async function movePlan(
  tx: Transaction,
  record: PlanRecord,
  move: Move,
  parts: Pick<Parts, 'clock' | 'systems'>,
): Promise<PlanRecord> {
  const at = parts.clock.now();
  const { to, by, detail, ...extra } = move;
  await tx.plans.move(record, to, at, extra);
  await tx.audit.append({
    at: at.toISOString(),
    event: `plan.${to}`,
    by,
    planId: record.plan.id,
    detail: {
      hash: record.hash,
      from: record.state,
      ...(move.reason !== undefined && { reason: move.reason }),
      ...detail,
    },
  });
  const over = to === 'applied' || to === 'left' || to === 'reverted';
  if (over && (await lend(tx, record, at)) !== undefined) {
    await wantInThread(tx, record, { kind: 'lease', number: 1 }, parts);
  }
  // Alerts of another trigger only joined to wait; now that nothing stands in their way they get a look of their own.
  if (!isOpen(to, move.outcome) && to !== 'superseded' && to !== 'failed') {
    await tx.alerts.reopenOthers(record.plan.id, record.plan.trigger);
  }
  await wantCard(tx, record.plan.id, record.plan.system, parts);
  return { ...record, ...extra, state: to, stateAt: at };
}

/** Has the card of a plan sent with what is stored now; a system that is gone has no channel to tell. */
export async function wantCard(
  tx: Transaction,
  planId: string,
  systemId: string,
  { systems }: Pick<Parts, 'systems'>,
): Promise<void> {
  const channel = systems.get(systemId)?.channel;
  if (channel !== undefined) await tx.messages.want({ kind: 'card', planId, channel });
}

/** Has the progress or the outcome in the plan's thread sent with what is stored now. */
export async function wantInThread(
  tx: Transaction,
  record: PlanRecord,
  message: {
    readonly kind: 'progress' | 'outcome' | 'lease';
    readonly run?: number;
    readonly number?: number;
  },
  { systems }: Pick<Parts, 'systems'>,
): Promise<void> {
  const channel = systems.get(record.plan.system)?.channel;
  if (channel !== undefined) {
    await tx.messages.want({ ...message, planId: record.plan.id, channel });
  }
}
