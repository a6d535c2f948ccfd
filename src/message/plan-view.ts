// Everything a plan's messages may show, read from the store at once; messages are pure functions of it.

import type { ApprovalRule, Mode, RestartTerms, Vote } from '../approval/condition.ts';
import type { ChainHead } from '../audit/chain.ts';
import type { Lease } from '../lease/lease.ts';
import type { AlertOfPlan, PlanRecord, RunChange, RunRecord, Tick } from '../ports.ts';

export interface PlanView {
  readonly record: PlanRecord;
  readonly votes: readonly Vote[];
  readonly alerts: readonly AlertOfPlan[];
  readonly rule: ApprovalRule | undefined;
  readonly mode: Mode;
  /** Words for each stop in force that covers the plan. */
  readonly stops: readonly string[];
  /** Words for each freeze in force for its system when the plan came into its state. */
  readonly freezes?: readonly string[];
  /** Of the databases that the plan restarts. */
  readonly restarts?: readonly RestartTerms[];
  /** The latest. */
  readonly run: Omit<RunRecord, 'purpose'> | undefined;
  /** What the plan has lent, once it has. */
  readonly lease?: Lease;
  /** What became of the steps in the run that the message is about, the latest one where it is about none. */
  readonly changes: readonly RunChange[];
  /** Who said of which step that it is done. */
  readonly ticks: readonly Tick[];
  readonly auditHead: ChainHead | undefined;
}
