// What every approval rule is given and what it may answer.

import type { Plan } from '../plan/plan.ts';
import type { PlanState } from '../plan/plan-state.ts';

export interface Vote {
  readonly userId: string;
  /** The hash the person saw: a vote for another text is no vote for this plan. */
  readonly planHash: string;
  readonly kind: 'approve' | 'deny';
  readonly reason?: string;
  readonly castAt: Date;
}

/** One rule of the policy in headroom.yaml, the one that governs the plan's system. */
export interface ApprovalRule {
  readonly name: string;
  readonly approvers: readonly string[];
  /** Who may ask for a change besides those who may decide on one. */
  readonly requesters: readonly string[];
  readonly required: number;
  /** How many must approve what takes capacity away or cannot be undone. */
  readonly requiredForRisky: number;
  readonly oncall: readonly string[];
  /** A listed on-call person may approve what they asked for themselves, alone, with a reason. */
  readonly oncallMayApproveOwn: boolean;
  /** What a schedule of headroom.yaml draws is approved by the rule itself, unless somebody denies it. */
  readonly approvesScheduled: boolean;
}

export type Mode = 'observe' | 'propose' | 'apply';

/** What headroom.yaml says of the restart of a database, now; who answers for that answers for its rows as well. */
export interface RestartTerms {
  readonly database: string;
  /** One of them must agree. */
  readonly approvers: readonly string[];
  /** The hours in which it may begin, such as "02:00 to 04:00 Europe/Berlin". */
  readonly words: string;
  readonly isOpen: boolean;
  /** Its rows are dropped and nothing is restarted, which no hours are kept for. */
  readonly isDrop?: true;
}

/** Everything an approval depends on; nothing else may decide. */
export interface Case {
  readonly plan: Plan;
  readonly hash: string;
  readonly state: PlanState;
  readonly startBy?: Date;
  readonly votes: readonly Vote[];
  readonly rule: ApprovalRule | undefined;
  readonly mode: Mode;
  /** Words for each stop in force that covers the plan. */
  readonly stops: readonly string[];
  /** Words for each freeze of headroom.yaml that is in force for the plan's system. */
  readonly freezes?: readonly string[];
  /** For the databases that the plan restarts or drops rows of, as far as headroom.yaml names somebody. */
  readonly restarts?: readonly RestartTerms[];
  readonly now: Date;
}

/** `failed` can never become met by another vote; `waiting` can. */
export type ConditionResult =
  | { readonly status: 'met' }
  | { readonly status: 'waiting'; readonly because: string }
  | { readonly status: 'failed'; readonly because: string };

export type Condition = (input: Case) => ConditionResult;

export const met: ConditionResult = { status: 'met' };
