// The life of a plan as one table; nothing moves a plan but along it.

export const planStates = {
  proposed: ['approved', 'denied', 'expired', 'withdrawn', 'superseded'],
  approved: ['applying', 'lapsed', 'withdrawn', 'superseded'],
  applying: ['applied', 'failed', 'unknown'],
  unknown: ['applying', 'applied', 'failed'],
  failed: ['reverted', 'left'],
  denied: [],
  expired: [],
  withdrawn: [],
  superseded: [],
  lapsed: [],
  applied: [],
  reverted: [],
  left: [],
} as const satisfies Record<string, readonly string[]>;

export type PlanState = keyof typeof planStates;

/** The outcome of an applied plan, judged by the metric that made it. */
export type OutcomeState = 'pending' | 'helped' | 'not-helped' | 'unmeasured';

/** Whether the table allows the step. */
export function mayBecome(from: PlanState, to: PlanState): boolean {
  return (planStates[from] as readonly PlanState[]).includes(to);
}

/** A run that was stopped or failed leaves a plan that describes the world as it was; what it was about may be drawn again. */
export function mayBeDrawnAfresh(state: PlanState): boolean {
  return state === 'left' || state === 'reverted';
}

/** A plan that still stands in the way of another one for the same target. */
export function isOpen(state: PlanState, outcome: OutcomeState | undefined): boolean {
  return (
    state === 'proposed' ||
    state === 'approved' ||
    state === 'applying' ||
    state === 'unknown' ||
    outcome === 'pending'
  );
}
