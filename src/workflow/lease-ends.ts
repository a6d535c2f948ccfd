// What can become of a lease: kept with the reason, given back, taken over by somebody else, or not known.

import { assert } from '../errors.ts';
import type { HoldReason, Lease } from '../lease/lease.ts';
import { keptOn, movedTo } from '../lease/terms.ts';
import type { PlanRecord, RunId, Transaction } from '../ports.ts';
import { moveLease } from './move-lease.ts';
import type { Parts } from './parts.ts';

/** A plan and what it has lent, both locked. */
export interface Both {
  readonly record: PlanRecord;
  readonly lease: Lease;
}

/** It stays lent with the reason, and is looked at again; a reason that people know already is no news. */
export async function keep(
  tx: Transaction,
  { record, lease }: Both,
  why: { readonly reason: HoldReason; readonly because: string },
  parts: Pick<Parts, 'clock' | 'systems'>,
): Promise<void> {
  assert(record.plan.lease !== undefined, 'a plan with a lease says for how long');
  const { seconds } = record.plan.lease;
  const after = keptOn(lease, parts.clock.now(), { ...why, seconds });
  const isNews = lease.held !== why.reason || lease.askedBy !== undefined;
  const detail = { held: why.reason };
  const move = { event: 'lease.extended', by: 'headroom', detail, isNews } as const;
  await moveLease(tx, { record, before: lease, after }, move, parts);
}

/** Somebody else has taken it over: it is no longer ours. */
export async function endLease(
  tx: Transaction,
  { record, lease }: Both,
  because: string,
  parts: Pick<Parts, 'clock' | 'systems'>,
): Promise<void> {
  const after = movedTo(lease, 'ended', parts.clock.now(), because);
  const move = { event: 'lease.ended', by: 'headroom', isNews: true } as const;
  await moveLease(tx, { record, before: lease, after }, move, parts);
}

export async function given(
  tx: Transaction,
  { record, lease }: Both,
  parts: Pick<Parts, 'clock' | 'systems'>,
): Promise<void> {
  const after = movedTo(lease, 'given', parts.clock.now());
  const move = { event: 'lease.given', by: lease.askedBy ?? 'headroom', isNews: true } as const;
  await moveLease(tx, { record, before: lease, after }, move, parts);
}

/** Until somebody has looked the target stays locked. */
export async function toUnknown(
  tx: Transaction,
  { record, lease }: Both,
  because: string,
  run: RunId,
  parts: Pick<Parts, 'clock' | 'systems'>,
): Promise<void> {
  const after = {
    ...movedTo(lease, 'unknown', parts.clock.now(), because),
    attempts: lease.attempts + 1,
  };
  const detail = { run: run.number };
  const move = { event: 'lease.unknown', by: 'headroom', detail, isNews: false } as const;
  await moveLease(tx, { record, before: lease, after }, move, parts);
}
