// The names under which our buttons and modals come back; a test checks that each one rendered is routed.

export const actionIds = {
  approve: 'plan.approve',
  deny: 'plan.deny',
  done: 'plan.step-done',
  fresh: 'plan.fresh',
  revert: 'plan.revert',
  extendLease: 'lease.extend',
  giveBackLease: 'lease.give-back',
} as const;

export const viewIds = {
  denyReason: 'plan.deny-reason',
  approveReason: 'plan.approve-reason',
} as const;

/** The one input of both modals. */
export const reasonInput = { blockId: 'reason', actionId: 'text' } as const;
