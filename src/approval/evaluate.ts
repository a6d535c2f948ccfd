// Decides whether a plan is approved. Only this makes an ApprovedPlan, and only an ApprovedPlan can be applied.

import type { Plan } from '../plan/plan.ts';
import { admittedVotes } from './admitted.ts';
import { byPolicy, policyName } from './by-policy.ts';
import type { Case } from './condition.ts';
import { type ConditionName, conditionNames, conditions } from './conditions/index.ts';

declare const approved: unique symbol;
/** A plan with an approval in force for exactly its text. Only `evaluateApproval` can make one. */
export type ApprovedPlan = Plan & { readonly [approved]: true };

export type Verdict =
  | { readonly kind: 'approved'; readonly plan: ApprovedPlan; readonly by: readonly string[] }
  | { readonly kind: 'waiting'; readonly because: string; readonly condition: ConditionName }
  | { readonly kind: 'refused'; readonly because: string; readonly condition: ConditionName };

/**
 * Whether what a plan has lent may be given back: by the approval it had, judged by the policy, mode and stops of now.
 * Only that the plan itself is over does not count; for a plan that lends nothing it does.
 */
export function evaluateGiveBack(input: Case): Verdict {
  const { plan, state } = input;
  const isLent = plan.lease !== undefined && isOver(state);
  return evaluateApproval(isLent ? { ...input, state: 'applying' } : input);
}

function isOver(state: Case['state']): boolean {
  return state === 'applied' || state === 'left' || state === 'reverted';
}

/** The first failed condition refuses, else the first that waits waits, else the plan is approved. */
export function evaluateApproval(input: Case): Verdict {
  const results = conditionNames.map((name) => ({ name, result: conditions[name](input) }));
  for (const { name, result } of results) {
    if (result.status === 'failed')
      return { kind: 'refused', because: result.because, condition: name };
  }
  for (const { name, result } of results) {
    if (result.status === 'waiting')
      return { kind: 'waiting', because: result.because, condition: name };
  }
  const approvals = admittedVotes(input).filter(({ vote }) => vote.kind === 'approve');
  return {
    kind: 'approved',
    plan: input.plan as ApprovedPlan,
    by: [
      ...(byPolicy(input) ? [policyName(input)] : []),
      ...approvals.map(({ vote }) => vote.userId),
    ],
  };
}
