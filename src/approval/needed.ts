// How many people must approve a plan.

import type { Plan } from '../plan/plan.ts';
import type { ApprovalRule } from './condition.ts';

/** Decreases and changes that cannot be undone exactly need the policy's stricter number. */
export function approvalsNeeded(plan: Plan, rule: ApprovalRule): number {
  const risky = plan.decrease || plan.changes.some((change) => change.undo === 'none');
  return risky ? Math.max(rule.required, rule.requiredForRisky) : rule.required;
}
