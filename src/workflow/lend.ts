// Begins a lease: what a plan for a time has written is lent from the moment it is in place.

import { targetKey } from '../change/change.ts';
import { type Lease, lentChanges } from '../lease/lease.ts';
import { promise } from '../lease/terms.ts';
import type { PlanRecord, Transaction } from '../ports.ts';

/** Undefined when the plan lends nothing, or wrote nothing: what somebody else had added is theirs. */
export async function lend(
  tx: Transaction,
  { plan }: PlanRecord,
  now: Date,
): Promise<Lease | undefined> {
  if (plan.lease === undefined) return undefined;
  const written = await writtenChanges(tx, plan);
  if (written.length === 0) return undefined;
  const lease: Lease = {
    planId: plan.id,
    target: targetKey(plan.workload),
    system: plan.system,
    state: 'lent',
    stateAt: now,
    lentAt: now,
    ...promise(now, plan.lease.seconds),
    attempts: 0,
    message: 1,
  };
  await tx.leases.insert(lease);
  await tx.audit.append({
    at: now.toISOString(),
    event: 'lease.lent',
    by: 'headroom',
    planId: plan.id,
    detail: {
      dueAt: lease.dueAt.toISOString(),
      positions: written.map(({ position }) => position),
    },
  });
  return lease;
}

/** The changes that lend something and that a run of the plan wrote. */
export async function writtenChanges(
  tx: Transaction,
  plan: PlanRecord['plan'],
): Promise<ReturnType<typeof lentChanges>> {
  const written = [];
  for (const each of lentChanges(plan)) {
    if (await tx.runs.wrote(plan.id, each.position)) written.push(each);
  }
  return written;
}
