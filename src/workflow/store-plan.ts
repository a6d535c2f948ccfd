// Stores a fresh plan with its audit entry and owes its card; another one open for the same target is said, not overwritten.

import { targetKey } from '../change/change.ts';
import { type Plan, planHash, planText } from '../plan/plan.ts';
import type { Transaction } from '../ports.ts';
import { wantCard } from './move-plan.ts';
import type { Parts } from './parts.ts';

/** The caller has seen, in this transaction, that no open plan stands in the way. */
export async function storePlan(
  tx: Transaction,
  plan: Plan,
  parts: Pick<Parts, 'systems' | 'counters'>,
): Promise<void> {
  const text = planText(plan);
  const hash = planHash(text);
  await tx.plans.insert({ plan, text, hash, target: targetKey(plan.workload) });
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
    },
  });
  for (const _ of plan.limitsMet) parts.counters.limitMet('sizing');
  await wantCard(tx, plan.id, plan.system, parts);
}
