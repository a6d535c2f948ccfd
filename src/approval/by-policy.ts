// Whether a rule of the policy approves a plan itself: somebody wrote down beforehand that this may be done.

import type { Case } from './condition.ts';

/** Only what a schedule of headroom.yaml drew; people and alerts always need people, and so do the restart of a database and what drops its rows. */
export function byPolicy({ plan, rule }: Pick<Case, 'plan' | 'rule'>): boolean {
  if ((plan.restarts ?? []).length > 0 || (plan.drops ?? []).length > 0) return false;
  return plan.origin.kind === 'schedule' && rule?.approvesScheduled === true;
}

/** Who stands in the trail for such an approval. */
export function policyName({ rule }: Pick<Case, 'rule'>): string {
  return `policy rule "${rule?.name ?? ''}"`;
}
