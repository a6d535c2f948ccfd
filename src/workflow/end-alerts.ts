// What the end of an alert means for its plan: nobody is asked to approve what is no longer needed, without being told so.

import type { Route } from '../alert/route.ts';
import type { AlertRouting, StoredAlert, Transaction } from '../ports.ts';
import { movePlan, wantCard, wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';

export interface EndedAlert {
  readonly alert: StoredAlert;
  readonly route: Exclude<Route, { kind: 'unrouted' }>;
}

export async function endAlerts(ended: readonly EndedAlert[], parts: Parts): Promise<void> {
  if (ended.length === 0) return;
  await parts.store.transaction(async (tx) => {
    const mine = new Set(
      (await tx.alerts.claim(ended.map(({ alert }) => alert.id))).map((alert) => alert.id),
    );
    const plans = new Set<string>();
    for (const { alert, route } of ended) {
      if (!mine.has(alert.id)) continue;
      const planId = await tx.alerts.planOf(alert);
      await tx.alerts.done([alert.id], await routingOf(tx, route, planId));
      if (planId !== undefined) plans.add(planId);
    }
    for (const planId of [...plans].toSorted()) await refreshCleared(tx, planId, parts);
  });
}

/** An alert about an autoscaler belongs where its plan does: what it is about is not looked up again. */
async function routingOf(
  tx: Transaction,
  route: EndedAlert['route'],
  planId: string | undefined,
): Promise<AlertRouting> {
  if (route.kind === 'routed') {
    return {
      kind: 'routed',
      system: route.system.id,
      component: route.component,
      trigger: route.trigger.id,
      ...(planId !== undefined && { planId }),
    };
  }
  const plan = planId === undefined ? undefined : (await tx.plans.find(planId))?.plan;
  return plan === undefined
    ? { kind: 'unrouted', note: 'no plan was drawn for the alert that ends with it' }
    : { kind: 'routed', system: plan.system, component: plan.component, planId: plan.id };
}

/** When the last alert of a plan is over: a proposal is marked as cleared, a finding has served, an outcome is told again. */
async function refreshCleared(tx: Transaction, planId: string, parts: Parts): Promise<void> {
  const record = await tx.plans.lock(planId);
  if (record === undefined) return;
  const over = (await tx.alerts.ofPlan(planId)).every((alert) => alert.resolvedAt !== undefined);
  if (over && record.state === 'proposed') {
    if (record.plan.steps.length === 0) {
      await movePlan(
        tx,
        record,
        { to: 'withdrawn', by: 'headroom', reason: 'The alert resolved.' },
        parts,
      );
      return;
    }
    // What a person asked for does not depend on an alert that came along.
    if (record.clearedAt === undefined && record.plan.origin.kind === 'alert') {
      const at = parts.clock.now();
      await tx.plans.setCleared(planId, at);
      await tx.audit.append({
        at: at.toISOString(),
        event: 'plan.cleared',
        by: 'headroom',
        planId,
      });
    }
  }
  if (record.state === 'applied' && record.outcome !== undefined && record.outcome !== 'pending') {
    await wantInThread(tx, record, { kind: 'outcome' }, parts);
  }
  await wantCard(tx, planId, record.plan.system, parts);
}
