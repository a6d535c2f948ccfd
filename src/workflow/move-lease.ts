// The one place where a lease changes: with its audit entry, and with what Slack shows of it owed anew, in one transaction.

import type { Lease } from '../lease/lease.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import { wantCard, wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';

export interface LeaseMove {
  /** As `lease.given`. */
  readonly event: `lease.${string}`;
  /** A Slack user id, or "headroom". */
  readonly by: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** People are told by a new message; else the newest one says it from now on. */
  readonly isNews: boolean;
}

/** Stores a locked lease as it shall be; answers it. */
export async function moveLease(
  tx: Transaction,
  {
    record,
    before,
    after,
  }: { readonly record: PlanRecord; readonly before: Lease; readonly after: Lease },
  { event, by, detail, isNews }: LeaseMove,
  parts: Pick<Parts, 'clock' | 'systems'>,
): Promise<Lease> {
  const lease = isNews ? { ...after, message: before.message + 1 } : after;
  await tx.leases.save(before, lease);
  await tx.audit.append({
    at: parts.clock.now().toISOString(),
    event,
    by,
    planId: lease.planId,
    detail: {
      hash: record.hash,
      from: before.state,
      to: lease.state,
      dueAt: lease.dueAt.toISOString(),
      ...(lease.note !== undefined && { reason: lease.note }),
      ...detail,
    },
  });
  await wantCard(tx, lease.planId, lease.system, parts);
  for (let number = before.message; number <= lease.message; number += 1) {
    await wantInThread(tx, record, { kind: 'lease', number }, parts);
  }
  return lease;
}
