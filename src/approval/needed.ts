// How many people must approve a plan.

import type { Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import type { ApprovalRule, Case } from './condition.ts';
import { freezeOver } from './freeze-over.ts';

/** It takes capacity away, restarts a database, drops rows, or holds a change that cannot be undone. */
export function isRisky(plan: Plan): boolean {
  return isGrave(plan) || plan.decrease || changesOf(plan).some(({ undo }) => undo === 'none');
}

/** It restarts a database or drops rows of it, which no rule approves by itself. */
export function isGrave({ restarts = [], drops = [] }: Pick<Plan, 'restarts' | 'drops'>): boolean {
  return restarts.length > 0 || drops.length > 0;
}

/** Decreases and changes that cannot be undone exactly need the policy's stricter number, and in a freeze everything does. */
export function approvalsNeeded(
  { plan, ...input }: Pick<Case, 'plan' | 'state' | 'freezes'>,
  rule: ApprovalRule,
): number {
  const isStricter = isRisky(plan) || freezeOver(input) !== undefined;
  return isStricter ? Math.max(rule.required, rule.requiredForRisky) : rule.required;
}
