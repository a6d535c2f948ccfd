// The steps of a plan: changes, and gates where a run goes on only when something is so.

import { type Change, lockedBy, targetKey, type WorkloadRef } from '../change/change.ts';
import type { ObjectRef } from '../change/kinds.ts';
import type { MeasuredFact } from './measured-fact.ts';

/** A number that was asked for must lie so; exactly one of the four. */
export interface Bound {
  readonly above?: number;
  readonly atLeast?: number;
  readonly below?: number;
  readonly atMost?: number;
}

/** What must be seen, with every name and address in place; all that is there must hold. */
export interface Look {
  /** An address that must answer with this status. */
  readonly http?: { readonly url: string; readonly status: number };
  /** All pods of a workload are ready and of its newest template. */
  readonly rollout?: WorkloadRef;
  readonly metric?: Bound & { readonly promql: string; readonly cluster: string };
  readonly fact?: Bound & {
    readonly name: MeasuredFact;
    readonly cluster: string;
    readonly workload?: WorkloadRef;
    /** Whose fact it is, where it is one of a database; `operator` is its Cluster of CloudNativePG. */
    readonly database?: {
      readonly system: string;
      readonly name: string;
      readonly operator?: ObjectRef;
      /** Each is asked as well, and what they give is added; by their names in headroom.yaml. */
      readonly standbys?: readonly string[];
    };
  };
  /** Values that a server must have in effect, by the names of its settings. */
  readonly settings?: {
    readonly database: { readonly system: string; readonly name: string };
    readonly values: Readonly<Record<string, string>>;
  };
  /** It may take this long to become so; without it, it must be so at once. */
  readonly withinSeconds?: number;
}

/** Looks; what does not hold stops the run, or is only said. */
export interface CheckGate {
  readonly kind: 'check';
  readonly look: Look;
  readonly otherwise: 'stop' | 'warn';
  readonly say?: string;
}

/** Lets time pass. With a look, the run stops as soon as that does not hold. */
export interface WaitGate {
  readonly kind: 'wait';
  readonly seconds: number;
  readonly look?: Look;
  readonly say?: string;
}

/** Somebody does something outside, and says so with a click; with a look, Headroom sees for itself as well. */
export interface HumanGate {
  readonly kind: 'human';
  readonly what: string;
  /** In words, such as "network operations". */
  readonly who?: string;
  readonly look?: Look;
  readonly say?: string;
}

export type Gate = CheckGate | WaitGate | HumanGate;

export type Step = Change | Gate;

export function isChange(step: Step): step is Change {
  return step.kind !== 'check' && step.kind !== 'wait' && step.kind !== 'human';
}

/** The changes of a plan, in order. */
export function changesOf({ steps }: { readonly steps: readonly Step[] }): readonly Change[] {
  return steps.filter(isChange);
}

/** The clusters a plan changes something in. */
export function clustersOf(plan: {
  readonly workload: WorkloadRef;
  readonly steps: readonly Step[];
}): readonly string[] {
  const all = [plan.workload, ...changesOf(plan).map(({ workload }) => workload)];
  return [...new Set(all.map(({ cluster }) => cluster))];
}

/** Everything a plan locks: its own target and those of its changes, in an order in which nobody waits in a circle. */
export function targetsOf(plan: {
  readonly workload: WorkloadRef;
  readonly steps: readonly Step[];
}): readonly string[] {
  const all = [targetKey(plan.workload), ...changesOf(plan).flatMap(lockedBy)];
  return [...new Set(all)].toSorted();
}
