// Capacity that is lent for a time: its states as one table, and which changes of a plan lend some.

import type { Change } from '../change/change.ts';
import type { Plan } from '../plan/plan.ts';

/** `ended` is what somebody else has taken over; it stays as it is. */
export const leaseStates = {
  lent: ['giving', 'ended'],
  giving: ['lent', 'unknown', 'given', 'ended'],
  unknown: ['lent', 'given', 'ended'],
  given: [],
  ended: [],
} as const satisfies Record<string, readonly string[]>;

export type LeaseState = keyof typeof leaseStates;

/** Why capacity is not given back although it is due; each is said in words of its own. */
export type HoldReason =
  | 'approval'
  | 'freeze'
  | 'alert'
  | 'load'
  | 'not-measured'
  | 'nothing-measures'
  | 'other-plan'
  | 'lease-on-top'
  | 'cluster';

export interface Lease {
  readonly planId: string;
  readonly target: string;
  readonly system: string;
  readonly state: LeaseState;
  readonly stateAt: Date;
  readonly lentAt: Date;
  /** When it is given back unless something speaks against it. */
  readonly dueAt: Date;
  readonly remindAt?: Date;
  /** A Slack user id, or `headroom` where something spoke against giving back. */
  readonly extendedBy?: string;
  readonly extendedAt?: Date;
  /** Who wants it given back now. */
  readonly askedBy?: string;
  /** Set while it stays for a reason other than that it is not due. */
  readonly held?: HoldReason;
  /** Why it stays, or how it ended. */
  readonly note?: string;
  /** Runs in a row that were cut off before it was known what became of them. */
  readonly attempts: number;
  /** The number of the newest message about it; older ones point to it. */
  readonly message: number;
}

/** Whether the table allows the step. */
export function leaseMayBecome(from: LeaseState, to: LeaseState): boolean {
  return (leaseStates[from] as readonly LeaseState[]).includes(to);
}

export type LentChange = Extract<Change, { readonly kind: 'scale' | 'autoscaler' }>;

/** The steps of a plan that lend capacity, with their places; what was written of them is given back. */
export function lentChanges({
  steps,
}: Pick<Plan, 'steps'>): readonly { readonly position: number; readonly change: LentChange }[] {
  return [...steps.entries()].flatMap(([position, change]) =>
    (change.kind === 'scale' || change.kind === 'autoscaler') && change.floor
      ? [{ position, change }]
      : [],
  );
}

/** How many pods a change leaves once it is given back: an autoscaler may keep more, and goes no higher than its maximum. */
export function replicasLeft(change: LentChange): number {
  if (change.kind === 'scale') return change.before.replicas;
  const { before, after } = change;
  return before.minReplicas === after.minReplicas ? before.maxReplicas : before.minReplicas;
}
