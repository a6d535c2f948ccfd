// A plan: frozen, hashed, complete. What people vote for is exactly this, byte for byte.

import { createHash } from 'node:crypto';
import { canonicalText } from '../audit/canonical-text.ts';
import type { Change, WorkloadRef } from '../change/change.ts';
import type { ArithmeticLine } from '../profile/size-for-trigger.ts';
import type { PodRequests } from './choose-resize.ts';
import type { PlannedDrop } from './drop-steps.ts';
import type { Observation } from './observation.ts';
import type { PlanCheck } from './plan-check.ts';
import type { Step } from './step.ts';

/** What made Headroom draw the plan. */
export type Origin =
  | {
      readonly kind: 'alert';
      readonly alertname: string;
      readonly fingerprint: string;
      readonly startsAt: string;
      readonly summary: string;
    }
  | {
      readonly kind: 'command';
      readonly commandId: string;
      readonly by: string;
      readonly reason?: string;
    }
  /** A schedule of headroom.yaml. */
  | {
      readonly kind: 'schedule';
      readonly name: string;
      /** When it was due, ISO 8601 in UTC. */
      readonly dueAt: string;
      /** "22:00 Europe/Berlin". */
      readonly words: string;
    };

/** The plan lends capacity for a time; approving it approves the giving back. */
export interface PlannedLease {
  /** From when it is in place. */
  readonly seconds: number;
  /** The triggers that are measured before it is given back. None: a person must say when. */
  readonly triggers: readonly string[];
}

/** How it will be judged whether the change helped. */
export interface OutcomeTest {
  readonly promql: string;
  /** When the oldest sample behind it was taken; one from before the change proves nothing. */
  readonly sampledAt?: string;
  /** Helped when the measurement is below this. */
  readonly below: number;
  readonly unit: string;
  readonly withinSeconds: number;
}

/**
 * Why a plan changes nothing: there is something to look at, nothing to do, nothing to base a size on, or it has to be
 * committed elsewhere because it would be put back from there.
 */
export interface Finding {
  readonly kind: 'investigate' | 'enough' | 'frozen' | 'commit';
  readonly because: string;
  readonly lookAt: readonly string[];
  /** Only with `commit`: what would have been written. */
  readonly instead?: readonly Change[];
}

export interface PlanCost {
  readonly beforeUsdPerMonth: number;
  readonly afterUsdPerMonth: number;
  readonly source: string;
}

/** What the container of one pod requests now and after; only what changes. */
export interface PodRequestsMove {
  readonly container: string;
  readonly before: PodRequests;
  readonly after: PodRequests;
}

/** The procedure that a plan carries out, with the inputs it was worked out for. */
export interface PlanProcedure {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly inputs: Readonly<Record<string, number | string>>;
}

/** Times are ISO 8601 in UTC; everything in here is plain JSON, so that its hash is well defined. */
export interface Plan {
  readonly id: string;
  readonly revision: number;
  readonly replaces?: string;
  /** The plan whose writes it takes back, of /scale revert. */
  readonly takesBack?: string;
  readonly system: string;
  readonly title: string;
  readonly component: string;
  readonly trigger?: string;
  readonly origin: Origin;
  /** Only where it carries out a procedure of the profile. */
  readonly procedure?: PlanProcedure;
  readonly workload: WorkloadRef;
  /** Replicas now and after, whichever object the change writes. */
  readonly replicas: { readonly before: number; readonly after: number };
  /** Only where pods become bigger or smaller. */
  readonly requests?: PodRequestsMove;
  /** What was found out about the changes; only where there are some. */
  readonly checks?: readonly PlanCheck[];
  /** What it writes stands elsewhere too (Git, a chart, a file), so it has to be changed there as well to last. */
  readonly keptElsewhere?: true;
  readonly observations: readonly Observation[];
  readonly arithmetic: readonly ArithmeticLine[];
  readonly notes: readonly string[];
  /** Limits that kept the number from being what the arithmetic asks for, one sentence each. */
  readonly limitsMet: readonly string[];
  /** Stands in place of changes. */
  readonly finding?: Finding;
  readonly steps: readonly Step[];
  readonly decrease: boolean;
  /** The databases that it restarts, by their names in headroom.yaml; then it does nothing else. */
  readonly restarts?: readonly string[];
  /** Where it drops rows for good: from which databases, and what is seen of their backups; then it changes nothing else. */
  readonly drops?: readonly PlannedDrop[];
  readonly cost?: PlanCost;
  readonly outcomeTest?: OutcomeTest;
  readonly lease?: PlannedLease;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Once approved it must start within this time. */
  readonly startWithinSeconds: number;
}

/** The plan's canonical text (RFC 8785): the only thing that is hashed and stored. */
export function planText(plan: Plan): string {
  return canonicalText(plan);
}

/** SHA-256 of the canonical text, in hex. */
export function planHash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
