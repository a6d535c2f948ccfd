// Counts a vote: authorised by policy each time, once for each person and text, and the approval's run queued with it.

import { admitVote } from '../approval/admitted.ts';
import type { Vote } from '../approval/condition.ts';
import { evaluateApproval } from '../approval/evaluate.ts';
import type { VoteResult } from '../approval/vote-result.ts';
import { assert, unreachable } from '../errors.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import { movePlan, wantCard } from './move-plan.ts';
import { offerRun } from './offer-run.ts';
import type { Parts } from './parts.ts';
import { readCase } from './read-plan.ts';

export interface Ballot {
  readonly planId: string;
  readonly planHash: string;
  /** The Slack user, from the signed payload. */
  readonly by: string;
  readonly kind: 'approve' | 'deny';
  readonly reason?: string;
}

export type CastVote = (ballot: Ballot) => Promise<VoteResult>;

/** When this returns, the vote is stored, or it did not count. */
export function castVote(parts: Parts): CastVote {
  return async (ballot) => {
    const result = await parts.store.transaction((tx) => count(tx, ballot, parts));
    parts.checkpoint('vote-stored');
    parts.counters.vote(result.kind);
    parts.wake('messages');
    if (result.kind === 'approved' && result.starts) {
      await offerRun({ planId: ballot.planId, number: 1 }, parts);
      parts.checkpoint('run-queued');
    }
    return result;
  };
}

async function count(tx: Transaction, ballot: Ballot, parts: Parts): Promise<VoteResult> {
  const record = await tx.plans.lock(ballot.planId);
  if (record === undefined) return { kind: 'no-such-plan' };
  const before = await readCase(tx, record, parts);
  const vote: Vote = {
    userId: ballot.by,
    planHash: ballot.planHash,
    kind: ballot.kind,
    castAt: before.now,
    ...(ballot.reason !== undefined && { reason: ballot.reason }),
  };
  if (record.plan.steps.length === 0) {
    return {
      kind: 'refused',
      because: 'This card proposes no change; there is nothing to decide.',
    };
  }
  const mine = before.votes.find(
    (v) => v.userId === ballot.by && v.planHash === ballot.planHash && v.kind === ballot.kind,
  );
  if (mine !== undefined) return { kind: 'already-voted' };
  const admission = admitVote(before, vote);
  if (admission.kind === 'reason-needed') return admission;
  if (admission.kind === 'refused') {
    await auditVote(tx, record, vote, { counted: false, because: admission.because });
    return admission;
  }
  // A stop holds runs back, not votes: what people decide stays decided until somebody resumes.
  const verdict = evaluateApproval({ ...before, stops: [], votes: [...before.votes, vote] });
  if (record.state !== 'proposed') {
    return { kind: 'refused', because: `The plan is already ${record.state}.` };
  }
  if (verdict.kind === 'refused' && verdict.condition !== 'notDenied') {
    await auditVote(tx, record, vote, { counted: false, because: verdict.because });
    return { kind: 'refused', because: `${verdict.because}.` };
  }
  await tx.votes.insert(record.plan.id, vote);
  await auditVote(tx, record, vote, { counted: true });
  switch (verdict.kind) {
    case 'refused':
      await movePlan(tx, record, { to: 'denied', by: ballot.by, reason: verdict.because }, parts);
      return { kind: 'denied' };
    case 'waiting':
      await wantCard(tx, record.plan.id, record.plan.system, parts);
      return { kind: 'counted', because: verdict.because };
    case 'approved':
      return approvePlan(
        tx,
        record,
        { by: verdict.by, applies: before.mode === 'apply', heldBy: before.stops[0] },
        parts,
      );
    default:
      return unreachable(verdict);
  }
}

/** Approves a proposal whose approval is complete without another vote; true when its run may start. */
export async function approveWhenComplete(
  tx: Transaction,
  planId: string,
  parts: Parts,
): Promise<boolean> {
  const record = await tx.plans.lock(planId);
  assert(record !== undefined, 'a plan that was found just now is stored');
  if (record.state !== 'proposed') return false;
  const input = await readCase(tx, record, parts);
  // A stop holds runs back, not what was decided.
  const verdict = evaluateApproval({ ...input, stops: [] });
  if (verdict.kind !== 'approved') return false;
  const applies = input.mode === 'apply';
  await approvePlan(tx, record, { by: verdict.by, applies, heldBy: input.stops[0] }, parts);
  return applies;
}

/** Moves a plan whose approval is complete, and queues its run where it may be carried out. */
async function approvePlan(
  tx: Transaction,
  record: PlanRecord,
  approval: {
    readonly by: readonly string[];
    readonly applies: boolean;
    readonly heldBy: string | undefined;
  },
  parts: Parts,
): Promise<VoteResult> {
  const now = parts.clock.now();
  const startBy = new Date(now.getTime() + record.plan.startWithinSeconds * 1000);
  const by = approval.by.at(-1) ?? 'policy';
  await movePlan(
    tx,
    record,
    { to: 'approved', by, startBy, detail: { approvedBy: approval.by } },
    parts,
  );
  if (approval.applies) await tx.runs.queue({ planId: record.plan.id, number: 1 }, now);
  const { applies, heldBy } = approval;
  return { kind: 'approved', starts: applies, ...(heldBy !== undefined && { heldBy }) };
}

async function auditVote(
  tx: Transaction,
  record: PlanRecord,
  vote: Vote,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await tx.audit.append({
    at: vote.castAt.toISOString(),
    event: `vote.${vote.kind}`,
    by: vote.userId,
    planId: record.plan.id,
    detail: {
      hash: vote.planHash,
      ...(vote.reason !== undefined && { reason: vote.reason }),
      ...detail,
    },
  });
}
