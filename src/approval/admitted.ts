// Which votes count: cast for this text, in time, by somebody the policy lists, and not by the one who asked, unless on call.

import type { Case, Vote } from './condition.ts';
import { isRisky } from './needed.ts';

export type Admission =
  | { readonly kind: 'admitted'; readonly alone: boolean }
  | { readonly kind: 'reason-needed' }
  | { readonly kind: 'refused'; readonly because: string };

/**
 * Says whether one vote counts. `alone` means it is enough by itself (an on-call person's own plan, with a reason),
 * unless the plan takes capacity away or cannot be undone: that always needs the policy's stricter number.
 * Whoever may approve may deny; the requester may always deny their own plan.
 */
export function admitVote(input: Case, vote: Vote): Admission {
  const { plan, rule, hash } = input;
  if (vote.planHash !== hash) {
    return refused('That vote was for another version of this plan. Look at the newest card.');
  }
  if (vote.castAt.getTime() >= Date.parse(plan.expiresAt)) {
    return refused('The plan had expired before that vote.');
  }
  if (rule === undefined) {
    return refused(
      `No policy rule in headroom.yaml covers ${plan.system}, so nobody can approve changes to it.`,
    );
  }
  const oncall = rule.oncall.includes(vote.userId);
  const own = plan.origin.kind === 'command' && plan.origin.by === vote.userId;
  if (own && vote.kind === 'deny') return { kind: 'admitted', alone: false };
  const answersForDatabase = (input.restarts ?? []).some(({ approvers }) =>
    approvers.includes(vote.userId),
  );
  if (!rule.approvers.includes(vote.userId) && !oncall && !answersForDatabase) {
    return refused(
      `Only people listed under policy rule "${rule.name}" may decide on ${plan.system}. You are not on that list; nothing was changed.`,
    );
  }
  if (!own) return { kind: 'admitted', alone: false };
  if (!(oncall && rule.oncallMayApproveOwn)) {
    return refused('You asked for this change, so somebody else has to approve it.');
  }
  if ((vote.reason ?? '').trim() === '') return { kind: 'reason-needed' };
  return { kind: 'admitted', alone: !isRisky(plan) };
}

/** The votes that count, each person once for and once against. */
export function admittedVotes(
  input: Case,
): readonly { readonly vote: Vote; readonly alone: boolean }[] {
  const seen = new Set<string>();
  return input.votes.flatMap((vote) => {
    const admission = admitVote(input, vote);
    const key = `${vote.kind} ${vote.userId}`;
    if (admission.kind !== 'admitted' || seen.has(key)) return [];
    seen.add(key);
    return [{ vote, alone: admission.alone }];
  });
}

/** What counts towards the policy's number: who only answers for a database is asked besides its people, not in place of one. */
export function approvalsOfPolicy(input: Case): ReturnType<typeof admittedVotes> {
  const { approvers = [], oncall = [] } = input.rule ?? {};
  return admittedVotes(input).filter(
    ({ vote: { kind, userId } }) =>
      kind === 'approve' && (approvers.includes(userId) || oncall.includes(userId)),
  );
}

/** Everybody whose approval would count now, in the order of the policy; with a reason where one is needed. */
export function mayApprove(input: Case): readonly string[] {
  const { rule, hash, now } = input;
  const ofDatabases = (input.restarts ?? []).flatMap(({ approvers }) => approvers);
  const listed = new Set([...(rule?.approvers ?? []), ...(rule?.oncall ?? []), ...ofDatabases]);
  const vote = { planHash: hash, kind: 'approve', reason: 'why', castAt: now } as const;
  return [...listed].filter((userId) => admitVote(input, { ...vote, userId }).kind === 'admitted');
}

function refused(because: string): Admission {
  return { kind: 'refused', because };
}
