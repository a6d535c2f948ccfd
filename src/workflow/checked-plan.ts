// Gives a drawn plan the results of its checks before it is frozen; what would certainly be refused is not proposed.

import type { Plan } from '../plan/plan.ts';
import { whyRefused } from '../plan/plan-check.ts';
import { findingExpiresAfterSeconds, type System } from '../plan/system.ts';
import { checkPlan } from './check-plan.ts';

export type CheckedPlan =
  | { readonly kind: 'checked'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly because: string };

/** For whoever asked for it: refused in words, or the plan with what was found out. */
export async function checkedPlan(
  plan: Plan,
  { mode }: Pick<System, 'mode'>,
  parts: Parameters<typeof checkPlan>[2],
): Promise<CheckedPlan> {
  if (plan.steps.length === 0) return { kind: 'checked', plan };
  const { checks } = await checkPlan(plan, { mode, isBeforeWrite: false }, parts);
  const because = whyRefused(checks);
  return because === undefined
    ? { kind: 'checked', plan: { ...plan, checks } }
    : { kind: 'refused', because };
}

/** For an alert: what would be refused becomes a finding that says why, and is looked at again. */
export async function checkedAnswer(
  plan: Plan,
  system: Pick<System, 'mode'>,
  parts: Parameters<typeof checkPlan>[2],
): Promise<Plan> {
  const checked = await checkedPlan(plan, system, parts);
  return checked.kind === 'checked' ? checked.plan : frozen(plan, checked.because);
}

function frozen(plan: Plan, because: string): Plan {
  const { cost: _cost, outcomeTest: _test, requests: _requests, ...rest } = plan;
  const { before, after } = plan.replicas;
  const wanted = after === before ? '' : `${after} replicas are needed, but `;
  const expiresAt = Date.parse(plan.createdAt) + findingExpiresAfterSeconds * 1000;
  return {
    ...rest,
    replicas: { before, after: before },
    steps: [],
    decrease: false,
    finding: { kind: 'frozen', because: `${wanted}${because}`, lookAt: [] },
    expiresAt: new Date(expiresAt).toISOString(),
  };
}
