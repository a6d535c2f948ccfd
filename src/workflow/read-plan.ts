// Reads all that a plan's approval and its messages depend on, in one transaction.

import type { Case } from '../approval/condition.ts';
import { assert } from '../errors.ts';
import type { PlanView } from '../message/plan-view.ts';
import { clustersOf } from '../plan/step.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import { type Parts, stopsCovering } from './parts.ts';

/** What `evaluateApproval` decides on. A system that was removed from headroom.yaml only observes. */
export async function readCase(
  tx: Transaction,
  record: PlanRecord,
  { systems, clock }: Pick<Parts, 'systems' | 'clock'>,
): Promise<Case> {
  const system = systems.get(record.plan.system);
  return {
    plan: record.plan,
    hash: record.hash,
    state: record.state,
    ...(record.startBy && { startBy: record.startBy }),
    votes: await tx.votes.of(record.plan.id),
    rule: system?.rule,
    mode: system?.mode ?? 'observe',
    stops: stopsCovering(await tx.stops.all(), {
      id: record.plan.system,
      clusters: clustersOf(record.plan),
    }),
    now: clock.now(),
  };
}

/** What the plan's messages show. */
export async function readPlanView(
  tx: Transaction,
  planId: string,
  parts: Pick<Parts, 'systems' | 'clock'>,
): Promise<PlanView> {
  const record = await tx.plans.find(planId);
  assert(record !== undefined, `plan ${planId}, which owes a message, is stored`);
  const { votes, rule, mode, stops } = await readCase(tx, record, parts);
  const run = await tx.runs.latest(planId);
  const head = await tx.audit.head();
  const lease = await tx.leases.find(planId);
  return {
    record,
    votes,
    rule,
    mode,
    stops,
    alerts: await tx.alerts.ofPlan(planId),
    run,
    changes: run === undefined ? [] : await tx.runs.changes(run),
    ticks: await tx.runs.ticks(planId),
    ...(lease && { lease }),
    auditHead: head.seq === 0 ? undefined : head,
  };
}
