// What people want of a lease, by button or command: more time, or the capacity given back now; authorised each time.

import { whyNotRequest } from '../approval/may-request.ts';
import type { LeaseAnswer } from '../lease/answer.ts';
import type { Lease } from '../lease/lease.ts';
import { extended, extensionSeconds, leaseBounds } from '../lease/terms.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import { moveLease } from './move-lease.ts';
import type { Parts } from './parts.ts';

export interface LeaseWish {
  readonly planId: string;
  /** The text that the button stands under; a command names the plan alone. */
  readonly planHash?: string;
  /** The Slack user, from the signed payload. */
  readonly by: string;
  readonly what: /** (Default: by as much as the button says.) */
  { readonly kind: 'extend'; readonly seconds?: number } | { readonly kind: 'give-back' };
  /** The same wish delivered twice counts once: the person's own extension since then is this one. */
  readonly since?: Date;
}

export type AskOfLease = (wish: LeaseWish) => Promise<LeaseAnswer>;

/** Nobody extends twice within this time; Slack may deliver a click twice. */
const sameClickMs = 10_000;

/** When this returns, the wish is stored, or it did not count. Whether capacity really goes back is decided after that. */
export function askOfLease(parts: Parts): AskOfLease {
  return async (wish) => {
    const answer = await parts.store.transaction((tx) => ask(tx, wish, parts));
    parts.wake('messages');
    parts.wake('runs');
    return answer;
  };
}

async function ask(tx: Transaction, wish: LeaseWish, parts: Parts): Promise<LeaseAnswer> {
  const record = await tx.plans.lock(wish.planId);
  const lease = await tx.leases.lock(wish.planId);
  if (record === undefined || lease === undefined) return { kind: 'no-such-lease' };
  const because = whyNot(wish, { record, lease }, parts);
  if (because === undefined) return grant(tx, wish, { record, lease }, parts);
  await tx.audit.append({
    at: parts.clock.now().toISOString(),
    event: 'lease.refused',
    by: wish.by,
    planId: wish.planId,
    detail: { wanted: wish.what, because },
  });
  return { kind: 'refused', because };
}

interface Both {
  readonly record: PlanRecord;
  readonly lease: Lease;
}

function whyNot(
  { by, planHash }: LeaseWish,
  { record, lease }: Both,
  { systems }: Parts,
): string | undefined {
  if (planHash !== undefined && planHash !== record.hash) {
    return 'that button belongs to another version of the plan';
  }
  const { system } = record.plan;
  const notListed = whyNotRequest(systems.get(system)?.rule, system, by);
  if (notListed !== undefined) return notListed;
  switch (lease.state) {
    case 'lent':
      return undefined;
    case 'giving':
    case 'unknown':
      return 'it is being given back right now';
    case 'given':
      return 'it has been given back already';
    case 'ended':
      return 'it is over: somebody else has changed it since';
  }
}

async function grant(
  tx: Transaction,
  { by, what, since }: LeaseWish,
  { record, lease }: Both,
  parts: Parts,
): Promise<LeaseAnswer> {
  const now = parts.clock.now();
  const both = { record, before: lease };
  if (what.kind === 'give-back') {
    if (lease.askedBy === undefined) {
      const after = { ...lease, askedBy: by };
      await moveLease(tx, { ...both, after }, { event: 'lease.asked', by, isNews: false }, parts);
    }
    return { kind: 'asked' };
  }
  const { extendedAt, extendedBy, dueAt } = lease;
  const from = since ?? new Date(now.getTime() - sameClickMs);
  if (extendedBy === by && extendedAt !== undefined && extendedAt >= from) {
    return { kind: 'extended', dueAt };
  }
  const { seconds = extensionSeconds } = what;
  const after = extended(lease, now, { by, seconds });
  if (after.dueAt.getTime() > now.getTime() + leaseBounds.secondsMax * 1000) {
    const because = 'nothing is lent for longer than 7 days from now on';
    return { kind: 'refused', because };
  }
  const detail = { seconds };
  await moveLease(
    tx,
    { ...both, after },
    { event: 'lease.extended', by, detail, isNews: false },
    parts,
  );
  return { kind: 'extended', dueAt: after.dueAt };
}
