// Stores a fresh plan with its audit entry and owes its card; another one open for the same target is said, not overwritten.

import { targetKey } from '../change/change.ts';
import { type Plan, planHash, planText } from '../plan/plan.ts';
import { targetsOf } from '../plan/step.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import { movePlan, wantCard } from './move-plan.ts';
import type { Parts } from './parts.ts';

export type Opened =
  | { readonly kind: 'proposed'; readonly plan: Plan }
  | { readonly kind: 'busy'; readonly open: PlanRecord };

/** Stores what somebody asked for, unless a plan that changes something is open for one of its targets. */
export async function openPlan(
  tx: Transaction,
  plan: Plan,
  by: string,
  parts: Pick<Parts, 'systems' | 'counters' | 'clock'>,
): Promise<Opened> {
  for (const target of targetsOf(plan)) {
    const open = await tx.plans.openFor(target);
    if (open !== undefined && open.plan.steps.length > 0) return { kind: 'busy', open };
    if (open === undefined) continue;
    // A mere finding never stands in the way of somebody who knows what they want.
    const who = plan.origin.kind === 'command' ? `asked for by <@${by}>` : 'drawn by the clock';
    const reason = `Plan ${plan.id} was ${who}.`;
    await movePlan(tx, open, { to: 'superseded', by, supersededBy: plan.id, reason }, parts);
  }
  await storePlan(tx, plan, parts);
  return { kind: 'proposed', plan };
}

/** The caller has seen, in this transaction, that no open plan stands in the way. */
export async function storePlan(
  tx: Transaction,
  plan: Plan,
  parts: Pick<Parts, 'systems' | 'counters'>,
): Promise<void> {
  const text = planText(plan);
  const hash = planHash(text);
  await tx.plans.insert({ plan, text, hash });
  await tx.audit.append({
    at: plan.createdAt,
    event: 'plan.proposed',
    by: plan.origin.kind === 'command' ? plan.origin.by : 'headroom',
    planId: plan.id,
    detail: {
      hash,
      system: plan.system,
      target: targetKey(plan.workload),
      replicas: plan.replicas,
      ...(plan.finding && { finding: plan.finding.kind }),
      ...(plan.replaces !== undefined && { replaces: plan.replaces }),
      ...(plan.takesBack !== undefined && { takesBack: plan.takesBack }),
    },
  });
  for (const _ of plan.limitsMet) parts.counters.limitMet('sizing');
  await wantCard(tx, plan.id, plan.system, parts);
}
