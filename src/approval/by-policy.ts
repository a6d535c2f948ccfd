// Whether a rule of the policy approves a plan itself: somebody wrote down beforehand that this may be done.

import type { Case } from './condition.ts';
import { freezeOver } from './freeze-over.ts';
import { isGrave } from './needed.ts';

/**
 * Only what a schedule of headroom.yaml drew; people and alerts always need people, and so do the restart of a database,
 * what drops its rows and everything in a freeze.
 */
export function byPolicy({
  plan,
  rule,
  ...input
}: Pick<Case, 'plan' | 'rule' | 'state' | 'freezes'>): boolean {
  if (isGrave(plan) || freezeOver(input) !== undefined) return false;
  return plan.origin.kind === 'schedule' && rule?.approvesScheduled === true;
}

/** Who stands in the trail for such an approval. */
export function policyName({ rule }: Pick<Case, 'rule'>): string {
  return `policy rule "${rule?.name ?? ''}"`;
}
